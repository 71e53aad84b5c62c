//! Opening the database, or saying why not.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use subtle::ConstantTimeEq;

use super::{Postgres, schema};
use crate::error::{OpenError, StoreError};
use crate::sql::migration;

/// How long somebody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every file of migrations/postgres, by the numbers of those of migrations/sqlite.
static MIGRATIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../../../migrations/postgres/", $name, ".sql"))
        };
    }
    vec![
        migration(1, "store", file!("0001_store")),
        migration(2, "boot", file!("0002_boot")),
        migration(3, "alerts", file!("0003_alerts")),
        migration(4, "alert history", file!("0004_alert_history")),
        migration(5, "log", file!("0005_log")),
        migration(6, "timestamps", file!("0006_timestamps")),
        migration(7, "nodes", file!("0007_nodes")),
    ]
});

/// What is asked of a server, and what it must not say.
const DEMANDS: [(&str, &[&str]); 4] = [
    // What is acknowledged must outlive a crash of the server, and of the primary where
    // a standby is waited for.
    ("synchronous_commit", &["on", "remote_apply"]),
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("server_encoding", &["UTF8"]),
];

/// Opens the database at a `postgres://` address, which may hold a password. `check`
/// tells whether the root secret is the one that the database was made with.
pub(crate) async fn open(
    url: &str,
    check: &[u8; 32],
    upgrade: bool,
    connections: u32,
) -> Result<Postgres, OpenError> {
    let options = options(url)?;
    let mut conn = options.connect().await?;
    demand(&mut conn).await?;
    let mut tx = conn.begin().await?;
    // Nodes that start at the same time wait for the first.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('~migrations', 5573))")
        .execute(&mut *tx)
        .await?;
    let known = stored_check(&mut tx).await?;
    if let Some(stored) = &known {
        compare(stored, check)?;
    }
    let newest = version(&mut tx, upgrade).await?;
    apply(&mut tx, newest).await?;
    if known.is_none() {
        sqlx::query("INSERT INTO store (key, value) VALUES ('check', $1)")
            .bind(&check[..])
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    tell_standbys(&mut conn).await?;
    conn.close().await?;
    connect(options, connections).await
}

/// Opens the database for reading only, whoever else uses it.
pub(crate) async fn open_to_read(url: &str, check: &[u8; 32]) -> Result<Postgres, OpenError> {
    let options = options(url)?.options([("default_transaction_read_only", "on")]);
    let mut conn = options.connect().await?;
    let known = stored_check(&mut conn).await?;
    compare(known.as_deref().unwrap_or_default(), check)?;
    if let Some(found) = found(&mut conn).await? {
        let known = newest();
        if found != known {
            return Err(if found > known {
                OpenError::NewerSchema { found, known }
            } else {
                OpenError::OlderSchema { found, known }
            });
        }
    }
    conn.close().await?;
    connect(options, 4).await
}

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url)
        // What is wrong may quote the address, and a password with it.
        .map_err(|_| OpenError::DatabaseUrl)?
        .application_name("kaibiao")
        // A node that stands still in a transaction holds its streams for so long.
        .options([
            ("idle_in_transaction_session_timeout", "10s"),
            ("lock_timeout", "10s"),
            ("statement_timeout", "60s"),
        ]);
    Ok(options)
}

async fn connect(options: PgConnectOptions, connections: u32) -> Result<Postgres, OpenError> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await?;
    Ok(Postgres {
        pool,
        wiped: false.into(),
    })
}

/// Refuses a server that would lose what was acknowledged.
async fn demand(conn: &mut PgConnection) -> Result<(), OpenError> {
    for (name, allowed) in DEMANDS {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut *conn)
            .await?;
        if !allowed.contains(&found.as_str()) {
            return Err(OpenError::DatabaseSetting {
                name,
                found,
                wanted: allowed[0],
            });
        }
    }
    Ok(())
}

async fn tell_standbys(conn: &mut PgConnection) -> Result<(), OpenError> {
    let standbys: String =
        sqlx::query_scalar("SELECT current_setting('synchronous_standby_names')")
            .fetch_one(conn)
            .await?;
    if standbys.is_empty() {
        tracing::warn!(
            "no synchronous standby is configured: what is acknowledged outlives a crash, and \
             not the loss of the primary's disk"
        );
    } else {
        tracing::info!(standbys, "what is acknowledged is on a standby as well");
    }
    Ok(())
}

fn compare(stored: &[u8], check: &[u8; 32]) -> Result<(), OpenError> {
    if bool::from(stored.ct_eq(&check[..])) {
        Ok(())
    } else {
        Err(OpenError::WrongRootSecret {
            dir: "the database".to_owned(),
        })
    }
}

/// The check value that the database remembers; None while it is new.
async fn stored_check(conn: &mut PgConnection) -> Result<Option<Vec<u8>>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(None);
    }
    Ok(
        sqlx::query_scalar("SELECT value FROM store WHERE key = 'check'")
            .fetch_optional(conn)
            .await?,
    )
}

fn newest() -> i64 {
    MIGRATIONS.iter().map(|it| it.version).max().unwrap_or(0)
}

async fn found(conn: &mut PgConnection) -> Result<Option<i64>, OpenError> {
    if !has_table(conn, "_sqlx_migrations").await? {
        return Ok(None);
    }
    Ok(
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(conn)
            .await?,
    )
}

/// Checks that the database has a version that this program knows, and its schema;
/// answers the newest version that it knows.
async fn version(conn: &mut PgConnection, upgrade: bool) -> Result<i64, OpenError> {
    let (known, found) = (newest(), found(conn).await?);
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

/// Applies the migrations that the current schema lacks, up to number `upto`.
pub(super) async fn apply(conn: &mut PgConnection, upto: i64) -> Result<(), OpenError> {
    let wanted = MIGRATIONS.iter().filter(|step| step.version <= upto);
    let mut migrator = Migrator::with_migrations(wanted.cloned().collect());
    // The caller's transaction holds a lock, which cannot be left behind.
    migrator.set_locking(false);
    migrator
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

async fn has_table(conn: &mut PgConnection, table: &str) -> Result<bool, OpenError> {
    Ok(
        sqlx::query_scalar("SELECT to_regclass(quote_ident($1)) IS NOT NULL")
            .bind(table)
            .fetch_one(conn)
            .await?,
    )
}
