//! Opening the database file, or saying why not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use super::{Sqlite, Writer, schema};
use crate::copy::tables::COPYING;
use crate::copy::{CopyError, Mark};
use crate::error::{OpenError, StoreError};
use crate::sql::{CHECK, PLATFORM, holds, migration, sm2_key};

/// The database's file name within the data directory.
pub(crate) const DATABASE: &str = "kaibiao.db";

/// Every file of migrations/sqlite. `sqlx::migrate!` would list them, but its
/// macros bring sqlx and SQLite into the build once more, for the compiler.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(vec![
        migration(
            1,
            "store",
            include_str!("../../../../migrations/sqlite/0001_store.sql"),
        ),
        migration(
            2,
            "boot",
            include_str!("../../../../migrations/sqlite/0002_boot.sql"),
        ),
        migration(
            3,
            "alerts",
            include_str!("../../../../migrations/sqlite/0003_alerts.sql"),
        ),
        migration(
            4,
            "alert history",
            include_str!("../../../../migrations/sqlite/0004_alert_history.sql"),
        ),
        migration(
            5,
            "log",
            include_str!("../../../../migrations/sqlite/0005_log.sql"),
        ),
        migration(
            6,
            "timestamps",
            include_str!("../../../../migrations/sqlite/0006_timestamps.sql"),
        ),
        migration(
            7,
            "nodes",
            include_str!("../../../../migrations/sqlite/0007_nodes.sql"),
        ),
        migration(
            8,
            "lists",
            include_str!("../../../../migrations/sqlite/0008_lists.sql"),
        ),
    ])
});

/// What an opening may do, and how large the file may become.
pub(crate) struct Limits<'a> {
    /// Whether an older schema is brought up to date, or refused.
    pub upgrade: bool,
    /// Whose it is ([`crate::Options::platform`]).
    pub platform: Option<&'a str>,
    /// Its other signing keys ([`crate::Options::sm2_keys`]).
    pub sm2_keys: &'a BTreeSet<String>,
    /// The most pages of 4 KiB.
    pub pages: Option<u32>,
}

/// Opens the database in `dir`, making it if it is not there. `check` tells
/// whether the root secret is the one that the database was made with.
pub(crate) async fn open(
    dir: &Path,
    check: &[u8; 32],
    limits: &Limits<'_>,
) -> Result<Sqlite, OpenError> {
    let database = dir.join(DATABASE);
    let mut options = writing(&database);
    if let Some(pages) = limits.pages {
        options = options.pragma("max_page_count", pages.to_string());
    }
    let mut conn = options.connect().await?;
    // A wrong secret must not upgrade anything, so it is checked first if it can be.
    let known = compare(&mut conn, dir, check).await?;
    if fact(&mut conn, COPYING).await?.is_some() {
        return Err(OpenError::HalfCopied);
    }
    if let (Some(own), Some(stored)) = (limits.platform, fact(&mut conn, PLATFORM).await?)
        && own.as_bytes() != stored
    {
        return Err(OpenError::OtherPlatform);
    }
    if limits.platform.is_some() && !holds(limits.sm2_keys, &facts(&mut conn).await?) {
        return Err(OpenError::OtherPlatform);
    }
    let newest = version(&mut conn, limits.upgrade).await?;
    apply(&mut conn, newest).await?;
    if !known {
        put_fact(&mut conn, CHECK, check).await?;
    }
    if let Some(own) = limits.platform {
        put_fact(&mut conn, PLATFORM, own.as_bytes()).await?;
    }
    for key in limits.sm2_keys {
        put_fact(&mut conn, &sm2_key(key), b"").await?;
    }
    conn.close().await?;
    connect(&database, options).await
}

/// Compares the check value with the one that the database remembers; whether it
/// remembers one.
async fn compare(
    conn: &mut SqliteConnection,
    dir: &Path,
    check: &[u8; 32],
) -> Result<bool, OpenError> {
    match fact(conn, CHECK).await? {
        Some(stored) if !bool::from(stored.ct_eq(&check[..])) => Err(OpenError::WrongRootSecret {
            dir: dir.display().to_string(),
        }),
        known => Ok(known.is_some()),
    }
}

