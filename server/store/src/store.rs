//! The store's front: one handle, cheap to clone, for all that is kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use subtle::ConstantTimeEq as _;
use tokio::sync::{broadcast, mpsc, oneshot};
use zeroize::Zeroizing;

use crate::append::AppendJob;
use crate::clock::{Clock, Millis};
use crate::error::{AppendError, OpenError, StoreError};
use crate::files::blobs::Blobs;
use crate::files::documents::Documents;
use crate::files::place::Folder;
use crate::files::upload_files::UploadFiles;
use crate::files::uploads::Uploads;
use crate::heartbeat::Condition;
use crate::keys::RootSecret;
use crate::ledger::{Change, Read, Standbys};
use crate::moved;
use crate::nodes;
use crate::open::{self, BlobsPlace, Database, Options, Places};
use crate::shared::Shared;
use crate::side::alerts::Alerts;
use crate::side::contacts::Contacts;
use crate::side::leases::Leases;
use crate::side::log::Log;
use crate::side::login::Challenges;
use crate::side::outbox::Outbox;
use crate::side::sessions::Sessions;
use crate::side::timestamps::Timestamps;
use crate::side::{ChangeJob, secrets};
use crate::sqlite::DATABASE;
use crate::stream::{Appended, At, Commit, StreamId};
use crate::wake::Changed;
use crate::writer::{Order, WAITING};
use kaibiao_core::command::Away;
use kaibiao_core::stream::Stream;
use kaibiao_crypto::Digest;

/// An open data directory. Clones share it. Its lock is released by
/// [`Store::close`], or when the last clone is dropped.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    writer: Mutex<Option<JoinHandle<()>>>,
    blobs: Blobs,
    lists: Blobs,
    documents: Documents,
    uploads: UploadFiles,
    /// The folders that are written to.
    folders: Vec<PathBuf>,
}

