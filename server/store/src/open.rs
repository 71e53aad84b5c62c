//! Opening a data directory, or saying why not.
//!
//! ```text
//! DIR/lock           one process at a time
//! DIR/kaibiao.db     streams and side tables, with -wal and -shm beside it
//! DIR/blobs/xx/...   public or sealed content, named by digest
//! DIR/documents/...  decrypted content, encrypted again
//! DIR/uploads/...    uploads under way
//! DIR/temp/          swept at every start
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlStr};
use subtle::ConstantTimeEq;

use crate::cache::{Cache, STREAMS};
use crate::clock::Clock;
use crate::error::{OpenError, StoreError};
use crate::files::durable::make_dir;
use crate::heartbeat::{self, Absence, Health};
use crate::keys::{Keys, RootSecret};
use crate::lock::Lock;
use crate::shared::Shared;
use crate::wake::{InProcess, Wake};
use crate::writer::Writer;

/// The database's file name within the data directory.
pub const DATABASE: &str = "kaibiao.db";

/// Every file of migrations/sqlite. `sqlx::migrate!` would list them, but its
/// macros bring sqlx and SQLite into the build once more, for the compiler.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(vec![migration(
        1,
        "store",
        include_str!("../../../migrations/sqlite/0001_store.sql"),
    )])
});

/// One file of migrations/sqlite, named `VERSION_DESCRIPTION.sql`.
fn migration(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let sql = SqlStr::from_static(sql);
    Migration::new(
        version,
        description.into(),
        MigrationType::Simple,
        sql,
        false,
    )
}

/// How to open a store. [`Options::new`] has the defaults.
pub struct Options {
    pub root: RootSecret,
    pub clock: Clock,
    pub wake: Arc<dyn Wake>,
    /// Between two heartbeats.
    pub beat: Duration,
    /// Folded streams kept in memory.
    pub cached_streams: usize,
    /// Whether an older schema is brought up to date, or refused.
    pub upgrade: bool,
    /// The most pages of 4 KiB the database may have: a quota, beyond which it is
    /// full as a disk would be. None: the disk decides.
    pub database_pages: Option<u32>,
}

impl Options {
    pub fn new(root: RootSecret) -> Self {
        Self {
            root,
            clock: Clock::system(),
            wake: Arc::new(InProcess::new()),
            beat: Duration::from_secs(1),
            cached_streams: STREAMS,
            upgrade: true,
            database_pages: None,
        }
    }
}

pub(crate) struct Opened {
    pub shared: Arc<Shared>,
    pub readers: sqlx::SqlitePool,
    pub writer: Writer,
    pub absence: Option<Absence>,
}

/// The places of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub root: PathBuf,
    pub blobs: PathBuf,
    pub documents: PathBuf,
    pub uploads: PathBuf,
    pub temp: PathBuf,
}

impl Places {
    pub fn of(dir: &Path) -> Self {
        Self {
            root: dir.to_owned(),
            blobs: dir.join("blobs"),
            documents: dir.join("documents"),
            uploads: dir.join("uploads"),
            temp: dir.join("temp"),
        }
    }

    fn make(&self) -> Result<(), OpenError> {
        for dir in [
            &self.root,
            &self.blobs,
            &self.documents,
            &self.uploads,
            &self.temp,
        ] {
            make_dir(dir)?;
        }
        Ok(())
    }

    fn sweep(&self) -> Result<(), OpenError> {
        for left in fs::read_dir(&self.temp)? {
            fs::remove_file(left?.path())?;
        }
        Ok(())
    }
}

pub(crate) async fn open(places: &Places, options: Options) -> Result<Opened, OpenError> {
    places.make()?;
    let lock = Lock::take(&places.root)?;
    places.sweep()?;
    let database = places.root.join(DATABASE);
    let keys = Keys::derive(&options.root);
    let mut writing = writing(&database);
    if let Some(pages) = options.database_pages {
        writing = writing.pragma("max_page_count", pages.to_string());
    }
    let mut conn = writing.connect().await?;
    // A wrong secret must not upgrade anything, so it is checked first if it can be.
    let known = is_initialised(&mut conn).await?;
    if known {
        check_root(&mut conn, &keys, places).await?;
    }
    migrate(&mut conn, options.upgrade).await?;
    if !known {
        sqlx::query("INSERT INTO store (key, value) VALUES ('check', ?)")
            .bind(&keys.check()[..])
            .execute(&mut conn)
            .await?;
    }
    let now = options.clock.now();
    let absence = heartbeat::begin(&mut conn, now).await?;
    conn.close().await?;
    let health = Health::default();
    health.started(now);
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(reading(&database))
        .await?;
    let shared = Arc::new(Shared {
        keys,
        clock: options.clock,
        cache: Cache::new(options.cached_streams),
        wake: options.wake,
        health,
        lock,
    });
    Ok(Opened {
        writer: Writer::new(Arc::clone(&shared), writing, options.beat),
        shared,
        readers,
        absence,
    })
}

fn writing(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
}

fn reading(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "MEMORY")
}

async fn is_initialised(conn: &mut SqliteConnection) -> Result<bool, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(false);
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM store WHERE key = 'check'")
        .fetch_optional(conn)
        .await?;
    Ok(found.is_some())
}

async fn check_root(
    conn: &mut SqliteConnection,
    keys: &Keys,
    places: &Places,
) -> Result<(), OpenError> {
    let stored: Vec<u8> = sqlx::query_scalar("SELECT value FROM store WHERE key = 'check'")
        .fetch_one(conn)
        .await?;
    if bool::from(stored.ct_eq(&keys.check()[..])) {
        return Ok(());
    }
    Err(OpenError::WrongRootSecret {
        dir: places.root.display().to_string(),
    })
}

async fn migrate(conn: &mut SqliteConnection, upgrade: bool) -> Result<(), OpenError> {
    let known = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    if has_table(conn, "_sqlx_migrations").await? {
        let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&mut *conn)
            .await?;
        match found {
            Some(found) if found > known => return Err(OpenError::NewerSchema { found, known }),
            Some(found) if found < known && !upgrade => {
                return Err(OpenError::OlderSchema { found, known });
            }
            _ => {}
        }
    }
    MIGRATIONS
        .run_direct(None, conn, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(found) => OpenError::NewerSchema { found, known },
            MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
                OpenError::ForeignSchema(version)
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            error => OpenError::Store(StoreError::Corrupt(error.to_string())),
        })
}

async fn has_table(conn: &mut SqliteConnection, table: &str) -> Result<bool, OpenError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
            .bind(table)
            .fetch_optional(conn)
            .await?;
    Ok(found.is_some())
}
