//! A store that has lost the end of its public log signs nothing any more.

use std::fs;
use std::process::Command;
use std::time::Duration;

use kaibiao::serve::Running;
use kaibiao_app::config::Config;
use kaibiao_app::log::{LogFault, publish};
use kaibiao_crypto::tlog::Checkpoint;

use crate::public_log::Witnesses;
use crate::timestamps::checks;
use crate::world::World;

pub async fn head(running: &Running) -> u64 {
    let head = running.app.store.log().head().await.unwrap();
    head.map_or(0, |(size, _)| size)
}

/// Adds entries until so many are signed.
pub async fn grow(running: &Running, size: u64) {
    // Where there may be other nodes it takes a moment until the log is this one's.
    while !running.app.store.leases().has("log") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while head(running).await < size {
        running.app.store.log().add(b"{}".to_vec()).await.unwrap();
        running.app.memory.log.bell.notify_one();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Puts the older database in place, as an operator does who has no newer one.
fn put_back(config: &Config, older: &[u8]) {
    for more in ["kaibiao.db-wal", "kaibiao.db-shm"] {
        let _ = fs::remove_file(config.data.join(more));
    }
    fs::write(config.data.join("kaibiao.db"), older).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(["restore", "--data"])
        .arg(&config.data)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// The size that the copy beside the tiles was signed for.
fn copied(config: &Config) -> u64 {
    let note = fs::read_to_string(config.data.join("log/checkpoint")).unwrap();
    let (text, _) = note.rsplit_once("\n\n").unwrap();
    format!("{text}\n").parse::<Checkpoint>().unwrap().size
}

async fn until(world: &World, check: &str, well: bool) {
    for _ in 0..200 {
        if checks(world).await.checks[check] == well {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{check} does not become {well}");
}

/// What is said of a log that does not go on.
async fn told_behind(world: &World) -> String {
    until(world, "log_past", false).await;
    let view = checks(world).await;
    assert!(!view.checks["log"] && view.ready);
    let fault = publish(&world.running.app).await.unwrap_err();
    assert!(fault.is_lost_past());
    fault.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_database_is_found_out_by_the_copy_and_by_witnesses() {
    let mut witnesses = Witnesses::new(1);
    let configured = witnesses.config(1);
    let world = World::with(|config| config.public_log = configured).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    let config = world.running.app.config.clone();
    let database = config.data.join("kaibiao.db");
    grow(&world.running, 3).await;
    let mut older = Vec::new();
    let read_older = |_: &Config| older = fs::read(&database).unwrap();
    let world = world.restart_meanwhile(read_older).await;
    witnesses.start(0, &log);
    grow(&world.running, 9).await;
    // The witness cosigns what is the newest.
    let seen = loop {
        let head = world.running.app.store.log().head().await.unwrap();
        let (size, note) = head.unwrap();
        if note.lines().count() == 6 {
            break size;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(copied(&config) >= seen);

    // The copy tells, whether the witness is there or not.
    let (mut newer, mut before) = (Vec::new(), 0);
    let restore = |config: &Config| {
        newer = fs::read(&database).unwrap();
        before = copied(config);
        witnesses.kill(0);
        put_back(config, &older);
    };
    let world = world.restart_meanwhile(restore).await;
    let told = told_behind(&world).await;
    assert!(told.contains("restored from an older backup"), "{told}");
    assert!(told.contains("恢复自旧备份"), "{told}");
    let fault = publish(&world.running.app).await.unwrap_err();
    assert!(matches!(fault, LogFault::Shorter { signed, .. } if signed == before));
    // However many entries come: others were signed.
    for _ in 0..20 {
        let log = world.running.app.store.log();
        log.add(b"{\"other\":1}".to_vec()).await.unwrap();
    }
    let fault = publish(&world.running.app).await.unwrap_err();
    assert!(matches!(fault, LogFault::Rewritten { size } if size == before));
    assert!(head(&world.running).await < seen);
    assert_eq!(copied(&config), before);

    // Without the copy the witness tells.
    let copy = config.data.join("log/checkpoint");
    let kept = fs::read(&copy).unwrap();
    let restore = |config: &Config| {
        fs::remove_dir_all(config.data.join("log")).unwrap();
        put_back(config, &older);
        witnesses.start(0, &log);
        std::thread::sleep(Duration::from_secs(1));
    };
    let world = world.restart_meanwhile(restore).await;
    let told = told_behind(&world).await;
    assert!(told.contains("witness0.example.org"), "{told}");
    assert!(told.contains("public_log.witnesses"), "{told}");
    assert!(head(&world.running).await < seen);
    assert!(!copy.exists());

    // One that is silent at the start tells when it comes.
    let restore = |config: &Config| {
        witnesses.kill(0);
        let _ = fs::remove_dir_all(config.data.join("log"));
        put_back(config, &older);
    };
    let world = world.restart_meanwhile(restore).await;
    until(&world, "log", true).await;
    witnesses.start(0, &log);
    let told = told_behind(&world).await;
    assert!(told.contains("witness0.example.org"), "{told}");

    // What is no checkpoint of this log is not gone on from.
    let restore = |config: &Config| {
        fs::write(&copy, "nonsense").unwrap();
        put_back(config, &newer);
    };
    let world = world.restart_meanwhile(restore).await;
    let told = told_behind(&world).await;
    assert!(told.contains("DATA/log/checkpoint"), "{told}");
    // The right one, and the newest data: it goes on by itself.
    fs::write(&copy, kept).unwrap();
    let size = head(&world.running).await + 1;
    grow(&world.running, size).await;
    assert!(copied(&config) >= size);
    until(&world, "log_past", true).await;
    until(&world, "log", true).await;
    world.running.stop().await.unwrap();
}
