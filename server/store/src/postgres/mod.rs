//! The ledger on PostgreSQL: a database that several nodes share
//! (docs/adr/0026-several-nodes-over-one-database.md).
//!
//! A transaction holds the streams that it reads for writing. All SQL for PostgreSQL is
//! in this folder and in `migrations/postgres`.

mod beside;
mod connections;
mod copy;
pub(crate) mod error;
mod faults;
mod lists;
mod log;
mod open;
mod schema;
mod servers;
mod standbys;
mod streams;
mod timestamps;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::Row as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use tokio::sync::OwnedSemaphorePermit;

use kaibiao_crypto::Digest;

use crate::clock::Millis;
use crate::error::StoreError;
use crate::inspect::SealedRow;
use crate::ledger::{
    AlertRow, AlertSums, AnchorRow, Answer, Change, Hashed, HeadRow, HeartbeatRow, KeptAlertRow,
    LeaseRow, Ledger, MessageRow, Moment, NewEvent, PlaceRow, Read, Standbys, StreamRow, Stretch,
    TimestampRow, Tx, UploadRow,
};
use crate::sealed::EventRow;
use crate::side::timestamps::Unstamped;

use connections::{Connections, PATIENCE};

pub(crate) use copy::{begin_copy, last_beat, read_as_of_now};
pub(crate) use open::{Limits, open, open_to_read};

/// Commits. The COMMIT of a transaction that has failed undoes it and tells no error, so
/// that something else, which does, comes before it.
const COMMIT: &str = "SELECT 1; COMMIT";

/// A database of which this process has some connections.
pub(crate) struct Postgres {
    connections: Connections,
    wiped: Wiped,
}

/// How often the rows of wiped secrets are cleared away at most.
const CLEARING: Duration = Duration::from_mins(1);

/// Secrets and details that were wiped, and whose rows are not cleared away yet.
#[derive(Default)]
struct Wiped {
    any: AtomicBool,
    /// Whether there are details among them.
    details: AtomicBool,
    cleared: Mutex<Option<Instant>>,
}

impl Wiped {
    /// Whether it is time to clear them away.
    fn is_due(&self) -> bool {
        let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = cleared.is_none_or(|at| at.elapsed() >= CLEARING)
            && self.any.swap(false, Ordering::AcqRel);
        if is_due {
            *cleared = Some(Instant::now());
        }
        is_due
    }
}

impl Postgres {
    async fn begin(&self) -> Result<Connected<'_>, StoreError> {
        let mut tx = Connected {
            conn: Some(self.connections.acquire().await?),
            is_transaction: true,
            wiped: &self.wiped,
            wipes: false,
            asked: Asked::default(),
            erases: false,
            _reads: None,
        };
        execute(tx.conn(), "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        Ok(tx)
    }

    async fn read(&self) -> Result<Connected<'_>, StoreError> {
        let permit = self.connections.permit_to_read().await?;
        Ok(Connected {
            conn: Some(self.connections.acquire().await?),
            is_transaction: false,
            wiped: &self.wiped,
            wipes: false,
            asked: Asked::default(),
            erases: false,
            _reads: Some(permit),
        })
    }

    async fn tend(&self) -> Result<(), StoreError> {
        if !self.wiped.is_due() {
            return Ok(());
        }
        let mut conn = self.connections.acquire().await?;
        let mut vacuumed = vacuum(&mut conn, "VACUUM secrets").await;
        if vacuumed.is_ok() && self.wiped.details.swap(false, Ordering::AcqRel) {
            vacuumed = vacuum(&mut conn, "VACUUM events").await;
            let failed = vacuumed.is_err();
            self.wiped.details.fetch_or(failed, Ordering::AcqRel);
        }
        if vacuumed.is_err() {
            drop(conn.detach());
            self.wiped.any.store(true, Ordering::Release);
        }
        vacuumed
    }
}

impl Ledger for Postgres {
    fn is_shared(&self) -> bool {
        true
    }

