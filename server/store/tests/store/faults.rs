//! What must not be opened, read or leaked: wrong keys, altered rows, dumps.

use std::fs;
use std::path::{Path, PathBuf};

use kaibiao_store::{
    AppendError, Claim, Message, OpenError, Options, RootSecret, Store, StoreError,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use zeroize::Zeroizing;

use crate::suite::erasing;
use crate::suite::ledger::{Ledger, commit, entry, stream};

pub type Refused = &'static str;

pub fn options() -> Options {
    Options::new(RootSecret::from_bytes([42; 32]))
}

pub async fn add(store: &Store, number: u64, name: &str) -> Result<(), AppendError<Refused>> {
    let name = name.to_owned();
    store
        .append::<Ledger, (), Refused, _>(&stream("one"), move |_| {
            Ok(commit(vec![entry(number, &name)]))
        })
        .await
        .map(|_| ())
}

/// A store with ten events in stream "one", closed again.
pub async fn stored() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data, options()).await.unwrap();
    for number in 0..10 {
        add(&store, number, "张三建设").await.unwrap();
    }
    store.close().await.unwrap();
    (dir, data)
}

async fn sql(data: &Path, statement: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("kaibiao.db"));
    let mut conn: SqliteConnection = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn another_root_secret_does_not_open_a_store_and_changes_nothing() {
    let (_dir, data) = stored().await;
    let before = fs::read(data.join("kaibiao.db")).unwrap();
    let wrong = Options::new(RootSecret::from_bytes([43; 32]));
    let refused = Store::open(&data, wrong).await.err().unwrap();
    assert!(
        matches!(refused, OpenError::WrongRootSecret { .. }),
        "{refused}"
    );
    assert!(fs::read(data.join("kaibiao.db")).unwrap() == before);
    let store = Store::open(&data, options()).await.unwrap();
    add(&store, 10, "李四").await.unwrap();
}

#[tokio::test]
async fn a_directory_in_use_is_not_opened_twice() {
    let (_dir, data) = stored().await;
    let store = Store::open(&data, options()).await.unwrap();
    let second = Store::open(&data, options()).await.err().unwrap();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    store.close().await.unwrap();
    drop(store);
    Store::open(&data, options()).await.unwrap();
}

