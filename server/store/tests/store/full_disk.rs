//! A full disk and a full quota make the store refuse cleanly. It loses nothing
//! and works again as soon as there is room.

use std::fs;
use std::path::Path;
use std::process::Command;

use kaibiao_store::{AppendError, Store, StoreError};
use zeroize::Zeroizing;

use crate::faults::{add, options, stored};
use crate::suite::ledger::{Ledger, stream};
use crate::suite::skip;

#[tokio::test]
async fn a_database_at_its_limit_refuses_cleanly_and_goes_on_when_there_is_room() {
    let (_dir, data) = stored().await;
    let mut small = options();
    small.database_pages = Some(80);
    let store = Store::open(&data, small).await.unwrap();
    let written = fill(&store).await;
    assert!(store.condition().failures > 0);
    store.close().await.unwrap();
    drop(store);
    goes_on(&data, written).await;
}

/// Appends until the store says that it is full; answers how many it took.
async fn fill(store: &Store) -> u64 {
    let long = "长".repeat(2_000);
    for number in 100..10_000 {
        match add(store, number, &long).await {
            Ok(()) => {}
            Err(AppendError::Store(StoreError::Full)) => {
                // The stream can still be read, and what was refused is not in
                // it.
                let current = store.verify::<Ledger>(&stream("one")).await.unwrap();
                assert_eq!(current.version, 10 + number - 100);
                return number - 100;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the limit was never met");
}

async fn goes_on(data: &Path, written: u64) {
    let store = Store::open(data, options()).await.unwrap();
    let current = store.verify::<Ledger>(&stream("one")).await.unwrap();
    assert_eq!(current.version, 10 + written);
    add(&store, 9, "again").await.unwrap_err();
    add(&store, 99_999, "room again").await.unwrap();
    assert_eq!(
        store.load::<Ledger>(&stream("one")).await.unwrap().version,
        11 + written
    );
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_cleanly_and_recovers_when_there_is_room() {
    let Some(disk) = TinyDisk::mount() else {
        return skip("a small file system can be mounted by root only");
    };
    let data = disk.0.path().join("data");
    let store = Store::open(&data, options()).await.unwrap();
    for number in 0..10 {
        add(&store, number, "张三建设").await.unwrap();
    }
    let upload = store
        .uploads()
        .create(&"bid", 1 << 30, i64::MAX)
        .await
        .unwrap();
    let mut writer = store.uploads().writer(&upload).await.unwrap();
    let piece = vec![1; 256 * 1024];
    let full = loop {
        if let Err(error) = writer.write(&piece).await {
            break error;
        }
        match writer.commit(Vec::new()).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    drop(writer);
    let blob = store.blobs().put(vec![2; 512 * 1024]).await;
    assert!(matches!(blob, Err(StoreError::Full)));
    let document = store
        .documents()
        .put(Zeroizing::new(vec![3; 512 * 1024]))
        .await;
    assert!(matches!(document, Err(StoreError::Full)));
    let written = fill(&store).await;

    // Room again, without a restart: the upload goes on, and so do appends.
    let offset = store
        .uploads()
        .find::<String>(&upload)
        .await
        .unwrap()
        .unwrap()
        .offset;
    let resumed = store.uploads().writer(&upload).await.unwrap();
    assert_eq!(resumed.offset(), offset);
    drop(resumed);
    disk.grow();
    store.uploads().remove(&upload).await.unwrap();
    add(&store, 50, "room again").await.unwrap();
    store.blobs().put(vec![2; 512 * 1024]).await.unwrap();
    assert!(fs::read_dir(data.join("temp")).unwrap().next().is_none());
    let current = store.verify::<Ledger>(&stream("one")).await.unwrap();
    assert_eq!(current.version, 11 + written);
    store.close().await.unwrap();
}

/// A file system of a few megabytes, gone with the value.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(dir))
    }

    fn grow(&self) {
        let grown = Command::new("mount")
            .args(["-o", "remount,size=32m"])
            .arg(self.0.path())
            .output()
            .unwrap();
        assert!(grown.status.success());
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}
