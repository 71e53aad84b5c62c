//! Files in a bucket: the suite's cases over a real S3 server, and what goes wrong on
//! the way there.

use std::io::Read as _;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use kaibiao_crypto::Digest;
use kaibiao_store::{BlobsPlace, Bucket, OpenError, Options, RootSecret, Store, StoreError};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

use crate::faulty::{self, Fault, Faults};
use crate::suite::{Factory, skip};
use crate::weed;

const MIB: usize = 1 << 20;

fn open(dir: &Path, mut options: Options) -> Pin<Box<dyn Future<Output = Store> + Send + '_>> {
    Box::pin(async move {
        let name = dir.parent().unwrap().file_name().unwrap();
        let name = name.to_str().unwrap().replace('.', "");
        if let Some(bucket) = weed::bucket(&name) {
            options.blobs = BlobsPlace::S3(bucket);
        } else {
            skip("no S3 server");
        }
        Store::open(dir, options).await.unwrap()
    })
}

crate::conform! { open:
    uploads::{
        an_upload_goes_on_where_it_was_durable_after_a_restart,
        an_upload_takes_no_more_and_gives_no_less_than_announced,
        one_upload_has_one_writer,
        expired_uploads_are_swept,
        an_upload_that_went_back_goes_on_from_there,
    }
    files::{
        blobs_and_lists_are_found_under_their_digest_and_nowhere_else,
        documents_of_every_size_are_read_back_at_any_place,
        a_document_that_is_not_finished_is_not_there,
        a_blob_that_was_uploaded_is_read_at_any_place,
    }
}

/// A store in a directory, over a bucket.
struct Node {
    dir: tempfile::TempDir,
    bucket: Bucket,
}

impl Node {
    async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    async fn try_open(&self) -> Result<Store, OpenError> {
        let mut options = Options::new(RootSecret::from_bytes([42; 32]));
        options.blobs = BlobsPlace::S3(self.bucket.clone());
        Store::open(&self.dir.path().join("data"), options).await
    }

    /// The bucket without anything in between.
    fn objects(&self) -> AmazonS3 {
        AmazonS3Builder::new()
            .with_bucket_name("kaibiao-tests")
            .with_endpoint(weed::bucket("").unwrap().endpoint)
            .with_allow_http(true)
            .with_access_key_id(&self.bucket.access_key)
            .with_secret_access_key(self.bucket.secret_key.as_str())
            .build()
            .unwrap()
    }

    async fn keys(&self, folder: &str) -> Vec<Key> {
        let prefix = self.bucket.url.strip_prefix("s3://kaibiao-tests/").unwrap();
        let prefix = Key::from(format!("{prefix}/{folder}"));
        let objects = self.objects();
        let found: Vec<_> = objects.list(Some(&prefix)).try_collect().await.unwrap();
        let mut keys: Vec<Key> = found.into_iter().map(|it| it.location).collect();
        keys.sort();
        keys
    }
}

fn node(name: &str) -> Option<Node> {
    let Some(bucket) = weed::bucket(name) else {
        skip("no S3 server");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    Some(Node { dir, bucket })
}

async fn faulty(name: &str) -> Option<(Node, Faults)> {
    let node = node(name)?;
    let (bucket, faults) = faulty::before(&node.bucket).await;
    Some((Node { bucket, ..node }, faults))
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 253) as u8).collect()
}

async fn read(store: &Store, digest: Digest) -> std::io::Result<Vec<u8>> {
    let blobs = store.blobs().clone();
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        blobs.open(&digest).unwrap().read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .await
    .unwrap()
}

