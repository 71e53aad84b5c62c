//! What the witness has cosigned last, in an SQLite file of its own.

use std::path::Path;

use kaibiao_crypto::Digest;
use kaibiao_crypto::tlog::{Checkpoint, LogKey, Refused, Seen};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqlStr};
use tokio::sync::{Mutex, MutexGuard};

use crate::OpenError;

/// The state of the witness. One request has it at a time.
pub(crate) struct Kept {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
}

impl Kept {
    /// Opens the file in a folder, and makes room for logs that are new.
    pub(crate) async fn open(folder: &Path, logs: &[LogKey]) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("witness.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on the disk when it returns.
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await?;
        let migration = Migration::new(
            1,
            "seen".into(),
            MigrationType::Simple,
            SqlStr::from_static(include_str!("0001_seen.sql")),
            false,
        );
        let migrator = Migrator::with_migrations(vec![migration]);
        migrator.run_direct(None, &mut connection, false).await?;
        for log in logs {
            let vkey = log.to_string();
            sqlx::query("INSERT INTO seen VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING")
                .bind(log.name().as_str())
                .bind(&vkey)
                .bind(&Digest::of(b"").as_bytes()[..])
                .execute(&mut connection)
                .await?;
            let known: String = sqlx::query_scalar("SELECT vkey FROM seen WHERE origin = ?")
                .bind(log.name().as_str())
                .fetch_one(&mut connection)
                .await?;
            if known != vkey {
                let origin = log.name().clone();
                return Err(OpenError::OtherKey { origin, known });
            }
        }
        Ok(Self {
            options,
            connection: Mutex::new(Some(connection)),
        })
    }

    /// Waits for the state to be free.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn {
            options: &self.options,
            connection: self.connection.lock().await,
        }
    }
}

/// The state, while nobody else has it.
pub(crate) struct Turn<'a> {
    options: &'a SqliteConnectOptions,
    /// None after a failure: what was left half done ends with its connection.
    connection: MutexGuard<'a, Option<SqliteConnection>>,
}

impl Turn<'_> {
    /// What was kept of a log last.
    pub(crate) async fn seen(&mut self, log: &LogKey) -> Result<Seen, sqlx::Error> {
        let mut connection = self.connect().await?;
        let seen = seen(&mut connection, log).await?;
        *self.connection = Some(connection);
        Ok(seen)
    }

    /// Has a log's last checkpoint judged, and keeps the one that follows it, in one
    /// transaction that is on the disk when this returns.
    pub(crate) async fn keep(
        &mut self,
        log: &LogKey,
        judge: impl FnOnce(Seen) -> Result<Checkpoint, Refused>,
    ) -> Result<Result<Checkpoint, Refused>, sqlx::Error> {
        let mut connection = self.connect().await?;
        let mut step = connection.begin_with("BEGIN IMMEDIATE").await?;
        let old = seen(&mut step, log).await?;
        let judged = judge(old);
        if let Ok(checkpoint) = &judged {
            let size = i64::try_from(checkpoint.size).map_err(corrupt)?;
            sqlx::query("UPDATE seen SET size = ?, root = ? WHERE origin = ?")
                .bind(size)
                .bind(&checkpoint.root.as_bytes()[..])
                .bind(log.name().as_str())
                .execute(&mut *step)
                .await?;
        }
        step.commit().await?;
        *self.connection = Some(connection);
        Ok(judged)
    }

    /// The connection, to be put back once what it is for has worked.
    async fn connect(&mut self) -> Result<SqliteConnection, sqlx::Error> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.options.connect().await,
        }
    }
}

async fn seen(connection: &mut SqliteConnection, log: &LogKey) -> Result<Seen, sqlx::Error> {
    let (size, root): (i64, Vec<u8>) =
        sqlx::query_as("SELECT size, root FROM seen WHERE origin = ?")
            .bind(log.name().as_str())
            .fetch_one(connection)
            .await?;
    Ok(Seen {
        size: u64::try_from(size).map_err(corrupt)?,
        root: Digest::from_bytes(root.as_slice().try_into().map_err(corrupt)?),
    })
}

fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