    fn begin(&self) -> Answer<'_, Box<dyn Tx + '_>> {
        async move { Ok(Box::new(self.begin().await?) as Box<dyn Tx>) }.boxed()
    }

    fn read(&self) -> Answer<'_, Box<dyn Read + '_>> {
        async move { Ok(Box::new(self.read().await?) as Box<dyn Read>) }.boxed()
    }

    fn tend(&self) -> Answer<'_, ()> {
        self.tend().boxed()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.connections.close().boxed()
    }
}

/// One of the connections, within a transaction or outside of one.
struct Connected<'a> {
    /// Of a transaction it goes back to the others after a commit or a rollback. In any
    /// other case it is closed, and the server rolls back what was not committed. So is one
    /// that was not answered: who came next would wait for that answer.
    conn: Option<PoolConnection<sqlx::Postgres>>,
    is_transaction: bool,
    wiped: &'a Wiped,
    /// Whether secrets were wiped in the transaction.
    wipes: bool,
    asked: Asked,
    /// Whether details were erased in it.
    erases: bool,
    /// It goes back after the connection.
    _reads: Option<OwnedSemaphorePermit>,
}

/// Whether something was asked that is not answered yet.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicBool>);

impl Asked {
    /// Asks, and does not wait for ever: the server may be gone without a word.
    fn of<'a, T: Send + 'a>(
        self,
        question: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> Answer<'a, T> {
        async move {
            self.0.store(true, Ordering::Release);
            let answered = tokio::time::timeout(PATIENCE, question).await;
            let answer = answered.map_err(|_| silent())?;
            self.0.store(false, Ordering::Release);
            answer
        }
        .boxed()
    }
}

fn silent() -> StoreError {
    StoreError::Unavailable("it does not answer".into())
}

impl Connected<'_> {
    fn asked(&self) -> Asked {
        self.asked.clone()
    }

    fn conn(&mut self) -> &mut PgConnection {
        self.conn
            .as_mut()
            .expect("a transaction has its connection until it is over")
    }
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        let is_open = self.is_transaction || self.asked.0.load(Ordering::Acquire);
        if is_open && let Some(conn) = self.conn.take() {
            drop(conn.detach());
        }
    }
}

impl Tx for Connected<'_> {
    fn lock<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>> {
        streams::lock(self.conn(), name).boxed()
    }

    fn hold<'a>(&'a mut self, names: &'a [&'a str]) -> Answer<'a, Vec<StreamRow>> {
        streams::hold(self.conn(), names).boxed()
    }

    fn moment(&mut self) -> Answer<'_, Option<Moment>> {
        async move { Ok(Some(beside::moment(self.conn()).await?)) }.boxed()
    }

    fn lease<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<LeaseRow>> {
        beside::lease(self.conn(), name).boxed()
    }

    fn new_stream(&mut self) -> Answer<'_, i64> {
        streams::new_id(self.conn()).boxed()
    }

    fn put<'a>(&'a mut self, heads: &'a [StreamRow], events: &'a [NewEvent]) -> Answer<'a, ()> {
        streams::put(self.conn(), heads, events).boxed()
    }

    fn apply<'a>(&'a mut self, change: &'a Change) -> Answer<'a, u64> {
        self.wipes |= matches!(change, Change::SecretWiped { .. });
        self.erases |= matches!(change, Change::DetailsErased { .. });
        beside::apply(self.conn(), change).boxed()
    }

    fn commit<'a>(mut self: Box<Self>) -> Answer<'a, ()>
    where
        Self: 'a,
    {
        async move {
            execute(self.conn(), COMMIT).await?;
            drop(self.conn.take());
            self.wiped.details.fetch_or(self.erases, Ordering::AcqRel);
            if self.wipes || self.erases {
                self.wiped.any.store(true, Ordering::Release);
            }
            Ok(())
        }
        .boxed()
    }

    fn rollback<'a>(mut self: Box<Self>) -> BoxFuture<'a, ()>
    where
        Self: 'a,
    {
        async move {
            match undo(self.conn()).await {
                Ok(true) => drop(self.conn.take()),
                Ok(false) => tracing::debug!("the server takes no writes any more"),
                Err(error) => tracing::debug!(%error, "a connection is closed to roll back"),
            }
        }
        .boxed()
    }
}

