//! The ledger on SQLite: one file, one connection that writes, a few that read.
//!
//! All SQL of the store is in this folder and in `migrations/sqlite`.

mod beside;
mod copy;
pub(crate) mod error;
mod lists;
mod log;
mod open;
mod schema;
mod streams;
mod timestamps;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use tokio::sync::{Mutex, MutexGuard};

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

pub(crate) use copy::{begin_copy, read_as_of_now, tables};
pub(crate) use open::{DATABASE, Limits, open, open_to_read};

/// A database file in WAL mode. Its data directory's lock sees to it that no
/// other process writes to it.
pub(crate) struct Sqlite {
    readers: SqlitePool,
    /// How to connect for writing.
    options: SqliteConnectOptions,
    writer: Mutex<Writer>,
}

#[derive(Default)]
struct Writer {
    /// None before the first use, and after a failure that leaves the connection
    /// in doubt: only the file knows then what happened.
    connected: Option<Connected>,
    /// Whether the write-ahead log holds what was wiped.
    wiped: bool,
}

struct Connected {
    conn: SqliteConnection,
    /// The highest number given to a stream.
    last_stream: i64,
}

impl Sqlite {
    async fn connected(&self, writer: &mut Writer) -> Result<Connected, StoreError> {
        if let Some(connected) = writer.connected.take() {
            return Ok(connected);
        }
        let mut conn = self.options.connect().await?;
        let last_stream = streams::last_id(&mut conn).await?;
        Ok(Connected { conn, last_stream })
    }

    async fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        let mut writer = self.writer.lock().await;
        let mut connected = self.connected(&mut writer).await?;
        execute(&mut connected.conn, "BEGIN IMMEDIATE").await?;
        Ok(Transaction { writer, connected })
    }

    async fn close(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        writer.empty_log().await;
        let closed = match writer.connected.take() {
            Some(connected) => connected.conn.close().await,
            None => Ok(()),
        };
        self.readers.close().await;
        Ok(closed?)
    }
}

impl Writer {
    /// Moves everything from the log into the database and cuts it off, so that
    /// what was wiped is in neither. `secure_delete` has overwritten the rows.
    async fn empty_log(&mut self) {
        let Some(connected) = &mut self.connected else {
            return;
        };
        match sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut connected.conn)
            .await
        {
            Ok(busy) => self.wiped = busy != 0,
            Err(error) => tracing::warn!(%error, "the log could not be emptied; it is tried again"),
        }
    }
}

impl Ledger for Sqlite {
    fn is_shared(&self) -> bool {
        false
    }

    fn begin(&self) -> Answer<'_, Box<dyn Tx + '_>> {
        async move { Ok(Box::new(self.begin().await?) as Box<dyn Tx>) }.boxed()
    }

    fn read(&self) -> Answer<'_, Box<dyn Read + '_>> {
        async move { Ok(Box::new(Reading(self.readers.acquire().await?)) as Box<dyn Read>) }.boxed()
    }

    fn tend(&self) -> Answer<'_, ()> {
        async move {
            let mut writer = self.writer.lock().await;
            if writer.wiped {
                writer.empty_log().await;
            }
            Ok(())
        }
        .boxed()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.close().boxed()
    }
}

/// A transaction on the one connection that writes.
struct Transaction<'a> {
    writer: MutexGuard<'a, Writer>,
    /// Given back after a commit. Dropped in any other case: it closes then, and
    /// SQLite rolls back what was not committed.
    connected: Connected,
}

