//! Copies: from a directory into PostgreSQL and a bucket and back, to the byte, in one
//! piece or in several, and never half.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kaibiao_crypto::Digest;
use kaibiao_store::{
    BlobsPlace, Claim, Copied, CopyError, DocumentKey, Head, Message, OpenError, Options, Progress,
    RootSecret, Site, Store, backup, copy,
};
use zeroize::Zeroizing;

use crate::postgres::{at, database};
use crate::stands::shared;
use crate::suite::ledger::{Ledger, commit, entry, stream};
use crate::suite::skip;
use crate::suite::streams::{Refused, add, check};
use crate::weed;

const MIB: usize = 1 << 20;

fn root() -> RootSecret {
    RootSecret::from_bytes([42; 32])
}

fn quiet() -> Progress {
    Arc::new(|_, _| ())
}

fn options(site: &Site) -> Options {
    let mut options = Options::new(root());
    options.database = site.database.clone();
    options.blobs = site.blobs.clone();
    options.beat = Duration::from_millis(200);
    options
}

async fn open(site: &Site) -> Store {
    Store::open(&site.data, options(site)).await.unwrap()
}

/// A database and a bucket, where there is a server of buckets; else files lie in the
/// directory.
async fn shared_site(dir: &Path, name: &str) -> Site {
    let blobs = match weed::bucket(&format!("copy-{name}")) {
        Some(bucket) => BlobsPlace::S3(bucket),
        None => {
            skip("no S3 server");
            BlobsPlace::Directory
        }
    };
    Site {
        data: dir.join(name),
        database: at(&database(shared(), &format!("copy_{name}")).await),
        blobs,
    }
}

fn directory(dir: &Path, name: &str) -> Site {
    Site::directory(dir.join(name))
}

fn content(from: usize, to: usize) -> Vec<u8> {
    (from..to).map(|at| (at % 251) as u8).collect()
}

/// What a store was filled with.
struct Filled {
    blob: Digest,
    list: Digest,
    small: DocumentKey,
    large: DocumentKey,
    upload: String,
    adopted: String,
    session: Zeroizing<String>,
    heads: BTreeMap<&'static str, Head>,
}

const UPLOADED: usize = 6 * MIB;
const DURABLE: usize = 5 * MIB + 3;

/// Something in every table and in every folder.
async fn fill(site: &Site) -> Filled {
    let store = open(site).await;
    let mut heads = BTreeMap::new();
    for (number, name) in (1_u64..).zip(["one", "two", "three"]) {
        for event in 0..number * 20 {
            add(&store, &stream(name), event).await;
        }
        let id = stream(name);
        let put = store.append::<Ledger, (), Refused, _>(&id, move |_| {
            let mut commit = commit(vec![entry(1_000, "last")]);
            let value = Zeroizing::new(vec![u8::try_from(number).unwrap(); 100_000]);
            commit.secrets_put.push(("key".to_owned(), value));
            commit.outbox.push(Message {
                topic: name.to_owned(),
                body: b"message".to_vec(),
            });
            commit.claims.push(Claim {
                scope: "import".to_owned(),
                id: name.to_owned(),
                value: name.as_bytes().to_vec(),
            });
            Ok(commit)
        });
        heads.insert(name, put.await.unwrap().head);
    }
    let leased = store.leases().take("log", 60_000).await.unwrap();
    assert!(leased.is_own());
    store.log().add(b"{}".to_vec()).await.unwrap();
    store.log().anchor(&stream("two"), None).await.unwrap();
    store.log().keep_head(2, "note".to_owned()).await.unwrap();
    store.timestamps().want("stamped").await.unwrap();
    store.timestamps().want("not yet").await.unwrap();
    let imprint = Digest::of(b"stamped");
    store.timestamps().put(imprint, vec![1, 2]).await.unwrap();
    let session = store.sessions().begin(&"who", i64::MAX).await.unwrap();
    store.contacts().put(["one", "two"], &"mail").await.unwrap();
    let blob = store.blobs().put(content(0, 3_000)).await.unwrap();
    let list = store.lists().put(b"a list".to_vec()).await.unwrap();
    let small = store.documents().put(Zeroizing::new(vec![7; 10]));
    let large = store.documents().put(Zeroizing::new(content(0, 9 * MIB)));
    let (small, large) = (small.await.unwrap(), large.await.unwrap());
    let uploads = store.uploads();
    let length = UPLOADED as u64;
    let upload = uploads.create(&"bid", length, i64::MAX).await.unwrap();
    let mut writer = uploads.writer(&upload).await.unwrap();
    writer.write(&content(0, DURABLE)).await.unwrap();
    writer.commit(b"state".to_vec()).await.unwrap();
    drop(writer);
    // It is a blob, and its row stays a while.
    let adopted = uploads.create(&"bid", 1_000, i64::MAX).await.unwrap();
    let mut writer = uploads.writer(&adopted).await.unwrap();
    writer.write(&content(0, 1_000)).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    let name = Digest::of(b"adopted");
    uploads.adopt(&adopted, name).await.unwrap();
    std::fs::create_dir_all(site.data.join("log/tile")).unwrap();
    std::fs::write(site.data.join("log/checkpoint"), "signed").unwrap();
    std::fs::write(site.data.join("log/tile/0"), "hashes").unwrap();
    store.close().await.unwrap();
    Filled {
        blob,
        list,
        small,
        large,
        upload,
        adopted,
        session,
        heads,
    }
}