/// Compares a database that is only read with what it has to be.
pub(super) async fn look(
    conn: &mut SqliteConnection,
    dir: &Path,
    check: &[u8; 32],
) -> Result<(), OpenError> {
    if !compare(conn, dir, check).await? {
        return Err(OpenError::WrongRootSecret {
            dir: dir.display().to_string(),
        });
    }
    if fact(conn, COPYING).await?.is_some() {
        return Err(OpenError::HalfCopied);
    }
    version(conn, false).await.map(drop)
}

/// Makes the schema in a database that holds nothing, or half a copy, and marks it.
pub(super) async fn begin_copy(
    conn: &mut SqliteConnection,
    dir: &Path,
    mark: &Mark<'_>,
) -> Result<(), CopyError> {
    compare(conn, dir, mark.check).await?;
    if fact(conn, COPYING).await?.is_none() {
        if let Some(held) = &mark.holds {
            return Err(CopyError::NotEmpty(held.clone()));
        }
        let is_used = has_table(conn, "streams").await?
            && sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM streams)")
                .fetch_one(&mut *conn)
                .await?;
        if is_used {
            let database = dir.join(DATABASE);
            return Err(CopyError::NotEmpty(database.display().to_string()));
        }
    }
    // In one transaction: there is no moment in which it is a new store.
    let mut tx = conn.begin().await?;
    let newest = version(&mut tx, true).await?;
    apply(&mut tx, newest).await?;
    put_fact(&mut tx, CHECK, mark.check).await?;
    sqlx::query("DELETE FROM store WHERE key = ?")
        .bind(COPYING)
        .execute(&mut *tx)
        .await?;
    put_fact(&mut tx, COPYING, mark.token).await?;
    Ok(tx.commit().await?)
}

/// Opens the database in `dir` for reading only, whoever else uses it.
pub(crate) async fn open_to_read(dir: &Path, check: &[u8; 32]) -> Result<Sqlite, OpenError> {
    let database = dir.join(DATABASE);
    let options = reading(&database);
    let mut conn = options.connect().await?;
    look(&mut conn, dir, check).await?;
    conn.close().await?;
    connect(&database, options).await
}

async fn connect(database: &Path, options: SqliteConnectOptions) -> Result<Sqlite, OpenError> {
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(reading(database))
        .await?;
    Ok(Sqlite {
        readers,
        options,
        writer: Mutex::new(Writer::default()),
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

/// For a copy, which nobody reads before it is whole: one file when it is closed.
pub(super) fn filling(database: &Path) -> SqliteConnectOptions {
    writing(database).journal_mode(SqliteJournalMode::Delete)
}

pub(super) fn reading(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "MEMORY")
}

/// What the database remembers of itself; None while it is new.
async fn fact(conn: &mut SqliteConnection, key: &str) -> Result<Option<Vec<u8>>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(None);
    }
    let found = sqlx::query_scalar("SELECT value FROM store WHERE key = ?").bind(key);
    Ok(found.fetch_optional(conn).await?)
}

/// The names of all that it remembers.
async fn facts(conn: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar("SELECT key FROM store")
        .fetch_all(conn)
        .await?)
}

/// Remembers it, if there is nothing of that key.
async fn put_fact(conn: &mut SqliteConnection, key: &str, value: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO store (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(key)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(())
}

/// Checks that the database has a version that this program knows, and its schema;
/// answers the newest version that it knows.
async fn version(conn: &mut SqliteConnection, upgrade: bool) -> Result<i64, OpenError> {
    let known = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    let found: Option<i64> = if has_table(conn, "_sqlx_migrations").await? {
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&mut *conn)
            .await?
    } else {
        None
    };
    match found {
        Some(found) if found > known => return Err(OpenError::NewerSchema { found, known }),
        Some(found) if found < known && !upgrade => {
            return Err(OpenError::OlderSchema { found, known });
        }
        _ => {}
    }
    // It comes first, because a trigger that somebody added would act at once.
    schema::check(conn, found).await?;
    Ok(known)
}

/// Applies the migrations that `conn` lacks, up to number `upto`.
pub(super) async fn apply(conn: &mut SqliteConnection, upto: i64) -> Result<(), OpenError> {
    let wanted = MIGRATIONS.iter().filter(|step| step.version <= upto);
    Migrator::with_migrations(wanted.cloned().collect())
        .run_direct(None, conn, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(found) => OpenError::NewerSchema { found, known: upto },
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
