//! Opening the database, or saying why not.

use std::sync::{Arc, LazyLock};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use subtle::ConstantTimeEq;

use super::connections::{Connections, Session};
use super::servers::Servers;
use super::{Postgres, Wiped, schema, standbys};
use crate::error::{OpenError, StoreError};
use crate::sql::migration;

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
        migration(8, "lists", file!("0008_lists")),
    ]
});

/// The oldest version that has everything used here, as `server_version_num`.
const OLDEST: i32 = 130_000;

/// What is asked of a server's settings: what is acknowledged must outlive a crash of the
/// server, and of the primary where a standby is waited for.
const DEMANDS: [(&str, &[&str]); 4] = [
    (
        "synchronous_commit",
        &["on", "remote_apply", "remote_write"],
    ),
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
    let servers = Servers::parse(url)?;
    let (mut conn, primary) = servers.primary_at_start().await?;
    let session = demanded(&mut conn).await?;
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
    connect(servers, &primary, connections, session)
}

/// Opens the database for reading only, whoever else uses it; a standby will do.
pub(crate) async fn open_to_read(url: &str, check: &[u8; 32]) -> Result<Postgres, OpenError> {
    let servers = Servers::parse(url)?;
    let (mut conn, found) = servers.any().await?;
    let session = Session {
        read_only: true,
        ..demanded(&mut conn).await?
    };
    let mut tx = conn.begin().await?;
    let known = stored_check(&mut tx).await?;
    compare(known.as_deref().unwrap_or_default(), check)?;
    version(&mut tx, false).await?;
    tx.rollback().await?;
    conn.close().await?;
    connect(Servers::only(found.clone()), &found, 4, session)
}

fn connect(
    servers: Servers,
    first: &PgConnectOptions,
    connections: u32,
    session: Session,
) -> Result<Postgres, OpenError> {
    Ok(Postgres {
        connections: Connections::new(servers, first, connections, session)?,
        wiped: Wiped::default(),
    })
}

/// Refuses a server that would lose what was acknowledged; answers what connections to
/// it are set to.
async fn demanded(conn: &mut PgConnection) -> Result<Session, OpenError> {
    let (number, name): (i32, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::integer, current_setting('server_version')",
    )
    .fetch_one(&mut *conn)
    .await?;
    if number < OLDEST {
        return Err(unfit("server_version", name, "13"));
    }
    if let Some((name, found, wanted)) = careless(conn).await? {
        return Err(unfit(name, found, wanted));
    }
    let found = sqlx::query_as(
        "SELECT quote_ident(current_schema()), current_setting('search_path'), \
         current_setting('synchronous_commit')",
    );
    let (schema, path, commits): (Option<String>, String, String) = found.fetch_one(conn).await?;
    Ok(Session {
        schema: schema.ok_or_else(|| unfit("search_path", path, "public"))?,
        commits,
        read_only: false,
        timeline: Arc::default(),
    })
}

/// A setting by which the server may lose what it acknowledged: its name, what it is and
/// what it has to be.
pub(super) async fn careless(
    conn: &mut PgConnection,
) -> Result<Option<(&'static str, String, &'static str)>, sqlx::Error> {
    for (name, allowed) in DEMANDS {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut *conn)
            .await?;
        if !allowed.contains(&found.as_str()) {
            return Ok(Some((name, found, allowed[0])));
        }
    }
    Ok(None)
}

fn unfit(name: &'static str, found: String, wanted: &'static str) -> OpenError {
    OpenError::DatabaseSetting {
        name,
        found,
        wanted,
    }
}

async fn tell_standbys(conn: &mut PgConnection) -> Result<(), OpenError> {
    let found = standbys::read(conn).await?;
    if found.demanded {
        // Who may not look at others' sessions counts none.
        tracing::info!(
            following = found.following,
            "what is acknowledged is on a standby as well"
        );
    } else {
        tracing::warn!(
            "no synchronous standby is configured: what is acknowledged outlives a crash, and \
             not the loss of the primary's disk"
        );
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
    // It comes first, because a trigger that somebody added would act at once. A standby
    // makes no tables to compare with; its primary was looked at.
    let is_standby: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()")
        .fetch_one(&mut *conn)
        .await?;
    if !is_standby {
        schema::check(conn, found).await?;
    }
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
    Ok(sqlx::query_scalar(
        "SELECT to_regclass(quote_ident(current_schema()) || '.' || quote_ident($1)) \
             IS NOT NULL",
    )
    .bind(table)
    .fetch_one(conn)
    .await?)
}
