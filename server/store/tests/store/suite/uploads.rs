//! Uploads: what a client was told is on disk, and only one writes at a time.

use std::io::Read as _;

use kaibiao_crypto::Digest;
use kaibiao_store::{Store, StoreError, Upload};

use super::Factory;

const LENGTH: u64 = 3 * 1024 * 1024 + 17;

/// The byte at `offset` of the content that all tests upload.
fn content(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(|at| (at % 253) as u8).collect()
}

async fn find(store: &Store, id: &str) -> Upload<String> {
    store.uploads().find(id).await.unwrap().unwrap()
}

pub async fn an_upload_goes_on_where_it_was_durable_after_a_restart(factory: &Factory) {
    let store = factory.open().await;
    let id = store.uploads().create(&"bid", LENGTH, 9_000).await.unwrap();
    let mut writer = store.uploads().writer(&id).await.unwrap();
    writer.write(&content(0, 1_500_000)).await.unwrap();
    assert_eq!(
        writer.commit(b"at 1500000".to_vec()).await.unwrap(),
        1_500_000
    );
    writer.write(&content(1_500_000, 2_900_000)).await.unwrap();
    // Taken, on its way to the disk, but never committed.
    drop(writer);
    store.close().await.unwrap();
    drop(store);

    let store = factory.open().await;
    let upload = find(&store, &id).await;
    assert_eq!(
        (upload.offset, upload.length, upload.expires),
        (1_500_000, LENGTH, 9_000)
    );
    assert_eq!(
        (upload.about.as_str(), &upload.checker[..]),
        ("bid", &b"at 1500000"[..])
    );
    assert!(!upload.is_complete());
    let mut writer = store.uploads().writer(&id).await.unwrap();
    assert_eq!(
        (writer.offset(), writer.checker()),
        (1_500_000, &b"at 1500000"[..])
    );
    writer.write(&content(1_500_000, LENGTH)).await.unwrap();
    assert_eq!(writer.commit(Vec::new()).await.unwrap(), LENGTH);
    drop(writer);

    let digest = Digest::of(b"what the header says");
    store.uploads().adopt(&id, digest).await.unwrap();
    // A crash before the event: completing again finds the blob there.
    let left = store.uploads().all::<String>().await.unwrap();
    assert!(left.len() == 1 && left[0].is_complete());
    store.uploads().adopt(&id, digest).await.unwrap();
    store.uploads().remove(&id).await.unwrap();
    assert!(store.uploads().find::<String>(&id).await.unwrap().is_none());
    let mut blob = store.blobs().open(&digest).unwrap();
    assert_eq!(blob.length, LENGTH);
    let mut bytes = Vec::new();
    blob.read_to_end(&mut bytes).unwrap();
    assert!(bytes == content(0, LENGTH));
}

pub async fn an_upload_takes_no_more_and_gives_no_less_than_announced(factory: &Factory) {
    let store = factory.open().await;
    let uploads = store.uploads();
    let id = uploads.create(&"bid", 10, 9_000).await.unwrap();
    let mut writer = uploads.writer(&id).await.unwrap();
    writer.write(&[1; 9]).await.unwrap();
    let beyond = writer.write(&[1; 2]).await;
    assert!(matches!(
        beyond,
        Err(StoreError::Length {
            found: 11,
            expected: 10
        })
    ));
    assert_eq!(writer.commit(Vec::new()).await.unwrap(), 9);
    drop(writer);
    let early = uploads.adopt(&id, Digest::of(b"x")).await;
    assert!(matches!(
        early,
        Err(StoreError::Length {
            found: 9,
            expected: 10
        })
    ));
    assert!(
        store
            .blobs()
            .length(&Digest::of(b"x"))
            .await
            .unwrap()
            .is_none()
    );
    let empty = uploads.create(&"bid", 0, 9_000).await.unwrap();
    uploads.adopt(&empty, Digest::of(b"empty")).await.unwrap();
    assert_eq!(
        store.blobs().length(&Digest::of(b"empty")).await.unwrap(),
        Some(0)
    );
}

pub async fn one_upload_has_one_writer(factory: &Factory) {
    let store = factory.open().await;
    let uploads = store.uploads();
    let id = uploads.create(&"bid", 10, 9_000).await.unwrap();
    let writer = uploads.writer(&id).await.unwrap();
    assert!(matches!(uploads.writer(&id).await, Err(StoreError::Busy)));
    assert!(matches!(uploads.remove(&id).await, Err(StoreError::Busy)));
    assert!(uploads.sweep(9_000).await.unwrap().is_empty());
    drop(writer);
    drop(uploads.writer(&id).await.unwrap());
    for stranger in ["", "../../etc/passwd", &"0".repeat(32)] {
        assert!(matches!(
            uploads.writer(stranger).await,
            Err(StoreError::Missing(_))
        ));
        assert!(uploads.find::<String>(stranger).await.unwrap().is_none());
    }
}

pub async fn expired_uploads_are_swept(factory: &Factory) {
    let store = factory.open().await;
    let uploads = store.uploads();
    let old = uploads.create(&"bid", 10, 1_000).await.unwrap();
    let new = uploads.create(&"bid", 10, 2_000).await.unwrap();
    assert_eq!(
        uploads.sweep(1_500).await.unwrap(),
        std::slice::from_ref(&old)
    );
    assert!(uploads.find::<String>(&old).await.unwrap().is_none());
    assert!(matches!(
        uploads.writer(&old).await,
        Err(StoreError::Missing(_))
    ));
    assert!(uploads.find::<String>(&new).await.unwrap().is_some());
}

pub async fn an_upload_that_went_back_goes_on_from_there(factory: &Factory) {
    let store = factory.open().await;
    let uploads = store.uploads();
    let id = uploads.create(&"bid", LENGTH, 9_000).await.unwrap();
    let mut writer = uploads.writer(&id).await.unwrap();
    writer.write(&content(0, 1_000_000)).await.unwrap();
    writer.commit(b"first".to_vec()).await.unwrap();
    writer.write(&[9; 700_000]).await.unwrap();
    writer.rewind(1_000_000, b"first".to_vec()).await.unwrap();
    writer.write(&content(1_000_000, 1_200_000)).await.unwrap();
    writer.write(&[8; 50_000]).await.unwrap();
    assert_eq!(
        writer.read_from(1_199_999).await.unwrap()[..2],
        [content(1_199_999, 1_200_000)[0], 8]
    );
    writer.rewind(1_200_000, b"second".to_vec()).await.unwrap();
    assert_eq!(writer.offset(), 1_200_000);
    drop(writer);
    assert_eq!(find(&store, &id).await.checker, b"second");
    let mut writer = uploads.writer(&id).await.unwrap();
    assert_eq!(writer.offset(), 1_200_000);
    writer.write(&content(1_200_000, LENGTH)).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    let mut seen = Vec::new();
    while (seen.len() as u64) < LENGTH {
        let piece = writer.read_from(seen.len() as u64).await.unwrap();
        assert!(!piece.is_empty());
        seen.extend(piece);
    }
    assert!(seen == content(0, LENGTH));
}
