//! The live rooms. A project has one while somebody watches it, and its feeds are
//! made by folding the project's stream. A few rooms that nobody is in are kept for
//! those who only look; they do not follow their streams.
//!
//! A watcher has a place in its feed and pulls what follows whenever the room
//! grows, so no watcher has a queue that could overflow. A slow watcher lags; one
//! that takes nothing for too long is dropped, and may come back with its place.

mod feed;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytestring::ByteString;
use kaibiao_api::FeedItem;
use kaibiao_api::problem::Problem;
use kaibiao_core::book::Book;
use kaibiao_core::event::Recorded;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::State;
use kaibiao_core::viewer::Viewer;
use kaibiao_core::{Project, stream::Stream as _};
use kaibiao_os::random;
use kaibiao_store::{Coalesced, StoreError, StreamId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch as signal;

use self::feed::Feeds;
use crate::failure::of_store;
use crate::{App, Shared, deciding};

/// Events read from the store at a time.
const BATCH: u64 = 1000;

/// Rooms that are kept although nobody is in them.
const IDLE: usize = 32;

/// The rooms that are open.
pub struct Rooms {
    open: Mutex<HashMap<ProjectId, Arc<Room>>>,
    uses: AtomicU64,
    closing: signal::Sender<bool>,
}

/// One project's room.
pub struct Room {
    project: ProjectId,
    feeds: RwLock<Feeds>,
    /// How many events the feeds tell of.
    version: signal::Sender<u64>,
    /// Whoever folds in what has come does it for all who wait for that.
    catching_up: Coalesced<Result<(), Problem>>,
    /// What the feeds are folded from.
    folded: Mutex<Folded>,
    /// When somebody last asked for it, by the count of all that was asked for.
    used: AtomicU64,
    /// Whether a task waits to fold the events that have come since.
    waiting: AtomicBool,
}

#[derive(Default)]
struct Folded {
    state: State,
    book: Book,
    version: u64,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            uses: AtomicU64::new(0),
            closing: signal::Sender::new(false),
        }
    }
}