/// Uploads `bytes` and makes them a blob.
async fn uploaded(store: &Store, bytes: &[u8], digest: Digest) -> String {
    let uploads = store.uploads();
    let id = uploads.create(&"bid", bytes.len() as u64, i64::MAX).await;
    let id = id.unwrap();
    let mut writer = uploads.writer(&id).await.unwrap();
    writer.write(bytes).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    uploads.adopt(&id, digest).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_in_odd_pieces_goes_on_in_whatever_process_and_is_the_same_bytes() {
    let Some(node) = node("odd") else { return };
    let whole = content(64 * MIB);
    let length = whole.len() as u64;
    let mut store = node.open().await;
    let id = store.uploads().create(&"bid", length, i64::MAX).await;
    let id = id.unwrap();
    let sizes = [1, 9 * MIB + 3, 70_001, 5, 12 * MIB - 1, 4 * MIB, 300_000];
    let (mut offset, mut round) = (0, 0);
    while offset < whole.len() {
        let mut writer = store.uploads().writer(&id).await.unwrap();
        assert_eq!(writer.offset(), offset as u64);
        assert!(writer.is_marked());
        if offset > 0 {
            assert_eq!(writer.checker(), format!("at {offset}").as_bytes());
        }
        let size = sizes[round % sizes.len()].min(whole.len() - offset);
        writer.write(&whole[offset..offset + size]).await.unwrap();
        match round % 5 {
            // What was taken and not committed is no part of it.
            2 => {}
            _ => {
                offset += size;
                let state = format!("at {offset}").into_bytes();
                assert_eq!(writer.commit(state).await.unwrap(), offset as u64);
            }
        }
        drop(writer);
        round += 1;
        if round % 4 == 0 {
            store.close().await.unwrap();
            drop(store);
            store = node.open().await;
        }
    }
    let digest = Digest::of(b"odd");
    store.uploads().adopt(&id, digest).await.unwrap();
    store.uploads().adopt(&id, digest).await.unwrap();
    let kept = node.keys(&format!("pieces/{id}")).await.len();
    assert!(kept < 40, "{kept} pieces, and none that is not needed");
    store.uploads().remove(&id).await.unwrap();
    assert!(read(&store, digest).await.unwrap() == whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_requests_leave_few_objects() {
    let Some(node) = node("small") else { return };
    let store = node.open().await;
    let whole = content(300_000);
    let id = store.uploads().create(&"bid", 300_000, i64::MAX).await;
    let id = id.unwrap();
    for part in whole.chunks(10_000) {
        let mut writer = store.uploads().writer(&id).await.unwrap();
        writer.write(part).await.unwrap();
        writer.commit(Vec::new()).await.unwrap();
    }
    let digest = Digest::of(b"small");
    store.uploads().adopt(&id, digest).await.unwrap();
    assert_eq!(node.keys(&format!("pieces/{id}")).await.len(), 2);
    assert!(read(&store, digest).await.unwrap() == whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_that_is_damaged_or_missing_is_noticed_when_it_is_read() {
    let Some(node) = node("damaged") else { return };
    let store = node.open().await;
    let (whole, digest) = (content(9 * MIB), Digest::of(b"damaged"));
    let id = uploaded(&store, &whole, digest).await;
    let key = node.keys(&format!("pieces/{id}")).await[1].clone();
    let objects = node.objects();
    let good = objects.get(&key).await.unwrap().bytes().await.unwrap();
    let mut bad = good.to_vec();
    bad[17] ^= 1;
    objects.put(&key, bad.into()).await.unwrap();
    let error = read(&store, digest).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    objects.delete(&key).await.unwrap();
    let error = read(&store, digest).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    assert!(error.to_string().contains("missing"), "{error}");
    objects.put(&key, good.into()).await.unwrap();
    assert!(read(&store, digest).await.unwrap() == whole);
    // Its manifest as well.
    let manifest = node.keys(&format!("blobs/{digest}")).await[0].clone();
    objects.put(&manifest, "{}".into()).await.unwrap();
    let blobs = store.blobs().clone();
    let opened = tokio::task::spawn_blocking(move || blobs.open(&digest));
    assert!(matches!(opened.await.unwrap(), Err(StoreError::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_lost_a_piece_begins_anew_and_says_so() {
    let Some(node) = node("lost") else { return };
    let store = node.open().await;
    let whole = content(9 * MIB);
    let id = store.uploads().create(&"bid", 9 << 20, i64::MAX).await;
    let id = id.unwrap();
    let mut writer = store.uploads().writer(&id).await.unwrap();
    writer.write(&whole).await.unwrap();
    writer.commit(b"whole".to_vec()).await.unwrap();
    drop(writer);
    assert!(store.upload_faults().await.unwrap().is_empty());
    let key = node.keys(&format!("pieces/{id}")).await[0].clone();
    node.objects().delete(&key).await.unwrap();
    assert_eq!(store.upload_faults().await.unwrap().len(), 1);
    let adopted = store.uploads().adopt(&id, Digest::of(b"lost")).await;
    assert!(matches!(adopted, Err(StoreError::Length { found: 0, .. })));
    let found = store.uploads().find::<String>(&id).await.unwrap().unwrap();
    assert_eq!((found.offset, &found.checker[..]), (0, &b""[..]));
    let mut writer = store.uploads().writer(&id).await.unwrap();
    writer.write(&whole).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    store
        .uploads()
        .adopt(&id, Digest::of(b"lost"))
        .await
        .unwrap();
    assert!(read(&store, Digest::of(b"lost")).await.unwrap() == whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_a_write_that_is_no_yes_is_settled_by_what_lies_there() {
    let Some((node, faults)) = faulty("answers").await else {
        return;
    };
    let store = node.open().await;
    for fault in [
        Fault::Refused(409),
        Fault::Refused(412),
        Fault::Refused(500),
        Fault::Refused(503),
        Fault::DoneBut(409),
        Fault::DoneBut(412),
        Fault::DoneBut(500),
        Fault::Dropped,
        Fault::Lost,
        Fault::Cut,
        Fault::Slow(Duration::from_millis(500)),
    ] {
        let bytes = format!("{fault:?}").into_bytes();
        faults.next("PUT", "/blobs/", fault);
        let digest = store.blobs().put(bytes.clone()).await;
        let digest = digest.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(store.blobs().get(digest).await.unwrap(), bytes, "{fault:?}");
        assert_eq!(faults.left(), 0);
    }
    for fault in [Fault::Cut, Fault::Dropped, Fault::Refused(503), Fault::Lost] {
        let bytes = content(100_000);
        let digest = store.blobs().put(bytes.clone()).await.unwrap();
        faults.next("GET", "/whole", fault);
        let found = store.blobs().get(digest).await;
        assert!(found.unwrap() == bytes, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_fails_loses_nothing_that_was_acknowledged() {
    let Some((node, faults)) = faulty("fails").await else {
        return;
    };
    let store = node.open().await;
    let whole = content(9 * MIB);
    let id = store.uploads().create(&"bid", 9 << 20, i64::MAX).await;
    let id = id.unwrap();
    let mut writer = store.uploads().writer(&id).await.unwrap();
    writer.write(&whole[..5 * MIB]).await.unwrap();
    writer.commit(b"five".to_vec()).await.unwrap();
    for _ in 0..3 {
        faults.next("PUT", "/pieces/", Fault::Refused(403));
        faults.next("GET", "/pieces/", Fault::Refused(403));
    }
    let failed = writer.write(&whole[5 * MIB..]).await.err();
    let failed = match failed {
        Some(failed) => failed,
        None => writer.commit(b"nine".to_vec()).await.unwrap_err(),
    };
    assert!(failed.may_pass(), "{failed}");
    assert!(failed.to_string().contains("object store"), "{failed}");
    drop(writer);
    faults.clear();
    let found = store.uploads().find::<String>(&id).await.unwrap().unwrap();
    assert_eq!((found.offset, &found.checker[..]), (5 << 20, &b"five"[..]));
    let mut writer = store.uploads().writer(&id).await.unwrap();
    writer.write(&whole[5 * MIB..]).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    store
        .uploads()
        .adopt(&id, Digest::of(b"fails"))
        .await
        .unwrap();
    assert!(read(&store, Digest::of(b"fails")).await.unwrap() == whole);
    // One that does not answer is not one where nothing lies.
    faults.next("GET", "list-type", Fault::Refused(403));
    let unknown = store.blobs().length(&Digest::of(b"fails")).await;
    assert!(unknown.unwrap_err().may_pass());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_says_what_is_wrong_with_the_bucket_and_tells_no_key() {
    let Some(mut node) = node("start") else {
        return;
    };
    node.bucket.secret_key = "another key".to_owned().into();
    let refused = node.try_open().await.err().unwrap().to_string();
    assert!(refused.contains("[blobs]") && refused.contains("s3://kaibiao-tests/start"));
    assert!(!refused.contains("another key"), "{refused}");
    node.bucket.endpoint = "http://127.0.0.1:9".to_owned();
    node.bucket.patience = Duration::from_millis(200);
    assert!(matches!(
        node.try_open().await,
        Err(OpenError::Objects { .. })
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suites_place_is_a_bucket() {
    let factory = Factory::new(open);
    let store = factory.open().await;
    store.blobs().put(b"terms".to_vec()).await.unwrap();
    if weed::bucket("").is_some() {
        assert!(!factory.place().join("blobs").join("xx").exists());
        let blobs = std::fs::read_dir(factory.place().join("blobs")).unwrap();
        assert_eq!(blobs.count(), 0);
    }
}
