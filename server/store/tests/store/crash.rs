//! The process is killed at any moment. What was acknowledged must be there,
//! nothing may be half there, and the next start must go on.
//!
//! The test runs itself again as a child that appends and uploads as fast as it
//! can and prints each acknowledgement; the parent kills it at a random moment,
//! opens the same directory and compares. `KAIBIAO_KILLS` sets how often.
//!
//! It does the same with a disk that fails now and then, where strace can
//! simulate one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kaibiao_core::event::Cause;
use kaibiao_store::{Commit, Options, RootSecret, Store, StoreError, Upload};
use zeroize::Zeroizing;

use crate::suite::ledger::{Ledger, entry, stream};
use crate::suite::skip;

const DIR: &str = "KAIBIAO_CRASH_DIR";
/// After how many milliseconds the child aborts by itself; it then also puts up
/// with a failing disk, as the service does.
const ABORT: &str = "KAIBIAO_CRASH_ABORT";
const LOAD: [&str; 4] = ["crash::load", "--exact", "--ignored", "--nocapture"];
const STREAMS: u64 = 4;
const PIECE: u64 = 40_000;
const LENGTH: u64 = 1 << 40;

type Refused = &'static str;

async fn open(dir: &Path) -> Store {
    Store::open(dir, Options::new(RootSecret::from_bytes([42; 32])))
        .await
        .unwrap()
}

fn content(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(|at| (at % 253) as u8).collect()
}

#[test]
fn whatever_was_acknowledged_survives_a_kill_at_any_moment() {
    let kills: u64 = std::env::var("KAIBIAO_KILLS").map_or(20, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = Acknowledged::default();
    for kill in 0..kills {
        let after = Duration::from_millis(random() % 250);
        acknowledged.gather(run_until_killed(&data, after));
        runtime.block_on(check(&data, &acknowledged, kill));
    }
    let entries: usize = acknowledged.entries.values().map(|seqs| seqs.len()).sum();
    println!(
        "{kills} kills, {entries} events and {} bytes acknowledged",
        acknowledged.offset
    );
    assert!(
        entries > 0 && acknowledged.offset > 0,
        "the load never got under way"
    );
}

#[test]
fn whatever_was_acknowledged_survives_a_disk_that_fails_now_and_then() {
    if !Command::new("strace")
        .args(["-qq", "true"])
        .output()
        .is_ok_and(|tried| tried.status.success())
    {
        return skip("strace is not here or may not trace");
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for fault in [
        "fsync,fdatasync:error=EIO:when=30+9",
        "fsync,fdatasync:error=EIO:when=12",
        "pwrite64:error=ENOSPC:when=60+25",
        "pwrite64:error=EIO:when=60+25",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        // The first start is undisturbed, so that there is something to lose.
        let mut acknowledged = Acknowledged::default();
        acknowledged.gather(run_until_killed(&data, Duration::from_millis(50)));
        let output = Command::new("strace")
            .args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &format!("inject={fault}"),
            ])
            .arg(std::env::current_exe().unwrap())
            .args(LOAD)
            .env(DIR, &data)
            .env(ABORT, "700")
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        println!(
            "{fault}: {} acknowledgements",
            printed.matches(" .\n").count()
        );
        acknowledged.gather(printed.lines().map(str::to_owned).collect());
        runtime.block_on(check(&data, &acknowledged, 1));
    }
}

#[derive(Default)]
struct Acknowledged {
    /// Stream to sequence number to entry.
    entries: BTreeMap<u64, BTreeMap<u64, u64>>,
    upload: Option<String>,
    offset: u64,
}

impl Acknowledged {
    fn gather(&mut self, lines: Vec<String>) {
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words[at].parse::<u64>().unwrap();
            match words[..] {
                // A line cut by the kill lacks its end mark and is not counted.
                ["event", _, _, _, "."] => {
                    self.entries
                        .entry(number(1))
                        .or_default()
                        .insert(number(2), number(3));
                }
                ["upload", id, _, "."] => {
                    self.upload = Some(id.to_owned());
                    self.offset = self.offset.max(number(2));
                }
                _ => {}
            }
        }
    }
}