impl Rooms {
    /// The room of a project, current as of now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(&self, app: &App, project: ProjectId) -> Result<Arc<Room>, Problem> {
        Ok(self.join(app, project).await?.0)
    }

    /// The same, and the signals of its growth: the room is kept as long as somebody
    /// has them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn join(
        &self,
        app: &App,
        project: ProjectId,
    ) -> Result<(Arc<Room>, signal::Receiver<u64>), Problem> {
        let (room, changes) = self.take(project);
        room.catch_up(app).await?;
        Ok((room, changes))
    }

    /// Sends everybody away, because the service is stopping.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Signals when the service is stopping.
    pub fn closing(&self) -> signal::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Closes rooms that nobody is in.
    pub fn sweep(&self) {
        self.held().retain(|_, room| room.is_watched());
    }

    /// Drops a project's room, whose feeds tell what is erased now. Whoever is in it comes
    /// back to one that does not.
    pub fn forget(&self, project: ProjectId) {
        self.held().remove(&project);
    }

    fn take(&self, project: ProjectId) -> (Arc<Room>, signal::Receiver<u64>) {
        let mut held = self.held();
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let room = held.entry(project).or_insert_with(|| Room::new(project));
        room.used.store(used, Ordering::Relaxed);
        let taken = (Arc::clone(room), room.version.subscribe());
        let idle = || held.iter().filter(|(_, room)| !room.is_watched());
        if idle().count() > IDLE {
            let oldest = idle().min_by_key(|(_, room)| room.used.load(Ordering::Relaxed));
            if let Some(oldest) = oldest.map(|(project, _)| *project) {
                held.remove(&oldest);
            }
        }
        taken
    }

    fn find(&self, stream: &StreamId) -> Option<Arc<Room>> {
        let project = deciding::project_of(stream)?;
        self.held().get(&project).cloned()
    }

    fn all(&self) -> Vec<Arc<Room>> {
        let held = self.held();
        let watched = held.values().filter(|room| room.is_watched());
        watched.cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ProjectId, Arc<Room>>> {
        // Every change under the lock is complete in itself.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a watcher is asked to send back, which shows that it reads what it is sent.
pub fn question() -> [u8; 8] {
    random::bytes()
}

impl Room {
    fn new(project: ProjectId) -> Arc<Self> {
        Arc::new(Self {
            project,
            feeds: RwLock::default(),
            version: signal::Sender::new(0),
            catching_up: Coalesced::default(),
            folded: Mutex::default(),
            used: AtomicU64::new(0),
            waiting: AtomicBool::new(false),
        })
    }

    /// The project whose room this is.
    pub fn project(&self) -> ProjectId {
        self.project
    }

    /// How long a viewer's feed is.
    pub fn length(&self, viewer: &Viewer) -> u64 {
        self.read(|feeds| feeds.length(viewer))
    }

    /// What follows in a viewer's feed, as text frames.
    pub fn frames(&self, viewer: &Viewer, after: u64, limit: usize) -> Vec<ByteString> {
        self.read(|feeds| feeds.frames(viewer, after, limit))
    }

    /// What follows in a viewer's feed, as values.
    pub fn page(&self, viewer: &Viewer, after: u64, limit: usize) -> Vec<FeedItem> {
        self.read(|feeds| feeds.page(viewer, after, limit))
    }

    /// Folds in the events that were written before.
    async fn catch_up(self: &Arc<Self>, app: &App) -> Result<(), Problem> {
        self.catching_up.ask(self.read_on(app)).await
    }

    async fn read_on(self: &Arc<Self>, app: &App) -> Result<(), Problem> {
        let stream = StreamId::project(self.project.0);
        self.waiting.store(false, Ordering::Release);
        loop {
            let version = *self.version.borrow();
            let events = app.store.events::<Project>(&stream, version, BATCH).await;
            let events = events.map_err(of_store)?;
            if events.is_empty() {
                return Ok(());
            }
            let room = Arc::clone(self);
            app.heavy(move || room.fold(&events).map_err(of_store))
                .await?;
        }
    }

    /// Folds in events, of which some may be folded in already where a reader went
    /// away before it had heard of them.
    fn fold(&self, events: &[Recorded]) -> Result<(), StoreError> {
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if event.seq <= folded.version {
                continue;
            }
            let state = Project::evolve(folded.state.clone(), event);
            folded.state = state.map_err(|unlawful| StoreError::Damaged {
                stream: self.project.to_string(),
                problem: format!("event {}: {}", event.seq, unlawful.why),
            })?;
            folded.book = Project::note(std::mem::take(&mut folded.book), event);
            folded.version = event.seq;
            let items = reveal(&folded.state, &folded.book, event);
            let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
            feeds.add(event.time, &items);
        }
        self.version.send_replace(folded.version);
        Ok(())
    }

    fn is_watched(&self) -> bool {
        self.version.receiver_count() > 0
    }

    fn read<T>(&self, look: impl FnOnce(&Feeds) -> T) -> T {
        look(&self.feeds.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells the rooms of what the store has written, until the store closes. Each
/// room folds in a task of its own, so that a long stream holds up no other room.
pub async fn follow(app: Shared) {
    let mut changes = app.store.subscribe();
    loop {
        let rooms = match changes.recv().await {
            Ok(changed) => {
                let room = app.memory.rooms.find(&changed.stream);
                room.filter(|room| room.is_watched())
                    .filter(|room| *room.version.borrow() < changed.version)
                    .into_iter()
                    .collect()
            }
            // Some changes were missed, so every room looks for itself.
            Err(RecvError::Lagged(_)) => app.memory.rooms.all(),
            Err(RecvError::Closed) => return,
        };
        for room in rooms {
            // One turn that waits is enough, because it will find everything that
            // has been written until it begins.
            if room.waiting.swap(true, Ordering::AcqRel) {
                continue;
            }
            let app = app.clone();
            tokio::spawn(async move {
                if let Err(error) = room.catch_up(&app).await {
                    tracing::error!(problem = %error, project = %room.project, "a room could not follow");
                }
            });
        }
    }
}