#[tokio::test]
async fn a_store_of_before_is_brought_up_to_date_unless_told_not_to() {
    let (_dir, data) = stored().await;
    let before = "DELETE FROM _sqlx_migrations WHERE version >= 2; DROP TABLE contacts; \
        DROP TABLE alerts; DROP TABLE anchors; DROP TABLE log_entries; DROP TABLE log_head; \
        DROP TABLE timestamps; DROP TABLE leases; DROP TABLE lists; DROP INDEX streams_time; \
        ALTER TABLE heartbeat DROP COLUMN back; \
        ALTER TABLE heartbeat DROP COLUMN reach; \
        ALTER TABLE heartbeat DROP COLUMN cause; \
        ALTER TABLE heartbeat DROP COLUMN boot; \
        ALTER TABLE heartbeat DROP COLUMN up";
    sql(&data, before).await;
    let mut as_it_is = options();
    as_it_is.upgrade = false;
    let older = Store::open(&data, as_it_is).await.err().unwrap();
    assert!(
        matches!(older, OpenError::OlderSchema { found: 1, .. }),
        "{older}"
    );
    for _ in 0..2 {
        let store = Store::open(&data, options()).await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_schema_that_is_not_ours_is_refused_by_name() {
    let (_dir, data) = stored().await;
    sql(&data, "INSERT INTO _sqlx_migrations SELECT 9000, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1").await;
    let newer = Store::open(&data, options()).await.err().unwrap();
    assert!(
        matches!(newer, OpenError::NewerSchema { found: 9000, .. }),
        "{newer}"
    );
    sql(&data, "DELETE FROM _sqlx_migrations WHERE version = 9000; UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let changed = Store::open(&data, options()).await.err().unwrap();
    assert!(matches!(changed, OpenError::ForeignSchema(_)), "{changed}");
    sql(
        &data,
        "DELETE FROM _sqlx_migrations WHERE version > 1; UPDATE _sqlx_migrations SET version = 0",
    )
    .await;
    let mut as_it_is = options();
    as_it_is.upgrade = false;
    let older = Store::open(&data, as_it_is).await.err().unwrap();
    assert!(
        matches!(older, OpenError::OlderSchema { found: 0, .. }),
        "{older}"
    );
    fs::write(
        data.join("kaibiao.db"),
        b"this is no database at all, but long enough",
    )
    .unwrap();
    let garbage = Store::open(&data, options()).await.err().unwrap();
    assert!(
        matches!(garbage, OpenError::Store(StoreError::Corrupt(_))),
        "{garbage}"
    );
}

#[tokio::test]
async fn every_way_of_editing_the_events_is_found_when_they_are_read() {
    let edits = [
        "DELETE FROM events WHERE seq = 4",
        "DELETE FROM events WHERE seq = 10",
        "UPDATE events SET seq = 100 WHERE seq = 10",
        "UPDATE events SET time = time - 1 WHERE seq = 4",
        "UPDATE events SET time = time + 1 WHERE seq = 4",
        "UPDATE events SET leaf = zeroblob(32) WHERE seq = 4",
        "UPDATE events SET shell = (SELECT shell FROM events WHERE seq = 5) WHERE seq = 4",
        "UPDATE events SET facts = (SELECT facts FROM events WHERE seq = 5) WHERE seq = 4",
        "UPDATE events SET details = (SELECT details FROM events WHERE seq = 5) WHERE seq = 4",
        "UPDATE events SET details = facts, facts = details WHERE seq = 4",
        "UPDATE events SET facts = x'' WHERE seq = 4",
        "INSERT INTO events SELECT stream, 11, time, shell, leaf, facts, details FROM events WHERE seq = 10",
        "UPDATE streams SET version = 9",
        "UPDATE streams SET version = 11",
        "UPDATE streams SET time = time + 1",
        "UPDATE streams SET frontier = x'7b7d'",
        "UPDATE streams SET stream = 'two'",
    ];
    let (_dir, data) = stored().await;
    let good = fs::read(data.join("kaibiao.db")).unwrap();
    for edit in edits {
        fs::write(data.join("kaibiao.db"), &good).unwrap();
        sql(&data, edit).await;
        let store = Store::open(&data, options()).await.unwrap();
        let name = stream(if edit.contains("'two'") { "two" } else { "one" });
        let read = store.load::<Ledger>(&name).await;
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{edit}");
        assert_eq!(store.damaged(), [name.as_str()], "{edit}");
        let appended = store
            .append::<Ledger, (), Refused, _>(&name, |_| Ok(commit(vec![entry(99, "on top")])))
            .await;
        assert!(
            matches!(
                appended,
                Err(AppendError::Store(StoreError::Damaged { .. }))
            ),
            "{edit}"
        );
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn whatever_was_added_to_the_schema_is_refused_by_its_name() {
    let edits = [
        ("CREATE TABLE notes (text TEXT)", "table notes"),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON events BEGIN DELETE FROM secrets; END",
            "trigger quiet",
        ),
        ("CREATE INDEX more ON events (time)", "index more"),
        (
            "CREATE VIEW names AS SELECT stream FROM streams",
            "view names",
        ),
        ("DROP INDEX streams_due", "index streams_due"),
        ("ALTER TABLE sessions ADD COLUMN who TEXT", "table sessions"),
    ];
    let (_dir, data) = stored().await;
    let good = fs::read(data.join("kaibiao.db")).unwrap();
    for (edit, name) in edits {
        fs::write(data.join("kaibiao.db"), &good).unwrap();
        sql(&data, edit).await;
        let refused = Store::open(&data, options()).await.err().unwrap();
        assert!(
            matches!(&refused, OpenError::AlteredSchema { what } if what == name),
            "{edit}: {refused}"
        );
    }
    fs::write(data.join("kaibiao.db"), &good).unwrap();
    sql(&data, "ANALYZE").await;
    Store::open(&data, options()).await.unwrap();
}

#[tokio::test]
async fn an_edited_kind_or_due_time_is_put_right_at_the_next_start() {
    let (_dir, data) = stored().await;
    sql(&data, "UPDATE streams SET due = 5, kind = 'other'").await;
    let store = Store::open(&data, options()).await.unwrap();
    store.look_over::<Ledger>().await.unwrap();
    assert!(store.due(i64::MAX).await.unwrap().is_empty());
    assert_eq!(store.list::<Ledger>().await.unwrap().len(), 1);
    assert!(store.damaged().is_empty());
    add(&store, 10, "李四").await.unwrap();
}

#[tokio::test]
async fn a_stream_set_back_to_an_earlier_head_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data, options()).await.unwrap();
    add(&store, 0, "first").await.unwrap();
    store.close().await.unwrap();
    let kept = head(&data).await;
    let store = Store::open(&data, options()).await.unwrap();
    add(&store, 1, "second").await.unwrap();
    store.close().await.unwrap();
    let back = format!(
        "DELETE FROM events WHERE seq = 2; \
         UPDATE streams SET version = {}, time = {}, frontier = x'{}'",
        kept.0,
        kept.1,
        hex::encode(kept.2)
    );
    sql(&data, &back).await;
    let store = Store::open(&data, options()).await.unwrap();
    assert_eq!(store.damaged(), ["one"]);
    let read = store.load::<Ledger>(&stream("one")).await;
    assert!(matches!(read, Err(StoreError::Damaged { .. })));
}

async fn head(data: &Path) -> (i64, i64, Vec<u8>) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("kaibiao.db"));
    let mut conn = options.connect().await.unwrap();
    let head = sqlx::query_as("SELECT version, time, frontier FROM streams")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    head
}

