//! Blobs, lists and documents: what was put is read back, and nothing else is.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use kaibiao_crypto::Digest;
use kaibiao_store::StoreError;
use zeroize::Zeroizing;

use super::Factory;

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

pub async fn blobs_and_lists_are_found_under_their_digest_and_nowhere_else(factory: &Factory) {
    let store = factory.open().await;
    let bytes = content(5_000_000);
    let digest = store.blobs().put(bytes.clone()).await.unwrap();
    assert_eq!(store.blobs().put(bytes.clone()).await.unwrap(), digest);
    assert!(store.blobs().get(digest).await.unwrap() == bytes);
    assert_eq!(
        store.blobs().length(&digest).await.unwrap(),
        Some(5_000_000)
    );
    assert!(store.blobs().holds(&digest).await.unwrap());
    assert_eq!(store.lists().length(&digest).await.unwrap(), None);
    let empty = store.lists().put(Vec::new()).await.unwrap();
    assert_eq!(store.lists().get(empty).await.unwrap(), b"");
    let other = Digest::of(b"other");
    assert!(matches!(
        store.blobs().get(other).await,
        Err(StoreError::Missing(_))
    ));
    assert!(!store.lists().holds(&other).await.unwrap());
    assert_eq!(store.blobs().names().unwrap(), [digest]);
    assert_eq!(store.lists().names().unwrap(), [empty]);
    assert_eq!(store.blobs().bytes().unwrap(), 5_000_000);
}

pub async fn documents_of_every_size_are_read_back_at_any_place(factory: &Factory) {
    let store = factory.open().await;
    let mut sealed = 0;
    for length in [0, 1, 70_000, 4 << 20, (9 << 20) + 5] {
        let whole = content(length);
        let key = store.documents().put(Zeroizing::new(whole.clone())).await;
        let key = key.unwrap();
        let found = store.documents().length(&key).await.unwrap();
        assert_eq!(found, length as u64);
        for (from, to) in [
            (0, length),
            (length / 2, length / 2 + 100_000),
            (length, length),
        ] {
            let part = store.documents().read(&key, from as u64..to as u64).await;
            assert!(part.unwrap() == whole[from..to.min(length)], "{length}");
        }
        sealed += length + 16 * length.div_ceil(64 << 10).max(1);
    }
    assert_eq!(store.documents().ids().unwrap().len(), 5);
    assert_eq!(store.documents().bytes().unwrap(), sealed as u64);
}

pub async fn a_document_that_is_not_finished_is_not_there(factory: &Factory) {
    let store = factory.open().await;
    let documents = store.documents().clone();
    tokio::task::spawn_blocking(move || {
        let mut writer = documents.create().unwrap();
        writer.write_all(&content(9 << 20)).unwrap();
        drop(writer);
        assert!(documents.ids().unwrap().is_empty());
    })
    .await
    .unwrap();
}

pub async fn a_blob_that_was_uploaded_is_read_at_any_place(factory: &Factory) {
    let store = factory.open().await;
    let whole = content((9 << 20) + 17);
    let uploads = store.uploads();
    let length = whole.len() as u64;
    let id = uploads.create(&"bid", length, 9_000).await.unwrap();
    let mut writer = uploads.writer(&id).await.unwrap();
    writer.write(&whole).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    let digest = Digest::of(b"a header");
    uploads.adopt(&id, digest).await.unwrap();
    uploads.remove(&id).await.unwrap();
    uploads.sweep_files().await.unwrap();
    assert_eq!(store.blobs().length(&digest).await.unwrap(), Some(length));
    assert_eq!(store.blobs().names().unwrap(), [digest]);
    let blobs = store.blobs().clone();
    tokio::task::spawn_blocking(move || {
        let mut blob = blobs.open(&digest).unwrap();
        assert_eq!(blob.length, length);
        for (from, count) in [
            (0, 10),
            ((4 << 20) - 3, 7),
            (1 << 20, 8 << 20),
            (length - 1, 9),
        ] {
            blob.seek(SeekFrom::Start(from)).unwrap();
            let mut part = Vec::new();
            (&mut blob).take(count).read_to_end(&mut part).unwrap();
            let to = (from + count).min(length) as usize;
            assert!(part == whole[from as usize..to]);
        }
    })
    .await
    .unwrap();
}