impl Tx for Transaction<'_> {
    fn lock<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>> {
        // The one writer holds everything.
        streams::find(self.conn(), name).boxed()
    }

    fn hold<'a>(&'a mut self, names: &'a [&'a str]) -> Answer<'a, Vec<StreamRow>> {
        async move {
            let mut held = Vec::new();
            for name in names {
                held.extend(streams::find(self.conn(), name).await?);
            }
            Ok(held)
        }
        .boxed()
    }

    fn moment(&mut self) -> Answer<'_, Option<Moment>> {
        // The clock of this machine times the events.
        std::future::ready(Ok(None)).boxed()
    }

    fn lease<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<LeaseRow>> {
        beside::lease(self.conn(), name).boxed()
    }

    fn new_stream(&mut self) -> Answer<'_, i64> {
        self.connected.last_stream += 1;
        std::future::ready(Ok(self.connected.last_stream)).boxed()
    }

    fn put<'a>(&'a mut self, heads: &'a [StreamRow], events: &'a [NewEvent]) -> Answer<'a, ()> {
        async move {
            streams::put(self.conn(), heads).await?;
            streams::put_events(self.conn(), events).await
        }
        .boxed()
    }

    fn apply<'a>(&'a mut self, change: &'a Change) -> Answer<'a, u64> {
        self.writer.wiped |= matches!(
            change,
            Change::SecretWiped { .. } | Change::DetailsErased { .. }
        );
        beside::apply(self.conn(), change).boxed()
    }

    fn commit<'a>(mut self: Box<Self>) -> Answer<'a, ()>
    where
        Self: 'a,
    {
        async move {
            let committed = execute(self.conn(), "COMMIT").await;
            if committed.is_err() {
                self.rollback().await;
                return committed;
            }
            let Self {
                mut writer,
                connected,
            } = *self;
            writer.connected = Some(connected);
            Ok(())
        }
        .boxed()
    }

    fn rollback<'a>(mut self: Box<Self>) -> BoxFuture<'a, ()>
    where
        Self: 'a,
    {
        async move {
            if execute(self.conn(), "ROLLBACK").await.is_err() {
                tracing::debug!("nothing to roll back: the database had done so");
            }
        }
        .boxed()
    }
}

/// One of the connections that only read.
struct Reading(PoolConnection<sqlx::Sqlite>);

/// Whatever has a connection can read.
trait Conn: Send {
    fn conn(&mut self) -> &mut SqliteConnection;
}

impl Conn for Reading {
    fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

impl Conn for Transaction<'_> {
    fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.connected.conn
    }
}

impl<C: Conn> Read for C {
    fn stream<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>> {
        streams::find(self.conn(), name).boxed()
    }