impl Read for Connected<'_> {
    fn stream<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>> {
        self.asked().of(streams::find(self.conn(), name))
    }

    fn grown(&mut self, since: Millis) -> Answer<'_, Vec<(String, u64, Millis)>> {
        self.asked().of(streams::grown(self.conn(), since))
    }

    fn streams(&mut self) -> Answer<'_, Vec<StreamRow>> {
        self.asked().of(streams::all(self.conn()))
    }

    fn due(&mut self, until: Millis, limit: u32) -> Answer<'_, Vec<(Millis, String)>> {
        self.asked().of(streams::due(self.conn(), until, limit))
    }

    fn events(&mut self, stream: i64, after: u64, upto: u64) -> Answer<'_, Vec<EventRow>> {
        self.asked()
            .of(streams::events(self.conn(), stream, after, upto))
    }

    fn leaves<'a>(&'a mut self, stream: &'a str, upto: u64) -> Answer<'a, Vec<Digest>> {
        self.asked().of(streams::leaves(self.conn(), stream, upto))
    }

    fn secret<'a>(&'a mut self, stream: &'a str, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>> {
        self.asked().of(beside::secret(self.conn(), stream, name))
    }

    fn secrets<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        self.asked().of(beside::secrets(self.conn(), stream))
    }

    fn claim<'a>(&'a mut self, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>> {
        self.asked().of(beside::claim(self.conn(), name))
    }

    fn messages_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<MessageRow>> {
        self.asked()
            .of(beside::messages_due(self.conn(), now, limit))
    }

    fn messages_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<MessageRow>> {
        self.asked()
            .of(beside::messages_after(self.conn(), after, limit))
    }

    fn session<'a>(&'a mut self, token: &'a Hashed, now: Millis) -> Answer<'a, Option<Vec<u8>>> {
        self.asked().of(beside::session(self.conn(), token, now))
    }

    fn sessions_after<'a>(
        &'a mut self,
        after: &'a Hashed,
        now: Millis,
        limit: u32,
    ) -> Answer<'a, Vec<(Hashed, Vec<u8>)>> {
        self.asked()
            .of(beside::sessions_after(self.conn(), after, now, limit))
    }

    fn contacts(&mut self) -> Answer<'_, Vec<(Vec<u8>, Vec<u8>)>> {
        self.asked().of(beside::contacts(self.conn()))
    }

    fn alerts_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<AlertRow>> {
        self.asked().of(beside::alerts_due(self.conn(), now, limit))
    }

    fn alerts_beside<'a>(&'a mut self, name: &'a [u8], limit: u32) -> Answer<'a, Vec<AlertRow>> {
        self.asked()
            .of(beside::alerts_beside(self.conn(), name, limit))
    }

    fn alerts_of<'a>(
        &'a mut self,
        person: &'a Hashed,
        limit: u32,
    ) -> Answer<'a, Vec<KeptAlertRow>> {
        self.asked()
            .of(beside::alerts_of(self.conn(), person, limit))
    }

    fn alert_sums(&mut self, since: Millis) -> Answer<'_, AlertSums> {
        self.asked().of(beside::alert_sums(self.conn(), since))
    }

    fn upload<'a>(&'a mut self, id: &'a str) -> Answer<'a, Option<UploadRow>> {
        self.asked().of(beside::upload(self.conn(), id))
    }

    fn standbys(&mut self) -> Answer<'_, Option<Standbys>> {
        self.asked()
            .of(async { Ok(Some(standbys::read(self.conn()).await?)) })
    }

    fn stream_count(&mut self) -> Answer<'_, u64> {
        self.asked().of(lists::stream_count(self.conn()))
    }

    fn latest(&mut self, skip: u32, limit: u32) -> Answer<'_, Vec<StreamRow>> {
        self.asked().of(lists::latest(self.conn(), skip, limit))
    }

    fn streams_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<StreamRow>> {
        self.asked()
            .of(lists::streams_after(self.conn(), after, limit))
    }

    fn listed<'a>(&'a mut self, stretch: &'a Stretch) -> Answer<'a, Vec<(Millis, StreamRow)>> {
        self.asked().of(lists::listed(self.conn(), stretch))
    }

    fn places(&mut self, from: i64, to: i64) -> Answer<'_, Vec<PlaceRow>> {
        self.asked().of(lists::places(self.conn(), from, to))
    }

    fn claims<'a>(&'a mut self, names: &'a [Hashed]) -> Answer<'a, Vec<(Hashed, Vec<u8>)>> {
        self.asked().of(lists::claims(self.conn(), names))
    }

    fn upload_ids(&mut self) -> Answer<'_, Vec<String>> {
        self.asked().of(beside::upload_ids(self.conn()))
    }

    fn uploads(&mut self) -> Answer<'_, Vec<UploadRow>> {
        self.asked().of(beside::uploads(self.conn()))
    }

    fn sealed(&mut self) -> Answer<'_, Vec<SealedRow>> {
        beside::sealed(self.conn()).boxed()
    }

    fn faults(&mut self) -> Answer<'_, Vec<String>> {
        faults::find(self.conn()).boxed()
    }

    fn log_size(&mut self) -> Answer<'_, u64> {
        self.asked().of(log::size(self.conn()))
    }

    fn log_entries(&mut self, from: u64, limit: u64) -> Answer<'_, Vec<Vec<u8>>> {
        self.asked().of(log::entries(self.conn(), from, limit))
    }

    fn anchors<'a>(&'a mut self, stream: &'a str, after: u64) -> Answer<'a, Vec<AnchorRow>> {
        self.asked().of(log::anchors(self.conn(), stream, after))
    }

    fn last_anchor<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Option<AnchorRow>> {
        self.asked().of(log::last(self.conn(), stream))
    }

    fn anchor_of<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>> {
        self.asked().of(log::of_size(self.conn(), stream, size))
    }

    fn anchor_over<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>> {
        self.asked().of(log::over(self.conn(), stream, size))
    }

    fn log_head(&mut self) -> Answer<'_, Option<HeadRow>> {
        self.asked().of(log::head(self.conn()))
    }

    fn unstamped(&mut self, limit: u32) -> Answer<'_, Vec<Unstamped>> {
        self.asked().of(timestamps::unstamped(self.conn(), limit))
    }

    fn timestamps(&mut self, after: u64, limit: u32) -> Answer<'_, Vec<TimestampRow>> {
        self.asked()
            .of(timestamps::after(self.conn(), after, limit))
    }

    fn newest_timestamps(&mut self, limit: u32) -> Answer<'_, Vec<TimestampRow>> {
        self.asked().of(timestamps::newest(self.conn(), limit))
    }

    fn timestamp_of(&mut self, imprint: Digest) -> Answer<'_, Option<TimestampRow>> {
        self.asked().of(timestamps::of(self.conn(), imprint))
    }

    fn timestamp_wanted(&mut self) -> Answer<'_, Option<Millis>> {
        self.asked().of(timestamps::wanted(self.conn()))
    }

    fn heartbeat(&mut self) -> Answer<'_, Option<HeartbeatRow>> {
        self.asked().of(beside::heartbeat(self.conn()))
    }
}

/// Undoes a transaction; whether the connection's server still takes writes. One that does
/// not was a primary, and another connection finds the new one.
async fn undo(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let undone =
        sqlx::raw_sql("ROLLBACK; SELECT NOT current_setting('transaction_read_only')::boolean");
    Ok(undone.fetch_one(conn).await?.try_get(0)?)
}

/// Clears rows away that nobody sees any more, and waits for no server that is silent.
async fn vacuum(conn: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    let vacuumed = tokio::time::timeout(CLEARING, execute(conn, sql)).await;
    vacuumed.unwrap_or_else(|_| Err(silent()))
}

async fn execute(conn: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(conn).await?;
    Ok(())
}