#[tokio::test]
async fn one_damaged_stream_hides_no_other() {
    let (_dir, data) = stored().await;
    let store = Store::open(&data, options()).await.unwrap();
    store
        .append::<Ledger, (), Refused, _>(&stream("two"), |_| Ok(commit(vec![entry(1, "two")])))
        .await
        .unwrap();
    store.close().await.unwrap();
    sql(
        &data,
        "UPDATE streams SET summary = x'00' WHERE stream = 'one'",
    )
    .await;
    let store = Store::open(&data, options()).await.unwrap();
    store.look_over::<Ledger>().await.unwrap();
    assert_eq!(store.damaged(), ["one"]);
    let listed = store.list::<Ledger>().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].stream, stream("two"));
    assert!(store.load::<Ledger>(&stream("two")).await.is_ok());
}

#[tokio::test]
async fn a_dump_of_the_data_directory_shows_nothing_that_was_confided() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data, options()).await.unwrap();
    let words = [
        "北京某某建筑工程有限公司",
        "91110000100000000X",
        "tech-proposal-final.pdf",
        "EXT-2026-0042",
        "b-secret-of-the-bidder",
        "document of the bidder",
    ];
    let [name, code, file, external, secret, content] = words;
    let claim = Claim {
        scope: "machine".into(),
        id: external.into(),
        value: name.as_bytes().to_vec(),
    };
    let (at_name, at_secret) = (name.to_owned(), secret.to_owned());
    store
        .append::<Ledger, (), Refused, _>(&stream("one"), move |_| {
            let mut commit = commit(vec![entry(1, &at_name)]);
            commit.claims.push(claim.clone());
            commit.secrets_put.push((
                format!("header/{at_name}"),
                Zeroizing::new(at_secret.clone().into_bytes()),
            ));
            commit.outbox.push(Message {
                topic: at_name.clone(),
                body: at_secret.clone().into_bytes(),
            });
            Ok(commit)
        })
        .await
        .unwrap();
    let token = store
        .sessions()
        .begin(&(name, code), i64::MAX)
        .await
        .unwrap();
    let upload = store
        .uploads()
        .create(&(name, file), 100, i64::MAX)
        .await
        .unwrap();
    let mut writer = store.uploads().writer(&upload).await.unwrap();
    writer.write(&[0xEE; 50]).await.unwrap();
    writer.commit(code.as_bytes().to_vec()).await.unwrap();
    let document = Zeroizing::new(content.repeat(10_000).into_bytes());
    store.documents().put(document).await.unwrap();

    let mut searched = 0;
    let mut search = |when: &str| {
        for path in files(&data) {
            let bytes = fs::read(&path).unwrap();
            for word in words.iter().copied().chain([token.as_str()]) {
                let found = bytes
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {} {when}", path.display());
            }
            searched += bytes.len();
        }
    };
    search("while it runs");
    store.close().await.unwrap();
    search("after a stop");
    assert!(searched > 10_000);
}