/// Starts the load in a child process, lets it work for `after` once it is under
/// way, kills it and gives what it had printed.
fn run_until_killed(data: &Path, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(LOAD)
        .env(DIR, data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Vec::new();
    for line in lines.by_ref() {
        printed.push(line.unwrap());
        if printed.last().is_some_and(|line| line.ends_with("ready")) {
            break;
        }
    }
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    printed.extend(reader.join().unwrap());
    printed
}

async fn check(data: &Path, acknowledged: &Acknowledged, kill: u64) {
    let store = open(data).await;
    if kill > 0 || store.away().is_some() {
        let cause = store.away().unwrap().cause;
        assert_eq!(cause, Cause::Killed, "a kill is no stop in good order");
    }
    for (number, seqs) in &acknowledged.entries {
        let id = stream(&format!("s{number}"));
        let current = store.verify::<Ledger>(&id).await.unwrap();
        for (seq, entry) in seqs {
            assert_eq!(
                current.state.order.get(*seq as usize - 1),
                Some(entry),
                "kill {kill}"
            );
        }
        // Each event puts a secret of its own and wipes the one before: all or nothing.
        let secrets = store.secret_names(&id).await.unwrap();
        assert_eq!(secrets, [current.version.to_string()], "kill {kill}");
        let messages = store.outbox().after(0, u32::MAX).await.unwrap();
        let of_stream = messages
            .iter()
            .filter(|message| message.stream == id)
            .count();
        assert_eq!(of_stream as u64, current.version, "kill {kill}");
    }
    if let Some(id) = &acknowledged.upload {
        let upload: Upload<String> = store.uploads().find(id).await.unwrap().unwrap();
        assert!(upload.offset >= acknowledged.offset, "kill {kill}");
        assert_eq!(upload.checker, upload.offset.to_be_bytes());
        let bytes = std::fs::read(data.join("uploads").join(id)).unwrap();
        assert!(bytes.len() as u64 >= upload.offset);
        let durable = upload.offset as usize;
        assert!(bytes[..durable] == content(0, upload.offset), "kill {kill}");
    }
    // Let the lock go, but not in good order: the next child finds that out.
    drop(store);
    release(data).await;
}

/// Waits until a dropped store has let its directory go.
async fn release(data: &Path) {
    let lock = std::fs::File::open(data.join("lock")).unwrap();
    for _ in 0..500 {
        if lock.try_lock().is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the directory stayed locked");
}

/// The child's work; does nothing unless started by the test above.
#[test]
#[ignore = "the load that the kill test runs in a process of its own"]
fn load() {
    let Ok(dir) = std::env::var(DIR) else {
        return;
    };
    if let Ok(after) = std::env::var(ABORT) {
        let after = Duration::from_millis(after.parse().unwrap());
        std::thread::spawn(move || {
            std::thread::sleep(after);
            std::process::abort();
        });
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = open(Path::new(&dir)).await;
        say("ready");
        let mut tasks = Vec::new();
        for number in 0..STREAMS {
            for _ in 0..3 {
                tasks.push(tokio::spawn(append_forever(store.clone(), number)));
            }
        }
        tasks.push(tokio::spawn(upload_forever(store)));
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn append_forever(store: Store, number: u64) {
    let id = stream(&format!("s{number}"));
    loop {
        let appended = store
            .append::<Ledger, u64, Refused, _>(&id, |at| {
                let fresh = random() >> 12;
                let mut commit = Commit::new(vec![entry(fresh, "投标人")], fresh);
                let name = |version: u64| version.to_string();
                commit.secrets_wiped.push(name(at.version));
                commit
                    .secrets_put
                    .push((name(at.version + 1), Zeroizing::new(vec![1; 32])));
                commit.outbox.push(kaibiao_store::Message {
                    topic: "t".into(),
                    body: vec![1; 10],
                });
                Ok(commit)
            })
            .await;
        match appended {
            Ok(done) => say(&format!(
                "event {number} {} {} .",
                done.first_seq, done.reply
            )),
            Err(error) => put_up_with(&error),
        }
    }
}

async fn upload_forever(store: Store) {
    let found = store.uploads().all::<String>().await.unwrap();
    let id = match found.first() {
        Some(upload) => upload.id.clone(),
        None => store
            .uploads()
            .create(&"load", LENGTH, i64::MAX)
            .await
            .unwrap(),
    };
    loop {
        let uploaded = async {
            let mut writer = store.uploads().writer(&id).await?;
            loop {
                let (from, to) = (writer.offset(), writer.offset() + PIECE);
                writer.write(&content(from, to)).await?;
                let offset = writer.commit(to.to_be_bytes().to_vec()).await?;
                say(&format!("upload {id} {offset} ."));
            }
        };
        let stopped: Result<(), StoreError> = uploaded.await;
        put_up_with(&stopped.unwrap_err());
    }
}

/// A failing disk is expected only where the test plays one.
fn put_up_with(error: &dyn std::fmt::Display) {
    assert!(std::env::var(ABORT).is_ok(), "{error}");
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::hash::RandomState::new().build_hasher().finish()
}
