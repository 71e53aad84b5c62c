//! The connections, and the threads that they live on.
//!
//! A connection belongs to the runtime that opened it: if that stands still or ends, so
//! does the connection. Requests, jobs and the writer have runtimes of their own, which
//! come and go, so all connections are opened in one that is the pool's alone. A caller
//! that stops waiting for a connection leaves nothing half open either: the connection is
//! opened all the same, and goes back to the pool.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, pending, select};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgPool, Postgres, Row as _};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::servers::{ANSWER, STANDING, Servers, takes_no_writes, within};
use crate::error::StoreError;

/// How long a connection is waited for, and an answer to what is read.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that was not used for so long is tried before it is used again: the
/// server may have been restarted meanwhile.
const IDLE: Duration = Duration::from_secs(1);

/// Whoever waits so long for a connection looks whether another server is the primary now.
const HESITATION: Duration = Duration::from_millis(300);

/// What every connection is set to.
#[derive(Clone)]
pub struct Session {
    /// The schema, quoted where it must be, that everything is in.
    pub schema: String,
    /// `synchronous_commit`, as it was found to be good.
    pub commits: String,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// The newest timeline that a server had: one that was replaced is not gone back to.
    pub timeline: Arc<AtomicI64>,
}

pub struct Connections {
    pool: PgPool,
    primary: Arc<Primary>,
    /// None once it was let go of.
    runtime: Option<Runtime>,
    handle: Handle,
    /// Readers use at most half of the connections, so that writers find some.
    readers: Arc<Semaphore>,
}

impl Connections {
    /// Connections to one of the servers, as long as it takes writes.
    pub fn new(
        servers: Servers,
        first: &PgConnectOptions,
        most: u32,
        session: Session,
    ) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("kaibiao-postgres")
            .enable_all()
            .build()?;
        let most = most.max(2);
        let inside = runtime.enter();
        let pool = PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|conn, used| {
                Box::pin(async move {
                    if used.idle_for > IDLE {
                        within(ANSWER, conn.ping()).await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |conn, _| {
                let session = session.clone();
                Box::pin(async move { begin_session(conn, &session).await })
            })
            .connect_lazy_with(first.clone());
        drop(inside);
        Ok(Self {
            pool,
            primary: Arc::new(Primary {
                servers,
                used: Mutex::new((first.get_host().to_owned(), first.get_port())),
                moves: AtomicU64::new(0),
            }),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            readers: Arc::new(Semaphore::new(most as usize / 2)),
        })
    }

    /// A connection, which must be given back in good order or closed.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        let (pool, primary) = (self.pool.clone(), Arc::clone(&self.primary));
        let acquired = self
            .handle
            .spawn(async move { primary.acquire(&pool).await })
            .await;
        Ok(acquired.map_err(|_| StoreError::Closed)??)
    }

    /// What a reader needs before it takes a connection.
    pub async fn permit_to_read(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let waited = tokio::time::timeout(PATIENCE, self.readers.clone().acquire_owned()).await;
        waited
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| StoreError::Closed)
    }

    /// Closes every connection. Later calls fail.
    pub async fn close(&self) -> Result<(), StoreError> {
        let pool = self.pool.clone();
        let closed = self.handle.spawn(async move { pool.close().await }).await;
        closed.map_err(|_| StoreError::Closed)
    }
}

/// Which of the servers is used.
struct Primary {
    servers: Servers,
    /// Its host and port. Who holds it looks for another one.
    used: Mutex<(String, u16)>,
    /// How often it was another one.
    moves: AtomicU64,
}

impl Primary {
    async fn acquire(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        loop {
            let moves = self.moves.load(Ordering::Acquire);
            match select(pin!(pool.acquire()), pin!(self.moved(pool, moves))).await {
                // It could not be reached at all.
                Either::Left((Err(sqlx::Error::Io(_)), _)) if self.seek(pool).await => {}
                Either::Left((acquired, _)) => return acquired,
                // What was waited for was a connection to the former one.
                Either::Right(_) => {}
            }
        }
    }

    /// Looks again and again, until the server is another one than it was.
    async fn moved(&self, pool: &PgPool, moves: u64) {
        if !self.servers.are_several() {
            return pending().await;
        }
        while self.moves.load(Ordering::Acquire) == moves {
            tokio::time::sleep(HESITATION).await;
            self.seek(pool).await;
        }
    }

    /// Looks which server takes writes; whether that is another one now.
    async fn seek(&self, pool: &PgPool) -> bool {
        if !self.servers.are_several() {
            return false;
        }
        let Ok(mut used) = self.used.try_lock() else {
            return false;
        };
        let Ok((conn, options)) = self.servers.primary().await else {
            return false;
        };
        let _ = conn.close().await;
        let found = (options.get_host().to_owned(), options.get_port());
        if *used == found {
            return false;
        }
        let (host, port) = &found;
        tracing::warn!(host, port, "the database is on another server now");
        pool.set_connect_options(options);
        *used = found;
        self.moves.fetch_add(1, Ordering::AcqRel);
        true
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Whoever drops this may be a task, which must not wait.
            runtime.shutdown_background();
        }
    }
}

/// Sets a new connection up. No default that somebody gives a role or a database later
/// weakens it, and a node that stands still in a transaction holds others up for seconds
/// only. There is no time limit to a statement: it would end the wait for a standby, and
/// what was not replicated would be acknowledged.
pub async fn begin_session(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    let set = sqlx::query(AssertSqlSafe(format!(
        "SELECT {STANDING}, \
         set_config('search_path', $1 || ', pg_temp', false), \
         set_config('synchronous_commit', $2, false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('row_security', 'off', false), \
         set_config('lock_timeout', '10s', false), \
         set_config('statement_timeout', '0', false), \
         set_config('idle_in_transaction_session_timeout', '10s', false), \
         set_config('tcp_keepalives_idle', '5', false), \
         set_config('tcp_keepalives_interval', '2', false), \
         set_config('tcp_keepalives_count', '3', false), \
         CASE WHEN current_setting('server_version_num')::integer >= 140000 \
         THEN set_config('client_connection_check_interval', '1s', false) END"
    )))
    .bind(&session.schema)
    .bind(&session.commits)
    .fetch_one(&mut *conn)
    .await?;
    if session.read_only {
        sqlx::query("SET default_transaction_read_only = on")
            .execute(conn)
            .await?;
        return Ok(());
    }
    if !set.try_get::<bool, _>(0)? {
        return Err(takes_no_writes());
    }
    let timeline: i64 = set.try_get(1)?;
    if session.timeline.fetch_max(timeline, Ordering::AcqRel) > timeline {
        return Err(sqlx::Error::Configuration(
            "the server was replaced as primary and does not know it: stop it".into(),
        ));
    }
    Ok(())
}
