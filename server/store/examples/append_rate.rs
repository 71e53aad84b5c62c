//! How many durable events a second, beside the floor on the same disk in the
//! same run: plain rows of the same size, in transactions of the same size.
//!
//! ```text
//! cargo run --release -p kaibiao-store --example append_rate [-- WRITERS SECONDS DIR]
//! ```
//!
//! With an empty PostgreSQL database in `KAIBIAO_STORE__URL` the store is over that, and
//! so is the floor: rows of the same size from as many connections, each in a transaction.

use std::path::Path;
use std::time::{Duration, Instant};

use kaibiao_core::stream::Event;
use kaibiao_store::{Commit, Database, EventOf, Options, RootSecret, Store, StreamId};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, QueryBuilder, Sqlite};

/// A stream whose state stays small, so that the store is what is measured.
struct Counter;

#[derive(Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl kaibiao_core::stream::Stream for Counter {
    const KIND: &'static str = "counter";
    type State = u64;
    type Book = u64;
    type Facts = Note;
    type Details = Note;
    type Summary = u64;

    fn evolve(
        state: u64,
        _: &kaibiao_core::stream::Recorded<Note, Note>,
    ) -> Result<u64, kaibiao_core::stream::Unlawful> {
        Ok(state + 1)
    }

    fn note(book: u64, _: &kaibiao_core::stream::Recorded<Note, Note>) -> u64 {
        book
    }

    fn next_due(_: &u64) -> Option<i64> {
        None
    }

    fn summary(state: &u64, _: &u64) -> u64 {
        *state
    }
}

fn event() -> EventOf<Counter> {
    let note = |length| Note {
        text: "x".repeat(length),
    };
    Event {
        facts: note(200),
        details: note(300),
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (writers, seconds) = (number(32), number(5));
    let dir = match std::env::args().nth(3) {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    }
    .expect("a directory to measure in");
    let time = Duration::from_secs(seconds);
    println!("{writers} writers on {writers} streams, 500 B of content an event, {seconds} s each");
    let url = std::env::var("KAIBIAO_STORE__URL").ok();
    let (floor, how) = match &url {
        None => (
            floor(dir.path(), writers as usize, time).await,
            format!("one connection, {writers} rows a transaction"),
        ),
        Some(url) => (
            server_floor(url, writers, time).await,
            format!("{writers} connections, one row a transaction"),
        ),
    };
    println!("floor: {floor:>8.0} rows/s, {how}");
    let database = match url {
        None => Database::File,
        Some(url) => Database::Postgres {
            url,
            connections: 32,
        },
    };
    let (rate, mut waits) = appends(dir.path(), database, writers, time).await;
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!(
        "store: {rate:>8.0} events/s, {:.2} of the floor",
        rate / floor
    );
    println!(
        "       p50 {:?}, p99 {:?}, max {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

async fn appends(
    dir: &Path,
    database: Database,
    writers: u64,
    time: Duration,
) -> (f64, Vec<Duration>) {
    let options = Options {
        database,
        ..Options::new(RootSecret::from_bytes([42; 32]))
    };
    let store = Store::open(&dir.join("data"), options)
        .await
        .expect("a new store");
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let id = StreamId::new(&format!("s{writer}")).expect("a plain name");
                let mut waits = Vec::new();
                while start.elapsed() < time {
                    let asked = Instant::now();
                    let appended = store
                        .append::<Counter, (), &str, _>(&id, |_| Ok(Commit::new(vec![event()], ())))
                        .await;
                    assert!(appended.is_ok());
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("a writer"));
    }
    let rate = waits.len() as f64 / start.elapsed().as_secs_f64();
    let id = StreamId::new("s0").expect("a plain name");
    let asked = Instant::now();
    let folded = store
        .verify::<Counter>(&id)
        .await
        .expect("a stream that verifies");
    println!(
        "fold:  {} events read, opened and checked in {:?}",
        folded.version,
        asked.elapsed()
    );
    store.close().await.expect("a stop in good order");
    (rate, waits)
}

async fn floor(dir: &Path, group: usize, time: Duration) -> f64 {
    let mut conn = SqliteConnectOptions::new()
        .filename(dir.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("a database");
    sqlx::query("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        .execute(&mut conn)
        .await
        .expect("a table");
    let (start, mut rows) = (Instant::now(), 0);
    while start.elapsed() < time {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO rows (body) ");
        query.push_values(0..group, |mut values, _| {
            values.push_bind(vec![1u8; 1_000]);
        });
        query.build().execute(&mut conn).await.expect("an insert");
        rows += group;
    }
    let rate = rows as f64 / start.elapsed().as_secs_f64();
    conn.close().await.expect("a close");
    rate
}

async fn server_floor(url: &str, writers: u64, time: Duration) -> f64 {
    let connect = || async { PgConnection::connect(url).await.expect("a database") };
    // In a schema of its own, so that the store finds its own empty.
    for sql in [
        "CREATE SCHEMA floor",
        "CREATE TABLE floor.rows \
         (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body BYTEA NOT NULL)",
    ] {
        let mut conn = connect().await;
        sqlx::query(sql).execute(&mut conn).await.expect("a table");
    }
    let start = Instant::now();
    let tasks = (0..writers).map(|_| {
        let url = url.to_owned();
        tokio::spawn(async move {
            let mut conn = PgConnection::connect(&url).await.expect("a connection");
            let mut rows = 0;
            while start.elapsed() < time {
                sqlx::query("INSERT INTO floor.rows (body) VALUES ($1)")
                    .bind(vec![1u8; 1_000])
                    .execute(&mut conn)
                    .await
                    .expect("an insert");
                rows += 1;
            }
            rows
        })
    });
    let mut rows = 0;
    for task in tasks.collect::<Vec<_>>() {
        rows += task.await.expect("a connection's work");
    }
    f64::from(rows) / start.elapsed().as_secs_f64()
}