impl Store {
    /// Opens a data directory, making it if it is not there, and takes it for
    /// this process alone.
    ///
    /// # Errors
    /// [`OpenError`] says what is to be done; nothing was changed but, perhaps, an
    /// older schema brought up to date.
    pub async fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        moved::refuse(dir)?;
        let places = Places::of(dir);
        let blobs = options.blobs.clone();
        let place = blobs.open(dir, false).await?;
        let opened = open::open(&places, options).await?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (orders, received) = mpsc::channel(WAITING);
        let writer = opened.writer;
        let thread = std::thread::Builder::new()
            .name("kaibiao-writer".into())
            .spawn(move || runtime.block_on(writer.serve(received)))?;
        let is_shared = place.is_shared();
        let store = Self(Arc::new(Inner {
            shared: opened.shared,
            orders,
            writer: Mutex::new(Some(thread)),
            blobs: Blobs::new(Arc::clone(&place), Folder::Blobs),
            lists: Blobs::new(Arc::clone(&place), Folder::Lists),
            documents: Documents::new(Arc::clone(&place)),
            uploads: UploadFiles::new(place),
            folders: places.written(is_shared),
        }));
        if !is_shared {
            store.uploads().sweep_files().await?;
        }
        Ok(store)
    }

    /// Opens a data directory for looking at it only, also while another process
    /// serves it. Whatever would change something answers [`StoreError::Closed`].
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with it.
    pub async fn look(
        dir: &Path,
        root: RootSecret,
        database: Database,
        blobs: &BlobsPlace,
    ) -> Result<Self, OpenError> {
        let places = Places::of(dir);
        let shared = open::look(&places, root, database).await?;
        let place = blobs.open(dir, true).await?;
        let (orders, _) = mpsc::channel(1);
        Ok(Self(Arc::new(Inner {
            shared,
            orders,
            writer: Mutex::new(None),
            blobs: Blobs::new(Arc::clone(&place), Folder::Blobs),
            lists: Blobs::new(Arc::clone(&place), Folder::Lists),
            documents: Documents::new(Arc::clone(&place)),
            uploads: UploadFiles::new(place),
            folders: places.written(false),
        })))
    }

    /// The folders that are written to, which may lie on different disks.
    #[must_use]
    pub fn folders(&self) -> &[PathBuf] {
        &self.0.folders
    }

    /// Whether a directory holds a store's database.
    #[must_use]
    pub fn is_at(dir: &Path) -> bool {
        dir.join(DATABASE).is_file()
    }

    /// How many streams there are, damaged ones as well.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.0.shared.streams.load(Ordering::Acquire)
    }

    /// The time of the newest event of all streams whose rows are sound, UTC ms.
    #[must_use]
    pub fn newest(&self) -> Millis {
        self.0.shared.newest.load(Ordering::Acquire)
    }

    /// Finishes what waits, marks a stop in good order and lets the directory go.
    /// Later calls answer [`StoreError::Closed`].
    ///
    /// # Errors
    /// [`StoreError::Closed`] when it was closed before; else the database could not
    /// be closed in good order, and the next start finds out what is missing.
    pub async fn close(&self) -> Result<(), StoreError> {
        if let Err(error) = self.leases().leave_all().await {
            tracing::debug!(%error, "leases end by themselves");
        }
        let (answer, stopped) = oneshot::channel();
        self.0
            .orders
            .send(Order::Stop(answer))
            .await
            .map_err(|_| StoreError::Closed)?;
        let outcome = stopped.await.map_err(|_| StoreError::Closed)?;
        let thread = self
            .0
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            crate::files::blocking(move || thread.join().map_err(|_| StoreError::Closed)).await?;
        }
        if let Some(lock) = &self.0.shared.lock {
            lock.release();
        }
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
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when its row does not open; else the database fails.
    pub async fn secret(
        &self,
        stream: &StreamId,
        name: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut reader = self.reader().await?;
        secrets::find(&mut *reader, &self.0.shared.keys, stream, name).await
    }

    /// The names of a stream's secrets, sorted.
    ///
    /// # Errors
    /// As [`Store::secret`].
    pub async fn secret_names(&self, stream: &StreamId) -> Result<Vec<String>, StoreError> {
        let mut reader = self.reader().await?;
        secrets::names(&mut *reader, &self.0.shared.keys, stream).await
    }

    /// Wake-ups from now on. A receiver told that it lagged looks at every stream
    /// it follows.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.0.shared.wake.subscribe()
    }

    /// Wakes whoever follows a stream of which another node said that it has so many
    /// events. Whoever is woken reads them from the database, if they are there.
    pub fn hear(&self, stream: StreamId, version: u64) {
        let shared = &self.0.shared;
        shared
            .grown
            .hear(shared, stream, version, shared.clock.now());
    }

    /// The clock that events are timed by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.shared.clock
    }

    /// When nobody was served (a stop, a kill, a stalled disk, a clock in doubt),
    /// until [`Store::away_noted`]; None while the clock is in doubt. The next start
    /// tells of it again, longer, if it was not noted.
    #[must_use]
    pub fn away(&self) -> Option<Away> {
        self.0.shared.health.away()
    }

    /// Says that nobody has been served yet: an absence that is not on record lasts
    /// until now.
    ///
    /// # Errors
    /// The database that several nodes share fails.
    pub async fn still_away(&self) -> Result<(), StoreError> {
        if self.0.shared.ledger.is_shared() {
            return nodes::still_away(&self.0.shared).await;
        }
        self.0.shared.health.lasts(self.clock().now());
        Ok(())
    }

    /// Says that an absence is on record wherever it matters.
    ///
    /// # Errors
    /// The write failed; the next start tells of the absence again.
    pub async fn away_noted(&self, away: &Away) -> Result<(), StoreError> {
        if self.0.shared.health.noted(away) {
            let is_shared = self.0.shared.ledger.is_shared();
            let only = is_shared.then(|| nodes::away_row(away));
            self.apply(Change::AwayNoted { only }).await?;
        }
        Ok(())
    }

    /// How the writer is doing.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.0.shared.health.condition()
    }

    /// What the database's server says of its standbys; None where streams are in a file.
    ///
    /// # Errors
    /// The database fails.
    pub async fn standbys(&self) -> Result<Option<Standbys>, StoreError> {
        self.reader().await?.standbys().await
    }

    /// The longest that a write took since this was asked last, in milliseconds.
    #[must_use]
    pub fn slowest_write(&self) -> u64 {
        self.0.shared.health.slowest()
    }

    /// What tells that a secret is another one than before, and nothing else about it:
    /// keyed by the root secret.
    #[must_use]
    pub fn fingerprint(&self, secret: &[u8]) -> Digest {
        Digest::from_bytes(self.0.shared.keys.index(&[b"fingerprint", secret]))
    }

    /// Whether this is the fingerprint, compared in constant time.
    #[must_use]
    pub fn has_fingerprint(&self, secret: &[u8], found: &[u8]) -> bool {
        self.fingerprint(secret).as_bytes()[..].ct_eq(found).into()
    }

    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// How persons are reached outside the hall.
    #[must_use]
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts(self)
    }

    /// What is to be sent to them.
    #[must_use]
    pub fn alerts(&self) -> Alerts<'_> {
        Alerts(self)
    }

    /// The login challenges.
    #[must_use]
    pub fn challenges(&self) -> Challenges<'_> {
        Challenges(self)
    }

    /// The messages to other systems.
    #[must_use]
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox(self)
    }

    /// The public log.
    #[must_use]
    pub fn log(&self) -> Log<'_> {
        Log(self)
    }

    /// Work that one node at a time may do.
    #[must_use]
    pub fn leases(&self) -> Leases<'_> {
        Leases(self)
    }

    /// Time stamps over the public log's checkpoints.
    #[must_use]
    pub fn timestamps(&self) -> Timestamps<'_> {
        Timestamps(self)
    }

    /// Revocation lists on which the judgements of accepted acts rest. They are
    /// kept apart from the blobs because anybody may read them.
    #[must_use]
    pub fn lists(&self) -> &Blobs {
        &self.0.lists
    }

    /// The blobs.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// The documents.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.0.documents
    }

    /// The uploads under way.
    #[must_use]
    pub fn uploads(&self) -> Uploads<'_> {
        Uploads(self)
    }

    pub(crate) fn upload_files(&self) -> &UploadFiles {
        &self.0.uploads
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(crate) fn shared_arc(&self) -> Arc<Shared> {
        Arc::clone(&self.0.shared)
    }

    pub(crate) fn orders(&self) -> &mpsc::Sender<Order> {
        &self.0.orders
    }

    pub(crate) async fn reader(&self) -> Result<Box<dyn Read + '_>, StoreError> {
        self.0.shared.ledger.read().await
    }

    /// Makes a change beside the streams in the writer's next transaction, durably;
    /// answers how many rows it changed.
    pub(crate) async fn apply(&self, change: Change) -> Result<u64, StoreError> {
        let (job, outcome) = ChangeJob::new(change);
        self.0
            .orders
            .send(Order::Run(Box::new(job)))
            .await
            .map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}
