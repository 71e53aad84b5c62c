//! Opening the database, or saying why not.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use subtle::ConstantTimeEq;

use super::connections::{Connections, Session, begin_session};
use super::servers::Servers;
use super::{Postgres, Wiped, schema, standbys};
use crate::copy::tables::COPYING;
use crate::copy::{CopyError, Mark};
use crate::error::{OpenError, StoreError};
use crate::sql::{CHECK, PLATFORM, holds, migration, sm2_key};

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
    limits: &Limits<'_>,
) -> Result<Postgres, OpenError> {
    let servers = Servers::parse(url)?;
    let (mut conn, primary) = servers.primary_at_start().await?;
    let session = demanded(&mut conn).await?;
    let mut tx = conn.begin().await?;
    alone(&mut tx).await?;
    compare(&mut tx, check).await?;
    if fact(&mut tx, COPYING).await?.is_some() {
        return Err(OpenError::HalfCopied);
    }
    if let (Some(own), Some(stored)) = (limits.platform, fact(&mut tx, PLATFORM).await?)
        && own.as_bytes() != stored
    {
        return Err(OpenError::OtherPlatform);
    }
    if limits.platform.is_some() && !holds(limits.sm2_keys, &facts(&mut tx).await?) {
        return Err(OpenError::OtherPlatform);
    }
    let newest = version(&mut tx, limits.upgrade).await?;
    apply(&mut tx, newest).await?;
    put_fact(&mut tx, CHECK, check).await?;
    if let Some(own) = limits.platform {
        put_fact(&mut tx, PLATFORM, own.as_bytes()).await?;
    }
    for key in limits.sm2_keys {
        put_fact(&mut tx, &sm2_key(key), b"").await?;
    }
    tx.commit().await?;
    tell_standbys(&mut conn).await?;
    conn.close().await?;
    connect(servers, &primary, limits.connections, session)
}

/// What an opening may do.
pub(crate) struct Limits<'a> {
    /// Whether an older schema is brought up to date, or refused.
    pub upgrade: bool,
    /// The most connections.
    pub connections: u32,
    /// Whose it is ([`crate::Options::platform`]).
    pub platform: Option<&'a str>,
    /// Its other signing keys ([`crate::Options::sm2_keys`]).
    pub sm2_keys: &'a BTreeSet<String>,
}

/// Has nodes that start at the same time, and copies, wait for the first.
async fn alone(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('~migrations', 5573))")
        .execute(tx)
        .await?;
    Ok(())
}

/// Makes the schema in a database that holds nothing, or half a copy, and marks it.
pub(super) async fn begin_copy(url: &str, mark: &Mark<'_>) -> Result<PgConnection, CopyError> {
    let (mut conn, _) = Servers::parse(url)?.primary_at_start().await?;
    let session = demanded(&mut conn).await?;
    let mut tx = conn.begin().await?;
    alone(&mut tx).await?;
    compare(&mut tx, mark.check).await?;
    if fact(&mut tx, COPYING).await?.is_none() {
        if let Some(held) = &mark.holds {
            return Err(CopyError::NotEmpty(held.clone()));
        }
        let is_used = has_table(&mut tx, "streams").await?
            && sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM streams)")
                .fetch_one(&mut *tx)
                .await?;
        if is_used {
            return Err(CopyError::NotEmpty("store.url".to_owned()));
        }
    }
    let newest = version(&mut tx, true).await?;
    apply(&mut tx, newest).await?;
    put_fact(&mut tx, CHECK, mark.check).await?;
    sqlx::query("DELETE FROM store WHERE key = $1")
        .bind(COPYING)
        .execute(&mut *tx)
        .await?;
    put_fact(&mut tx, COPYING, mark.token).await?;
    tx.commit().await?;
    patient(&mut conn, &session).await?;
    Ok(conn)
}

/// Sets a session up that may wait for another database, or for files, within a
/// transaction.
async fn patient(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    begin_session(conn, session).await?;
    sqlx::query("SET idle_in_transaction_session_timeout = 0")
        .execute(conn)
        .await?;
    Ok(())
}

/// A connection to a database that is only read, and is what it has to be.
pub(super) async fn conn_to_read(url: &str, check: &[u8; 32]) -> Result<PgConnection, OpenError> {
    let (mut conn, _) = Servers::parse(url)?.any().await?;
    let session = look(&mut conn, check).await?;
    patient(&mut conn, &session).await?;
    Ok(conn)
}

/// Compares a database that is only read with what it has to be; answers what connections
/// to it are set to.
async fn look(conn: &mut PgConnection, check: &[u8; 32]) -> Result<Session, OpenError> {
    let session = Session {
        read_only: true,
        ..demanded(conn).await?
    };
    let mut tx = conn.begin().await?;
    if !compare(&mut tx, check).await? {
        return Err(wrong_secret());
    }
    if fact(&mut tx, COPYING).await?.is_some() {
        return Err(OpenError::HalfCopied);
    }
    version(&mut tx, false).await?;
    tx.rollback().await?;
    Ok(session)
}

/// Opens the database for reading only, whoever else uses it; a standby will do.
pub(crate) async fn open_to_read(url: &str, check: &[u8; 32]) -> Result<Postgres, OpenError> {
    let (mut conn, found) = Servers::parse(url)?.any().await?;
    let session = look(&mut conn, check).await?;
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

/// Compares the check value with the one that the database remembers; whether it
/// remembers one.
async fn compare(conn: &mut PgConnection, check: &[u8; 32]) -> Result<bool, OpenError> {
    match fact(conn, CHECK).await? {
        Some(stored) if !bool::from(stored.ct_eq(&check[..])) => Err(wrong_secret()),
        known => Ok(known.is_some()),
    }
}

fn wrong_secret() -> OpenError {
    OpenError::WrongRootSecret {
        dir: "the database".to_owned(),
    }
}

/// What the database remembers of itself; None while it is new.
async fn fact(conn: &mut PgConnection, key: &str) -> Result<Option<Vec<u8>>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(None);
    }
    let found = sqlx::query_scalar("SELECT value FROM store WHERE key = $1").bind(key);
    Ok(found.fetch_optional(conn).await?)
}

/// The names of all that it remembers.
async fn facts(conn: &mut PgConnection) -> Result<Vec<String>, OpenError> {
    if !has_table(conn, "store").await? {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar("SELECT key FROM store")
        .fetch_all(conn)
        .await?)
}

/// Remembers it, if there is nothing of that key.
async fn put_fact(conn: &mut PgConnection, key: &str, value: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO store (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(key)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(())
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