#[tokio::test]
async fn a_wiped_secret_is_soon_gone_from_every_file() {
    let (_dir, data) = stored().await;
    let mut often = options();
    often.beat = std::time::Duration::from_millis(20);
    let store = Store::open(&data, often).await.unwrap();
    store
        .append::<Ledger, (), Refused, _>(&stream("one"), |_| {
            let mut commit = commit(vec![entry(10, "put")]);
            commit
                .secrets_put
                .push(("b".into(), Zeroizing::new(vec![7; 32])));
            Ok(commit)
        })
        .await
        .unwrap();
    let sealed = sealed_secret(&data).await;
    let found = || {
        files(&data).iter().any(|path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(sealed.len()).any(|part| part == sealed)
        })
    };
    assert!(found(), "while it is needed");
    store
        .append::<Ledger, (), Refused, _>(&stream("one"), |_| {
            let mut commit = commit(vec![entry(11, "wipe")]);
            commit.secrets_wiped.push("b".into());
            Ok(commit)
        })
        .await
        .unwrap();
    for _ in 0..200 {
        if !found() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the wiped secret is still in a file");
}

#[tokio::test]
async fn erased_details_are_soon_gone_from_every_file() {
    let (_dir, data) = stored().await;
    let mut often = options();
    often.beat = std::time::Duration::from_millis(20);
    let store = Store::open(&data, often).await.unwrap();
    // Longer than a page, so that it lies on several.
    let (id, long) = (stream("long"), "详情".repeat(5_000));
    for number in 1..4 {
        let name = long.clone();
        store
            .append::<Ledger, (), Refused, _>(&id, move |_| Ok(commit(vec![entry(number, &name)])))
            .await
            .unwrap();
    }
    let sealed = column(
        &data,
        "SELECT details FROM events JOIN streams ON streams.id = events.stream \
         WHERE streams.stream = 'long' AND seq = 2",
    )
    .await;
    assert!(sealed.len() > 30_000);
    // Any stretch of it, since pages lie anywhere; the first holds the key.
    let stretches: Vec<&[u8]> = sealed.chunks_exact(48).collect();
    let found = || {
        let files: Vec<Vec<u8>> = files(&data)
            .iter()
            .map(|it| fs::read(it).unwrap())
            .collect();
        let is_in = |stretch: &&&[u8]| {
            let mut of = files.iter();
            of.any(|bytes| holds(bytes, stretch))
        };
        stretches.iter().filter(is_in).count()
    };
    assert!(found() > stretches.len() / 2, "while it is there");
    let erasure = erasing::second(&store, &id).await;
    erasing::record(&store, 1, erasure).await.unwrap();
    for _ in 0..50 {
        if found() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("erased details are still in a file");
}

/// Whether bytes hold others.
fn holds(bytes: &[u8], part: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == part[0]) {
        if bytes[from + at..].starts_with(part) {
            return true;
        }
        from += at + 1;
    }
    false
}

#[tokio::test]
async fn details_that_somebody_erased_in_the_file_are_damage() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data, options()).await.unwrap();
    let id = erasing::named(&store).await;
    let erasure = erasing::second(&store, &id).await;
    store.close().await.unwrap();
    let before = fs::read(data.join("kaibiao.db")).unwrap();
    // Emptied, or with what says of another event that it was erased.
    let store = Store::open(&data, options()).await.unwrap();
    store.erase(erasure).await.unwrap();
    let of = "FROM events JOIN streams ON streams.id = events.stream \
              WHERE streams.stream = 'one' AND seq = 2";
    let said = column(&data, &format!("SELECT details {of}")).await;
    store.close().await.unwrap();
    for (forged, whose) in [(Vec::new(), 2), (said.clone(), 2), (said, 3)] {
        fs::write(data.join("kaibiao.db"), &before).unwrap();
        let options_of =
            sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("kaibiao.db"));
        let mut conn = options_of.connect().await.unwrap();
        sqlx::query(
            "UPDATE events SET details = ? WHERE seq = ? AND stream = \
             (SELECT id FROM streams WHERE stream = 'one')",
        )
        .bind(&forged)
        .bind(whose)
        .execute(&mut conn)
        .await
        .unwrap();
        conn.close().await.unwrap();
        let store = Store::open(&data, options()).await.unwrap();
        let read = store.verify::<Ledger>(&id).await;
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{whose}");
        store.close().await.unwrap();
    }
}

async fn sealed_secret(data: &Path) -> Vec<u8> {
    column(data, "SELECT sealed FROM secrets").await
}

async fn column(data: &Path, query: &str) -> Vec<u8> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("kaibiao.db"));
    let mut conn = options.connect().await.unwrap();
    let sealed = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .fetch_one(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    sealed
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}
