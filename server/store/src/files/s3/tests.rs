//! What only an insider can bring about: two nodes at one upload, and sweeps of what is
//! old.

#[path = "../../../../../tests/stands/weed.rs"]
mod weed;

use std::io::{Read as _, Write as _};

use kaibiao_crypto::Digest;

use super::*;
use crate::{BlobsPlace, Options, RootSecret, Store};

const ID: &str = "00112233445566778899aabbccddeeff";

fn skip() {
    assert!(
        std::env::var_os("TESTS_REQUIRE_ALL").is_none(),
        "no S3 server, and TESTS_REQUIRE_ALL is set"
    );
    println!("skipped: no S3 server");
}

fn place(name: &str) -> Option<S3> {
    let bucket = weed::bucket(name);
    if bucket.is_none() {
        skip();
    }
    bucket.map(|bucket| S3::open(&bucket).unwrap())
}

fn at(offset: u64, mark: &str) -> Reached {
    let mark = mark.to_owned();
    Reached { offset, mark }
}

fn read(place: &S3, name: &str) -> Vec<u8> {
    let mut opened = place.open(Folder::Blobs, name).unwrap().unwrap();
    let mut bytes = Vec::new();
    opened.content.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, opened.length);
    bytes
}

#[test]
fn of_two_writers_the_one_that_the_row_names_counts_whatever_the_other_wrote() {
    let Some(place) = place("two-writers") else {
        return;
    };
    let big = |byte: u8| vec![byte; 300_000];
    let mut old = place.grow(ID, &at(0, "")).unwrap();
    old.append(big(1)).unwrap();
    let mark = old.sync().unwrap();
    let mut new = place.grow(ID, &at(300_000, &mark)).unwrap();
    old.append(big(2)).unwrap();
    new.append(big(3)).unwrap();
    old.append(big(4)).unwrap();
    let mark = new.sync().unwrap();
    old.turn(100_000).unwrap();
    place.adopt(ID, &at(600_000, &mark), "blob").unwrap();
    old.append(big(5)).unwrap();
    place.adopt(ID, &at(600_000, &mark), "blob").unwrap();
    assert!(read(&place, "blob") == [big(1), big(3)].concat());
    let listed = place.objects.list(&format!("{PIECES}/{ID}")).unwrap();
    assert_eq!(listed.len(), 2, "what the row does not name is removed");
}

#[test]
fn a_sweep_takes_what_is_old_and_named_by_nothing_and_leaves_the_rest() {
    let Some(place) = place("sweep") else { return };
    let id = |digit: char| digit.to_string().repeat(32);
    for digit in ['a', 'b'] {
        let mut growing = place.grow(&id(digit), &at(0, "")).unwrap();
        growing.append(vec![7; 10]).unwrap();
        let mark = growing.sync().unwrap();
        if digit == 'b' {
            place.adopt(&id(digit), &at(10, &mark), "blob").unwrap();
        }
    }
    let mut draft = place.draft(Folder::Documents, &id('c')).unwrap();
    draft.write_all(&vec![1; PIECE + 1]).unwrap();
    draft.finish().unwrap();
    let mut given_up = place.draft(Folder::Documents, &id('d')).unwrap();
    given_up.write_all(&vec![1; PIECE + 1]).unwrap();
    drop(given_up);
    let mut strays = place.uploads().unwrap();
    strays.sort();
    assert_eq!(strays, ['a', 'b', 'c', 'd'].map(id));
    assert_eq!(
        place.sweep(strays.clone()).unwrap(),
        0,
        "all of it is young"
    );
    assert_eq!(place.sweep_older(&strays, -60_000).unwrap(), 2);
    let pieces = |digit| place.pieces(&id(digit)).unwrap().len();
    assert_eq!(['a', 'b', 'c', 'd'].map(pieces), [0, 1, 2, 0]);
    assert!(read(&place, "blob") == [7; 10]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_at_one_upload_the_later_one_wins_and_the_other_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![BlobsPlace::Directory];
    match weed::bucket("two-nodes") {
        Some(bucket) => places.push(BlobsPlace::S3(bucket)),
        None => skip(),
    }
    for (number, blobs) in places.into_iter().enumerate() {
        let mut options = Options::new(RootSecret::from_bytes([42; 32]));
        options.blobs = blobs;
        let data = dir.path().join(number.to_string());
        let store = Store::open(&data, options).await.unwrap();
        let uploads = store.uploads();
        let id = uploads.create(&"bid", 100, i64::MAX).await.unwrap();
        let mut late = uploads.writer(&id).await.unwrap();
        late.write(&[1; 60]).await.unwrap();
        store.upload_files().elsewhere(&id);
        let mut new = uploads.writer(&id).await.unwrap();
        new.write(&[2; 40]).await.unwrap();
        assert_eq!(new.commit(b"new".to_vec()).await.unwrap(), 40);
        let refused = late.commit(b"late".to_vec()).await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        let refused = late.rewind(0, Vec::new()).await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        let found = uploads.find::<String>(&id).await.unwrap().unwrap();
        assert_eq!((found.offset, &found.checker[..]), (40, &b"new"[..]));
        drop((late, new));
        store.upload_files().elsewhere(&id);
        let late = uploads.writer(&id).await.unwrap();
        store.upload_files().elsewhere(&id);
        uploads.remove(&id).await.unwrap();
        let mut late = late;
        late.write(&[3; 10]).await.unwrap();
        let refused = late.commit(Vec::new()).await;
        assert!(
            matches!(refused, Err(StoreError::Missing(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_was_edited_promises_no_byte_that_its_seal_does_not() {
    let Some(bucket) = weed::bucket("edited") else {
        return skip();
    };
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(RootSecret::from_bytes([42; 32]));
    options.blobs = BlobsPlace::S3(bucket);
    let store = Store::open(dir.path(), options).await.unwrap();
    let uploads = store.uploads();
    let id = uploads.create(&"bid", 100, i64::MAX).await.unwrap();
    let mut writer = uploads.writer(&id).await.unwrap();
    writer.write(&[1; 60]).await.unwrap();
    writer.commit(b"sixty".to_vec()).await.unwrap();
    drop(writer);
    let found = uploads.find::<String>(&id).await.unwrap().unwrap();
    let keys = &store.shared().keys;
    let held = crate::files::uploads::Held {
        mark: found.reached().mark,
        state: found.checker,
    };
    let moved = crate::ledger::Change::UploadMoved {
        id: id.clone(),
        expected: 60,
        offset: 100,
        checker: keys
            .seal(crate::keys::Row::Checker, id.as_bytes(), &held.to_bytes())
            .unwrap(),
    };
    store.apply(moved).await.unwrap();
    let adopted = uploads.adopt(&id, Digest::of(b"edited")).await;
    assert!(matches!(adopted, Err(StoreError::Length { found: 60, .. })));
    let writer = uploads.writer(&id).await.unwrap();
    assert_eq!(writer.offset(), 60);
    assert!(store.blobs().names().unwrap().is_empty());
}
