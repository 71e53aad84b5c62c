//! Opening the database file, or saying why not.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlStr};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use super::{Sqlite, Writer};
use crate::error::{OpenError, StoreError};

/// The database's file name within the data directory.
pub(crate) const DATABASE: &str = "kaibiao.db";

/// Every file of migrations/sqlite. `sqlx::migrate!` would list them, but its
/// macros bring sqlx and SQLite into the build once more, for the compiler.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(vec![migration(
        1,
        "store",
        include_str!("../../../../migrations/sqlite/0001_store.sql"),
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

/// What an opening may do, and how large the file may become.
pub(crate) struct Limits {
    /// Whether an older schema is brought up to date, or refused.
    pub upgrade: bool,
    /// The most pages of 4 KiB.
    pub pages: Option<u32>,
}

/// Opens the database in `dir`, making it if it is not there. `check` tells
/// whether the root secret is the one that the database was made with.
pub(crate) async fn open(
    dir: &Path,
    check: &[u8; 32],
    limits: &Limits,
) -> Result<Sqlite, OpenError> {
    let database = dir.join(DATABASE);
    let mut options = writing(&database);
    if let Some(pages) = limits.pages {
        options = options.pragma("max_page_count", pages.to_string());
    }
    let mut conn = options.connect().await?;
    // A wrong secret must not upgrade anything, so it is checked first if it can be.
    let known = stored_check(&mut conn).await?;
    if let Some(stored) = &known
        && !bool::from(stored.ct_eq(&check[..]))
    {
        return Err(OpenError::WrongRootSecret {
            dir: dir.display().to_string(),
        });
    }
    migrate(&mut conn, limits.upgrade).await?;
    if known.is_none() {
        sqlx::query("INSERT INTO store (key, value) VALUES ('check', ?)")
            .bind(&check[..])
            .execute(&mut conn)
            .await?;
    }
    conn.close().await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(reading(&database))
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

fn reading(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "MEMORY")
}

/// The check value that the database remembers; None while it is new.
async fn stored_check(conn: &mut SqliteConnection) -> Result<Option<Vec<u8>>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(None);
    }
    Ok(
        sqlx::query_scalar("SELECT value FROM store WHERE key = 'check'")
            .fetch_optional(conn)
            .await?,
    )
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
