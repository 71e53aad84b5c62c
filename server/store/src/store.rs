//! The store's front: one handle, cheap to clone, for all that is kept.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Sqlite, SqlitePool};
use tokio::sync::{broadcast, mpsc, oneshot};
use zeroize::Zeroizing;

use crate::append::AppendJob;
use crate::backup;
use crate::clock::Clock;
use crate::error::{AppendError, OpenError, StoreError};
use crate::files::blobs::Blobs;
use crate::files::documents::Documents;
use crate::files::upload_files::UploadFiles;
use crate::files::uploads::Uploads;
use crate::heartbeat::{self, Absence, Condition};
use crate::open::{self, Options, Places};
use crate::shared::Shared;
use crate::side::login::Challenges;
use crate::side::outbox::Outbox;
use crate::side::sessions::Sessions;
use crate::side::{WriteJob, claims, secrets};
use crate::stream::{Appended, At, Commit, StreamId};
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
