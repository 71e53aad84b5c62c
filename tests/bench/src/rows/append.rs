//! `append`, `append-postgres`: events made durable, by many writers on as many streams.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use kaibiao_core::stream::{Event, Recorded, Stream, Unlawful};
use kaibiao_store::{At, Commit, Database, Options, RootSecret, Store, StreamId};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::runtime::Runtime;

use super::folder;
use crate::measure::{About, Contender, Row, Sample};
use crate::process::{own_cpu, p99};
use crate::stands::{Cluster, cluster};

const WRITERS: u64 = 32;
/// Of an event, in bytes of its details.
const LENGTH: usize = 500;
/// Rows of one transaction of SQLite's floor.
const BATCH: u64 = 100;

/// A stream that counts.
struct Count;

#[derive(Clone, Serialize, Deserialize)]
struct Text {
    text: String,
}

impl Stream for Count {
    const KIND: &'static str = "count";
    type State = u64;
    type Book = ();
    type Facts = u64;
    type Details = Text;
    type Summary = u64;

    fn evolve(state: u64, _event: &Recorded<u64, Text>) -> Result<u64, Unlawful> {
        Ok(state + 1)
    }

    fn note(_book: (), _event: &Recorded<u64, Text>) {}

    fn next_due(_state: &u64) -> Option<i64> {
        None
    }

    fn summary(state: &u64, _book: &()) -> u64 {
        *state
    }
}

pub struct Append {
    postgres: bool,
    cluster: Option<Cluster>,
    runtime: Option<Runtime>,
    /// How many databases were made.
    made: u32,
}

impl Append {
    pub fn on_sqlite() -> Self {
        Self {
            postgres: false,
            cluster: None,
            runtime: None,
            made: 0,
        }
    }

    pub fn on_postgres() -> Self {
        Self {
            postgres: true,
            ..Self::on_sqlite()
        }
    }

    /// A database of PostgreSQL's, new.
    async fn database(&mut self) -> Result<String> {
        let cluster = self.cluster.as_ref().context("a cluster")?;
        self.made += 1;
        let name = format!("bench{}", self.made);
        cluster.sql(&format!("CREATE DATABASE {name}"));
        Ok(format!(
            "postgres://postgres@127.0.0.1:{}/{name}",
            cluster.port
        ))
    }

