//! The connections, and the threads that they live on.
//!
//! A connection belongs to the runtime that opened it: if that stands still or ends, so
//! does the connection. Requests, jobs and the writer have runtimes of their own, which
//! come and go, so all connections are opened in one that is the pool's alone. A caller
//! that stops waiting for a connection leaves nothing half open either: the connection is
//! opened all the same, and goes back to the pool.

use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Postgres, Row as _};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that was not used for so long is tried before it is used again: the
/// server may have been restarted meanwhile.
const IDLE: Duration = Duration::from_secs(1);

/// What every connection is set to.
#[derive(Clone)]
pub struct Session {
    /// The schema, quoted where it must be, that everything is in.
    pub schema: String,
    /// `synchronous_commit`, as it was found to be good.
    pub commits: String,
    /// Whether nothing may be changed.
    pub read_only: bool,
}

pub struct Connections {
    pool: PgPool,
    /// None once it was let go of.
    runtime: Option<Runtime>,
    handle: Handle,
    /// Readers use at most half of the connections, so that writers find some.
    readers: Arc<Semaphore>,
}

impl Connections {
    pub fn new(options: PgConnectOptions, most: u32, session: Session) -> Result<Self, StoreError> {
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
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |conn, _| {
                let session = session.clone();
                Box::pin(async move { begin_session(conn, &session).await })
            })
            .connect_lazy_with(options);
        drop(inside);
        Ok(Self {
            pool,
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            readers: Arc::new(Semaphore::new(most as usize / 2)),
        })
    }

    /// A connection, which must be given back in good order or closed.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        let pool = self.pool.clone();
        let acquired = self.handle.spawn(async move { pool.acquire().await }).await;
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
async fn begin_session(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    let set = sqlx::query(
        "SELECT current_setting('transaction_read_only')::boolean, \
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
         THEN set_config('client_connection_check_interval', '1s', false) END",
    )
    .bind(&session.schema)
    .bind(&session.commits)
    .fetch_one(&mut *conn)
    .await?;
    let is_read_only: bool = set.try_get(0)?;
    if session.read_only {
        sqlx::query("SET default_transaction_read_only = on")
            .execute(conn)
            .await?;
    } else if is_read_only {
        return Err(sqlx::Error::Configuration(
            "the server takes no writes: it is a standby, or was set read-only".into(),
        ));
    }
    Ok(())
}
