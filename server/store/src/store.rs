//! The store's front: one handle, cheap to clone, for all that is kept.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Row as _, Sqlite, SqlitePool};
use tokio::sync::{broadcast, mpsc, oneshot};
use zeroize::Zeroizing;

use kaibiao_crypto::Digest;

use crate::append::AppendJob;
use crate::backup;
use crate::clock::{Clock, Millis};
use crate::error::{AppendError, OpenError, StoreError};
use crate::files::blobs::Blobs;
use crate::files::documents::Documents;
use crate::files::uploads::{UploadFiles, Uploads};
use crate::fold::{self, Held};
use crate::heartbeat::{self, Absence, Condition};
use crate::keys::Row;
use crate::open::{self, Options, Places};
use crate::shared::Shared;
use crate::side::login::Challenges;
use crate::side::outbox::Outbox;
use crate::side::sessions::Sessions;
use crate::side::{WriteJob, claims, secrets};
use crate::stream::{Appended, At, Commit, Current, Exact, RecordedOf, StreamId};
use crate::wake::Changed;
use crate::writer::Order;
use kaibiao_core::stream::Stream;

/// Appends that may wait before callers wait to be let in.
const WAITING: usize = 4_096;

/// An open data directory. Clones share it; the last one to go, or
/// [`Store::close`], lets the directory go.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    readers: SqlitePool,
    orders: mpsc::Sender<Order>,
    writer: Mutex<Option<JoinHandle<()>>>,
    absence: Option<Absence>,
    blobs: Blobs,
    documents: Documents,
    uploads: UploadFiles,
    places: Places,
}

/// A stream in a list: what its kind says of it in short.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub stream: StreamId,
    pub version: u64,
    pub time: Millis,
    pub summary: T,
}