/// Everything is there, and goes on.
async fn look(site: &Site, filled: &Filled) {
    let store = open(site).await;
    assert_eq!(store.engine_faults().await.unwrap(), [""; 0]);
    assert_eq!(store.sealed_faults().await.unwrap(), [""; 0]);
    assert_eq!(store.upload_faults().await.unwrap(), [""; 0]);
    for (name, head) in &filled.heads {
        assert_eq!(
            store.verify::<Ledger>(&stream(name)).await.unwrap().head,
            *head
        );
        let secret = store.secret(&stream(name), "key").await.unwrap().unwrap();
        assert_eq!(secret.len(), 100_000);
    }
    let id = stream("one");
    let again = store.append::<Ledger, (), Refused, _>(&id, |_| {
        let mut commit = commit(vec![entry(2_000, "claims")]);
        commit.claims.push(Claim {
            scope: "import".to_owned(),
            id: "one".to_owned(),
            value: Vec::new(),
        });
        commit.outbox.push(Message {
            topic: "one".to_owned(),
            body: Vec::new(),
        });
        Ok(commit)
    });
    assert!(again.await.is_err(), "it was claimed before");
    let messages = store.outbox().after(0, 10).await.unwrap();
    assert_eq!(messages.len(), 3);
    let found = store.sessions().find::<String>(&filled.session, 0).await;
    assert_eq!(found.unwrap().unwrap(), "who");
    assert_eq!(store.contacts().all::<String>().await.unwrap(), ["mail"]);
    let head = store.log().head().await.unwrap();
    assert_eq!(head, Some((2, "note".to_owned())));
    assert_eq!(store.log().size().await.unwrap(), 2);
    let blob = store.blobs().get(filled.blob).await.unwrap();
    assert!(blob == content(0, 3_000));
    assert_eq!(store.lists().get(filled.list).await.unwrap(), b"a list");
    let documents = store.documents();
    assert_eq!(documents.read(&filled.small, 0..10).await.unwrap(), [7; 10]);
    let large = documents.read(&filled.large, 0..20 << 20).await.unwrap();
    assert!(large == content(0, 9 * MIB));
    let found = store.uploads().find::<String>(&filled.upload).await;
    let found = found.unwrap().unwrap();
    assert_eq!((&found.about[..], found.offset), ("bid", DURABLE as u64));
    assert_eq!(found.checker, b"state");
    let name = Digest::of(b"adopted");
    store.uploads().adopt(&filled.adopted, name).await.unwrap();
    let found = store.uploads().find::<String>(&filled.adopted).await;
    assert!(found.unwrap().unwrap().is_complete());
    let log = site.data.join("log");
    assert_eq!(std::fs::read(log.join("checkpoint")).unwrap(), b"signed");
    assert_eq!(std::fs::read(log.join("tile/0")).unwrap(), b"hashes");
    store.close().await.unwrap();
}