    fn grown(&mut self, since: Millis) -> Answer<'_, Vec<(String, u64, Millis)>> {
        streams::grown(self.conn(), since).boxed()
    }

    fn streams(&mut self) -> Answer<'_, Vec<StreamRow>> {
        streams::all(self.conn()).boxed()
    }

    fn standbys(&mut self) -> Answer<'_, Option<Standbys>> {
        std::future::ready(Ok(None)).boxed()
    }

    fn stream_count(&mut self) -> Answer<'_, u64> {
        lists::stream_count(self.conn()).boxed()
    }

    fn latest(&mut self, skip: u32, limit: u32) -> Answer<'_, Vec<StreamRow>> {
        lists::latest(self.conn(), skip, limit).boxed()
    }

    fn streams_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<StreamRow>> {
        lists::streams_after(self.conn(), after, limit).boxed()
    }

    fn listed<'a>(&'a mut self, stretch: &'a Stretch) -> Answer<'a, Vec<(Millis, StreamRow)>> {
        lists::listed(self.conn(), stretch).boxed()
    }

    fn places(&mut self, from: i64, to: i64) -> Answer<'_, Vec<PlaceRow>> {
        lists::places(self.conn(), from, to).boxed()
    }

    fn due(&mut self, until: Millis, limit: u32) -> Answer<'_, Vec<(Millis, String)>> {
        streams::due(self.conn(), until, limit).boxed()
    }

    fn events(&mut self, stream: i64, after: u64, upto: u64) -> Answer<'_, Vec<EventRow>> {
        streams::events(self.conn(), stream, after, upto).boxed()
    }

    fn leaves<'a>(&'a mut self, stream: &'a str, upto: u64) -> Answer<'a, Vec<Digest>> {
        streams::leaves(self.conn(), stream, upto).boxed()
    }

    fn secret<'a>(&'a mut self, stream: &'a str, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>> {
        beside::secret(self.conn(), stream, name).boxed()
    }

    fn secrets<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        beside::secrets(self.conn(), stream).boxed()
    }

    fn claim<'a>(&'a mut self, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>> {
        beside::claim(self.conn(), name).boxed()
    }

    fn claims<'a>(&'a mut self, names: &'a [Hashed]) -> Answer<'a, Vec<(Hashed, Vec<u8>)>> {
        lists::claims(self.conn(), names).boxed()
    }

    fn messages_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<MessageRow>> {
        beside::messages_due(self.conn(), now, limit).boxed()
    }

    fn messages_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<MessageRow>> {
        beside::messages_after(self.conn(), after, limit).boxed()
    }

    fn session<'a>(&'a mut self, token: &'a Hashed, now: Millis) -> Answer<'a, Option<Vec<u8>>> {
        beside::session(self.conn(), token, now).boxed()
    }

    fn sessions_after<'a>(
        &'a mut self,
        after: &'a Hashed,
        now: Millis,
        limit: u32,
    ) -> Answer<'a, Vec<(Hashed, Vec<u8>)>> {
        beside::sessions_after(self.conn(), after, now, limit).boxed()
    }

    fn contacts(&mut self) -> Answer<'_, Vec<(Vec<u8>, Vec<u8>)>> {
        beside::contacts(self.conn()).boxed()
    }

    fn alerts_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<AlertRow>> {
        beside::alerts_due(self.conn(), now, limit).boxed()
    }

    fn alerts_beside<'a>(&'a mut self, name: &'a [u8], limit: u32) -> Answer<'a, Vec<AlertRow>> {
        beside::alerts_beside(self.conn(), name, limit).boxed()
    }

    fn alerts_of<'a>(
        &'a mut self,
        person: &'a Hashed,
        limit: u32,
    ) -> Answer<'a, Vec<KeptAlertRow>> {
        beside::alerts_of(self.conn(), person, limit).boxed()
    }

    fn alert_sums(&mut self, since: Millis) -> Answer<'_, AlertSums> {
        beside::alert_sums(self.conn(), since).boxed()
    }

    fn upload<'a>(&'a mut self, id: &'a str) -> Answer<'a, Option<UploadRow>> {
        beside::upload(self.conn(), id).boxed()
    }

    fn upload_ids(&mut self) -> Answer<'_, Vec<String>> {
        beside::upload_ids(self.conn()).boxed()
    }

    fn uploads(&mut self) -> Answer<'_, Vec<UploadRow>> {
        beside::uploads(self.conn()).boxed()
    }

    fn sealed(&mut self) -> Answer<'_, Vec<SealedRow>> {
        beside::sealed(self.conn()).boxed()
    }

    fn faults(&mut self) -> Answer<'_, Vec<String>> {
        beside::faults(self.conn()).boxed()
    }

    fn log_size(&mut self) -> Answer<'_, u64> {
        log::size(self.conn()).boxed()
    }

    fn log_entries(&mut self, from: u64, limit: u64) -> Answer<'_, Vec<Vec<u8>>> {
        log::entries(self.conn(), from, limit).boxed()
    }

    fn anchors<'a>(&'a mut self, stream: &'a str, after: u64) -> Answer<'a, Vec<AnchorRow>> {
        log::anchors(self.conn(), stream, after).boxed()
    }

    fn last_anchor<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Option<AnchorRow>> {
        log::last(self.conn(), stream).boxed()
    }

    fn anchor_of<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>> {
        log::of_size(self.conn(), stream, size).boxed()
    }

    fn anchor_over<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>> {
        log::over(self.conn(), stream, size).boxed()
    }

    fn log_head(&mut self) -> Answer<'_, Option<HeadRow>> {
        log::head(self.conn()).boxed()
    }

    fn unstamped(&mut self, limit: u32) -> Answer<'_, Vec<Unstamped>> {
        timestamps::unstamped(self.conn(), limit).boxed()
    }

    fn timestamps(&mut self, after: u64, limit: u32) -> Answer<'_, Vec<TimestampRow>> {
        timestamps::after(self.conn(), after, limit).boxed()
    }

    fn newest_timestamps(&mut self, limit: u32) -> Answer<'_, Vec<TimestampRow>> {
        timestamps::newest(self.conn(), limit).boxed()
    }

    fn timestamp_of(&mut self, imprint: Digest) -> Answer<'_, Option<TimestampRow>> {
        timestamps::of(self.conn(), imprint).boxed()
    }

    fn timestamp_wanted(&mut self) -> Answer<'_, Option<Millis>> {
        timestamps::wanted(self.conn()).boxed()
    }

    fn heartbeat(&mut self) -> Answer<'_, Option<HeartbeatRow>> {
        beside::heartbeat(self.conn()).boxed()
    }
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(conn).await?;
    Ok(())
}