impl Store {
    /// Opens a data directory, making it if it is not there, and takes it for
    /// this process alone.
    pub async fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let places = Places::of(dir);
        let opened = open::open(&places, options).await?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (orders, received) = mpsc::channel(WAITING);
        let writer = opened.writer;
        let thread = std::thread::Builder::new()
            .name("kaibiao-writer".into())
            .spawn(move || runtime.block_on(writer.serve(received)))?;
        let blobs = Blobs::new(places.blobs.clone(), places.temp.clone());
        let store = Self(Arc::new(Inner {
            shared: opened.shared,
            readers: opened.readers,
            orders,
            writer: Mutex::new(Some(thread)),
            absence: opened.absence,
            documents: Documents::new(places.documents.clone(), places.temp.clone()),
            uploads: UploadFiles::new(places.uploads.clone(), blobs.clone()),
            blobs,
            places,
        }));
        store.uploads().sweep_files().await?;
        Ok(store)
    }

    /// Finishes what waits, marks a stop in good order and lets the directory go.
    /// Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) -> Result<(), StoreError> {
        let (answer, stopped) = oneshot::channel();
        self.0
            .orders
            .send(Order::Stop(answer))
            .await
            .map_err(|_| StoreError::Closed)?;
        let outcome = stopped.await.map_err(|_| StoreError::Closed)?;
        self.0.readers.close().await;
        let thread = self
            .0
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            crate::files::blocking(move || thread.join().map_err(|_| StoreError::Closed)).await?;
        }
        self.0.shared.lock.release();
        outcome
    }

    /// Decides on a stream and appends what was decided, durably, in one
    /// transaction with its tree, its summary, secrets, messages and claims.
    ///
    /// `decide` runs on the writer's thread, against the state found inside the
    /// transaction. It may run again if the transaction has to be repeated, and it
    /// should be quick: everybody waits for it. A caller that stops waiting changes
    /// nothing about what happens.
    ///
    /// # Errors
    /// `Refused` with the decision's own no; `Claimed` when an external id was used
    /// before; else a failure of the store, after which nothing was written (or,
    /// after a failed commit, all of it may be: read again).
    pub async fn append<S, T, R, F>(
        &self,
        stream: &StreamId,
        decide: F,
    ) -> Result<Appended<S, T>, AppendError<R>>
    where
        S: Stream,
        T: Send + 'static,
        R: Send + 'static,
        F: FnMut(At<'_, S>) -> Result<Commit<S, T>, R> + Send + 'static,
    {
        let (job, outcome) = AppendJob::new(stream.clone(), decide);
        self.0
            .orders
            .send(Order::Run(Box::new(job)))
            .await
            .map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// A stream as last committed; empty if it does not exist.
    pub async fn load<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = &self.0.shared;
        if let Some(held) = shared.cache.find::<Held<S>>(stream) {
            return Ok(Arc::clone(&held.current));
        }
        let mut conn = self.reader().await?;
        let held = Arc::new(fold::fold::<S>(&mut conn, &shared.keys, stream).await?);
        if held.id.is_some() {
            shared
                .cache
                .offer(stream, held.current.version, Arc::clone(&held));
        }
        Ok(Arc::clone(&held.current))
    }

    /// The events after number `after`, in order, at most `limit`.
    pub async fn events<S: Stream>(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<RecordedOf<S>>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = fold::stream_row(&mut conn, stream).await? else {
            return Ok(Vec::new());
        };
        row.expect_kind::<S>(stream)?;
        let wrap = self.0.shared.keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut conn, stream, row.id, after, upto).await?;
        rows.iter()
            .map(|row| fold::decode::<S>(stream, row, row.open(&wrap, stream.as_str())?))
            .collect()
    }

    /// The same with the exact bytes, salts and leaves, for bundles and proofs.
    pub async fn exact_events(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<Exact>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = fold::stream_row(&mut conn, stream).await? else {
            return Ok(Vec::new());
        };
        let wrap = self.0.shared.keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut conn, stream, row.id, after, upto).await?;
        rows.into_iter()
            .map(|row| {
                let open = row.open(&wrap, stream.as_str())?;
                Ok(fold::exact(row, open))
            })
            .collect()
    }

    /// The leaves of a stream's tree of `size` events, for inclusion and
    /// consistency proofs. Leaf `n` is event `n + 1`.
    pub async fn leaves(&self, stream: &StreamId, size: u64) -> Result<Vec<Digest>, StoreError> {
        let mut conn = self.reader().await?;
        let leaves: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT leaf FROM events WHERE stream = (SELECT id FROM streams WHERE stream = ?) \
             AND seq <= ? ORDER BY seq",
        )
        .bind(stream.as_str())
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await?;
        let corrupt = || StoreError::Corrupt(format!("the leaves of stream {stream}"));
        if (leaves.len() as u64) < size {
            return Err(corrupt());
        }
        leaves
            .into_iter()
            .map(|leaf| Ok(Digest::from_bytes(leaf.try_into().map_err(|_| corrupt())?)))
            .collect()
    }

    /// Reads a stream whole from the table and checks every byte of it: order,
    /// shells, tree, and that it folds to what is held in memory.
    pub async fn verify<S: Stream>(
        &self,
        stream: &StreamId,
    ) -> Result<Arc<Current<S>>, StoreError> {
        let mut conn = self.reader().await?;
        let held = fold::fold::<S>(&mut conn, &self.0.shared.keys, stream).await?;
        Ok(held.current)
    }

    /// Streams whose time has come: time itself acts on them.
    pub async fn due(&self, now: Millis) -> Result<Vec<StreamId>, StoreError> {
        let mut conn = self.reader().await?;
        let names: Vec<String> =
            sqlx::query_scalar("SELECT stream FROM streams WHERE due <= ? ORDER BY due")
                .bind(now)
                .fetch_all(&mut *conn)
                .await?;
        names.iter().map(|name| stream_id(name)).collect()
    }

    /// When the next stream falls due, if any does.
    pub async fn next_due(&self) -> Result<Option<Millis>, StoreError> {
        let mut conn = self.reader().await?;
        Ok(
            sqlx::query_scalar("SELECT min(due) FROM streams WHERE due IS NOT NULL")
                .fetch_one(&mut *conn)
                .await?,
        )
    }

    /// All streams of a kind with their summaries, in the order they began.
    pub async fn list<S: Stream>(&self) -> Result<Vec<Listed<S::Summary>>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = sqlx::query(
            "SELECT stream, version, time, summary FROM streams WHERE kind = ? ORDER BY id",
        )
        .bind(S::KIND)
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.try_get(0)?;
                let sealed: Vec<u8> = row.try_get(3)?;
                let plain = self
                    .0
                    .shared
                    .keys
                    .open(Row::Summary, name.as_bytes(), &sealed)?;
                let summary = serde_json::from_slice(&plain).map_err(|error| {
                    StoreError::Corrupt(format!("the summary of {name}: {error}"))
                })?;
                Ok(Listed {
                    stream: stream_id(&name)?,
                    version: row.try_get::<i64, _>(1)? as u64,
                    time: row.try_get(2)?,
                    summary,
                })
            })
            .collect()
    }

    /// A secret of a stream; None when there is none or it was wiped.
    pub async fn secret(
        &self,
        stream: &StreamId,
        name: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut conn = self.reader().await?;
        secrets::find(&mut conn, &self.0.shared.keys, stream, name).await
    }

    /// The names of a stream's secrets, sorted.
    pub async fn secret_names(&self, stream: &StreamId) -> Result<Vec<String>, StoreError> {
        let mut conn = self.reader().await?;
        secrets::names(&mut conn, &self.0.shared.keys, stream).await
    }

    /// What an external id was used for, if it was.
    pub async fn claimed(&self, scope: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut conn = self.reader().await?;
        claims::find(&mut conn, &self.0.shared.keys, scope, id).await
    }

    /// Wake-ups from now on. A receiver told that it lagged looks at every stream
    /// it follows.
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.0.shared.wake.subscribe()
    }

    /// The clock that events are timed by.
    pub fn clock(&self) -> &Clock {
        &self.0.shared.clock
    }

    /// How long the service was away before this start; None at the first one. It
    /// is told again at the next start, longer, unless [`Store::absence_noted`].
    pub fn absence(&self) -> Option<Absence> {
        self.0.absence
    }

    /// Says that the absence is on record wherever it matters.
    pub async fn absence_noted(&self) -> Result<(), StoreError> {
        self.write(|conn| heartbeat::noted(conn).boxed()).await
    }

    /// A gap in the heartbeat while this process ran (a stalled disk, a stopped
    /// machine), told once; several are told as one.
    pub fn take_gap(&self) -> Option<Absence> {
        self.0.shared.health.take_gap()
    }

    /// Copies everything to a new directory while work goes on: the database as of
    /// one instant, then the files it refers to. The copy opens with the same root
    /// secret, which is not in it.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::copy(self, &self.0.places, to).await
    }

    pub fn condition(&self) -> Condition {
        self.0.shared.health.condition()
    }

    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    pub fn challenges(&self) -> Challenges<'_> {
        Challenges(self)
    }

    pub fn outbox(&self) -> Outbox<'_> {
        Outbox(self)
    }

    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub fn documents(&self) -> &Documents {
        &self.0.documents
    }

    pub fn uploads(&self) -> Uploads<'_> {
        Uploads(self)
    }

    pub(crate) fn upload_files(&self) -> &UploadFiles {
        &self.0.uploads
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.0.readers.acquire().await?)
    }

    /// Runs a write to side tables in the writer's next transaction. `work` may run
    /// again if that has to be repeated.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let (job, outcome) = WriteJob::new(work);
        self.0
            .orders
            .send(Order::Run(Box::new(job)))
            .await
            .map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}

fn stream_id(name: &str) -> Result<StreamId, StoreError> {
    StreamId::new(name).ok_or_else(|| StoreError::Corrupt("a stream's name".into()))
}