/// The upload ends where it was copied to, and what is new gets new numbers.
async fn go_on(site: &Site, filled: &Filled) {
    let store = open(site).await;
    let mut writer = store.uploads().writer(&filled.upload).await.unwrap();
    assert_eq!(writer.offset(), DURABLE as u64);
    writer.write(&content(DURABLE, UPLOADED)).await.unwrap();
    writer.commit(Vec::new()).await.unwrap();
    drop(writer);
    let name = Digest::of(b"uploaded");
    store.uploads().adopt(&filled.upload, name).await.unwrap();
    store.uploads().remove(&filled.upload).await.unwrap();
    let mut bytes = Vec::new();
    let mut blob = store.blobs().open(&name).unwrap();
    blob.read_to_end(&mut bytes).unwrap();
    assert!(bytes == content(0, UPLOADED));
    let last = store.outbox().after(0, 10).await.unwrap().pop().unwrap().id;
    let id = stream("new");
    let put = store.append::<Ledger, (), Refused, _>(&id, |_| {
        let mut commit = commit(vec![entry(1, "new")]);
        commit.outbox.push(Message {
            topic: "new".to_owned(),
            body: Vec::new(),
        });
        Ok(commit)
    });
    put.await.unwrap();
    let messages = store.outbox().after(last, 10).await.unwrap();
    assert!(messages.len() == 1 && messages[0].id > last);
    check(&store, &stream("one")).await;
    store.close().await.unwrap();
}