    /// The store, every append of one event, each answered when it is durable.
    async fn ours(&mut self, events: u64) -> Result<Sample> {
        let folder = folder()?;
        let mut options = Options::new(RootSecret::from_bytes([7; 32]));
        if self.postgres {
            options.database = Database::Postgres {
                url: self.database().await?,
                connections: 16,
            };
        }
        let store = Store::open(&folder.path().join("data"), options).await?;
        let text = "x".repeat(LENGTH);
        let (begun, cpu) = (Instant::now(), own_cpu());
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let (store, text) = (store.clone(), text.clone());
            let stream = StreamId::new(&format!("count-{writer}")).context("a name")?;
            writers.push(tokio::spawn(async move {
                let mut waits = Vec::new();
                for number in 0..events / WRITERS {
                    let event = Event {
                        facts: number,
                        details: Text { text: text.clone() },
                    };
                    let decide =
                        move |_: At<'_, Count>| Ok::<_, ()>(Commit::new(vec![event.clone()], ()));
                    let begun = Instant::now();
                    if let Err(error) = store.append(&stream, decide).await {
                        return Err(anyhow!("{error:?}"));
                    }
                    waits.push(begun.elapsed());
                }
                Ok(waits)
            }));
        }
        let mut waits = Vec::new();
        for writer in writers {
            waits.extend(writer.await??);
        }
        let sample = Sample {
            took: begun.elapsed(),
            units: waits.len() as f64,
            cpu: Some(own_cpu() - cpu),
            p99: Some(p99(waits)),
            ..Sample::default()
        };
        store.close().await?;
        Ok(sample)
    }

    /// Rows in SQLite, in durable transactions of many, and nothing else.
    async fn sqlite(events: u64) -> Result<Sample> {
        let folder = folder()?;
        let mut connection: SqliteConnection = SqliteConnectOptions::new()
            .filename(folder.path().join("rows.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        sqlx::query("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
            .execute(&mut connection)
            .await?;
        let text = "x".repeat(LENGTH);
        let (begun, cpu) = (Instant::now(), own_cpu());
        for _ in 0..events / BATCH {
            let mut transaction = connection.begin().await?;
            for _ in 0..BATCH {
                sqlx::query("INSERT INTO rows (text) VALUES (?)")
                    .bind(&text)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
        }
        Ok(Sample {
            took: begun.elapsed(),
            units: (events / BATCH * BATCH) as f64,
            cpu: Some(own_cpu() - cpu),
            ..Sample::default()
        })
    }

    /// Rows in PostgreSQL, one for each commit, by as many connections as writers.
    async fn rows(&mut self, events: u64) -> Result<Sample> {
        let url: PgConnectOptions = self.database().await?.parse()?;
        let pool = PgPoolOptions::new().max_connections(WRITERS as u32);
        let pool = Arc::new(pool.connect_with(url).await?);
        sqlx::query(AssertSqlSafe(
            "CREATE TABLE rows (id BIGSERIAL PRIMARY KEY, text TEXT NOT NULL)",
        ))
        .execute(&*pool)
        .await?;
        let text = "x".repeat(LENGTH);
        let (begun, cpu) = (Instant::now(), own_cpu());
        let mut writers = Vec::new();
        for _ in 0..WRITERS {
            let (pool, text) = (pool.clone(), text.clone());
            writers.push(tokio::spawn(async move {
                let mut waits = Vec::new();
                let mut connection = pool.acquire().await?;
                for _ in 0..events / WRITERS {
                    let begun = Instant::now();
                    sqlx::query("INSERT INTO rows (text) VALUES ($1)")
                        .bind(&text)
                        .execute(&mut *connection)
                        .await?;
                    waits.push(begun.elapsed());
                }
                Ok::<_, sqlx::Error>(waits)
            }));
        }
        let mut waits = Vec::new();
        for writer in writers {
            waits.extend(writer.await??);
        }
        Ok(Sample {
            took: begun.elapsed(),
            units: waits.len() as f64,
            cpu: Some(own_cpu() - cpu),
            p99: Some(p99(waits)),
            ..Sample::default()
        })
    }
}

impl Row for Append {
    fn about(&self) -> About {
        let (name, title, target) = if self.postgres {
            (
                "append-postgres",
                "events of 500 B, durable on PostgreSQL, 32 writers on 32 streams",
                "at least 20,000/s, p99 under 20 ms",
            )
        } else {
            (
                "append",
                "events of 500 B, durable on SQLite, 32 writers on 32 streams",
                "at least 30,000/s, p99 under 20 ms",
            )
        };
        About {
            name,
            title,
            unit: "events",
            of: "events",
            size: 32_000,
            sizes: &[3_200, 320_000],
            target,
            note: "The program's part is its store: each event is decided on, folded, sealed, hashed into its stream's tree, and answered when it is \
                   durable. CPU is the writing process's, without PostgreSQL's own.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let floor = if self.postgres {
            "rows by 32 connections, a commit each"
        } else {
            "rows in transactions of 100"
        };
        vec![
            Contender::program("kaibiao's store"),
            Contender::floor(floor),
        ]
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        if self.postgres && self.cluster.is_none() {
            self.cluster = Some(cluster(&[]));
        }
        if self.runtime.is_none() {
            self.runtime = Some(Runtime::new()?);
        }
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let runtime = self.runtime.take().context("prepared")?;
        let sample = runtime.block_on(async {
            match contender {
                "kaibiao's store" => self.ours(size).await,
                _ if self.postgres => self.rows(size).await,
                _ => Self::sqlite(size).await,
            }
        });
        self.runtime = Some(runtime);
        sample
    }
}