/// Tables but that of uploads, and files: what is the same everywhere.
fn same(copied: &Copied) -> impl PartialEq + std::fmt::Debug {
    let tables: Vec<_> = copied
        .tables
        .iter()
        .filter(|rowed| rowed.table != "uploads")
        .cloned()
        .collect();
    (copied.streams.clone(), tables, copied.files.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_to_a_database_and_a_bucket_and_back_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let first = directory(dir.path(), "first");
    let filled = fill(&first).await;
    let second = shared_site(dir.path(), "there").await;
    let third = directory(dir.path(), "third");
    let rest = first.at_rest(&root()).await.unwrap();
    let root = root();
    let there = copy(&root, &first, &second, Some(&rest), quiet());
    let there = there.await.unwrap();
    let rest = second.at_rest(&root).await.unwrap();
    let back = copy(&root, &second, &third, Some(&rest), quiet());
    let back = back.await.unwrap();
    assert_eq!(same(&there), same(&back));
    for copied in [&there, &back] {
        assert!(copied.damaged.is_empty() && copied.dropped_uploads.is_empty());
        let empty: Vec<_> = copied.tables.iter().filter(|it| it.rows == 0).collect();
        let names: Vec<&str> = empty.iter().map(|it| &it.table[..]).collect();
        assert_eq!(names, ["alerts", "challenges", "leases", "lists"]);
        for tree in &copied.streams {
            let head = filled.heads[&tree.stream[..]];
            assert_eq!((tree.size, tree.root), (head.size, head.root));
        }
        let files: Vec<u64> = copied.files.iter().map(|filed| filed.files).collect();
        assert_eq!(files, [1, 2, 2]);
    }
    for site in [&second, &third] {
        look(site, &filled).await;
        go_on(site, &filled).await;
    }
    // And what went on there is a store that moves as well.
    let fourth = shared_site(dir.path(), "fourth").await;
    let again = copy(&root, &second, &fourth, None, quiet()).await.unwrap();
    assert_eq!(again.streams.len(), 4);
    assert_eq!(check(&open(&fourth).await, &stream("one")).await.len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_copy_does_not_start_and_the_same_copy_again_makes_it_whole() {
    let dir = tempfile::tempdir().unwrap();
    let first = directory(dir.path(), "first");
    let filled = fill(&first).await;
    for target in [
        shared_site(dir.path(), "half").await,
        directory(dir.path(), "half-directory"),
    ] {
        // It ends as by a kill, with so many bytes done: of rows, of uploads, of files.
        for end in [1, 300_000, 1_500_000, 8_000_000, 12_000_000] {
            let (from, to) = (first.clone(), target.clone());
            let progress: Progress = Arc::new(move |done, _| assert!(done < end, "on purpose"));
            let copying =
                tokio::spawn(async move { copy(&root(), &from, &to, None, progress).await });
            assert!(copying.await.is_err(), "{end}");
            let refused = Store::open(&target.data, options(&target)).await.err();
            assert!(
                matches!(refused, Some(OpenError::HalfCopied)),
                "{end}: {refused:?}"
            );
            let blobs = &target.blobs;
            let refused = Store::look(&target.data, root(), target.database.clone(), blobs).await;
            assert!(matches!(refused.err(), Some(OpenError::HalfCopied)));
        }
        copy(&root(), &first, &target, None, quiet()).await.unwrap();
        look(&target, &filled).await;
        // It is whole, and is written over by nothing.
        let refused = copy(&root(), &first, &target, None, quiet()).await;
        assert!(matches!(refused, Err(CopyError::NotEmpty(_))));
        go_on(&target, &filled).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_nowhere_where_something_is() {
    let dir = tempfile::tempdir().unwrap();
    let first = directory(dir.path(), "first");
    fill(&first).await;
    // A database that is empty, over files that are not.
    let used = shared_site(dir.path(), "used").await;
    open(&used).await.close().await.unwrap();
    let store = open(&used).await;
    store.blobs().put(b"somebody's".to_vec()).await.unwrap();
    store.close().await.unwrap();
    let refused = copy(&root(), &first, &used, None, quiet()).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty(what)) if what == "blobs"));
    // It is still a store.
    open(&used).await.close().await.unwrap();
    let other = Site {
        data: dir.path().join("other"),
        ..used
    };
    let foreign = RootSecret::from_bytes([1; 32]);
    let refused = copy(&foreign, &first, &other, None, quiet()).await;
    assert!(matches!(
        refused,
        Err(CopyError::Open(OpenError::WrongRootSecret { .. }))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_served_is_not_moved_and_is_backed_up_as_of_one_instant() {
    let dir = tempfile::tempdir().unwrap();
    let first = shared_site(dir.path(), "served").await;
    let filled = fill(&first).await;
    let store = open(&first).await;
    let refused = first.at_rest(&root()).await;
    assert!(matches!(refused.err(), Some(CopyError::InUse)));
    let busy = store.clone();
    let load = tokio::spawn(async move {
        let mut blobs = Vec::new();
        for number in 5_000..5_200_u64 {
            // What an event names is there before it.
            let bytes = number.to_be_bytes().repeat(1_000);
            blobs.push(busy.blobs().put(bytes).await.unwrap());
            add(&busy, &stream("one"), number).await;
        }
        blobs
    });
    let target = dir.path().join("backup");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let copied = backup(&root(), &first, &target, quiet()).await.unwrap();
    assert!(copied.dropped_uploads.is_empty());
    let blobs = load.await.unwrap();
    let restored = open(&Site::directory(target.clone())).await;
    let order = check(&restored, &stream("one")).await;
    let added = order.len() - filled.heads["one"].size as usize;
    for blob in &blobs[..added] {
        restored.blobs().get(*blob).await.unwrap();
    }
    restored.close().await.unwrap();
    // Somebody who starts it while it is copied is found out.
    store.close().await.unwrap();
    let rest = first.at_rest(&root()).await.unwrap();
    open(&first).await.close().await.unwrap();
    let third = directory(dir.path(), "third");
    let refused = copy(&root(), &first, &third, Some(&rest), quiet()).await;
    assert!(matches!(refused, Err(CopyError::Served)));
    // The backup is restored where there are several nodes.
    let again = shared_site(dir.path(), "restored").await;
    let backup = Site::directory(target);
    copy(&root(), &backup, &again, None, quiet()).await.unwrap();
    let restored = open(&again).await;
    assert_eq!(check(&restored, &stream("one")).await, order);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_is_copied_as_it_is_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let first = directory(dir.path(), "first");
    fill(&first).await;
    let database = first.data.join("kaibiao.db");
    let url = format!("sqlite://{}", database.display());
    use sqlx::Connection as _;
    let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let edit = "UPDATE events SET leaf = zeroblob(32) WHERE seq = 2 AND stream = 1";
    sqlx::query(edit).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let upload = std::fs::read_dir(first.data.join("uploads"))
        .unwrap()
        .next();
    let upload: PathBuf = upload.unwrap().unwrap().path();
    let file = std::fs::File::options().write(true).open(&upload).unwrap();
    file.set_len(17).unwrap();
    let second = shared_site(dir.path(), "damaged").await;
    let copied = copy(&root(), &first, &second, None, quiet()).await.unwrap();
    assert_eq!(copied.damaged, ["stream one"]);
    assert_eq!(copied.dropped_uploads.len(), 1);
    let store = open(&second).await;
    assert!(store.verify::<Ledger>(&stream("one")).await.is_err());
    assert_eq!(check(&store, &stream("two")).await.len(), 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_other_signing_keys_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for site in [
        shared_site(dir.path(), "keys").await,
        directory(dir.path(), "keys-directory"),
    ] {
        // One that an earlier version made has no name yet.
        open(&site).await.close().await.unwrap();
        let named = |name: &str| Options {
            platform: Some(name.to_owned()),
            ..options(&site)
        };
        for (name, is_taken) in [("ours", true), ("others'", false), ("ours", true)] {
            let opened = Store::open(&site.data, named(name)).await;
            match opened {
                Ok(store) if is_taken => store.close().await.unwrap(),
                Err(OpenError::OtherPlatform) if !is_taken => {}
                opened => panic!("{name}: {:?}", opened.err()),
            }
        }
        let copied = directory(
            dir.path(),
            &format!(
                "copy-of-{}",
                site.data.file_name().unwrap().to_str().unwrap()
            ),
        );
        copy(&root(), &site, &copied, None, quiet()).await.unwrap();
        let refused = Store::open(&copied.data, named_for(&copied)).await;
        assert!(matches!(refused.err(), Some(OpenError::OtherPlatform)));
    }
}

fn named_for(site: &Site) -> Options {
    Options {
        platform: Some("others'".to_owned()),
        ..options(site)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_nodes_that_start_at_once_one_puts_what_there_is_on_lists() {
    let dir = tempfile::tempdir().unwrap();
    let site = shared_site(dir.path(), "lists").await;
    let store = open(&site).await;
    for number in 0..40 {
        add(&store, &stream(&format!("s{number}")), 1).await;
    }
    store.close().await.unwrap();
    let mut nodes = Vec::new();
    for number in 0..4 {
        let node = Site {
            data: dir.path().join(format!("node{number}")),
            ..site.clone()
        };
        nodes.push(open(&node).await);
    }
    let before: Vec<u64> = nodes.iter().map(Store::rows_opened).collect();
    let putting = nodes.iter().map(Store::put_on_lists::<Ledger>);
    for put in futures_util::future::join_all(putting).await {
        put.unwrap();
    }
    let after = nodes.iter().map(Store::rows_opened);
    let opened: Vec<u64> = after
        .zip(before)
        .map(|(after, before)| after - before)
        .collect();
    let worked = opened.iter().filter(|opened| **opened >= 40).count();
    assert_eq!(worked, 1, "{opened:?}");
}
