//! The live rooms. A project has one while somebody watches it, and its feeds are
//! made by folding the project's stream.
//!
//! A watcher has a place in its feed and pulls what follows whenever the room
//! grows, so no watcher has a queue that could overflow. A slow watcher lags; one
//! that takes nothing for too long is dropped, and may come back with its place.

mod feed;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytestring::ByteString;
use kaibiao_api::FeedItem;
use kaibiao_api::problem::Problem;
use kaibiao_core::book::Book;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::State;
use kaibiao_core::viewer::Viewer;
use kaibiao_core::{Project, stream::Stream as _};
use kaibiao_store::{StoreError, StreamId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch as signal;

use self::feed::Feeds;
use crate::failure::of_store;
use crate::{App, Shared};

/// Events read from the store at a time.
const BATCH: u64 = 1000;

/// The rooms that are open.
pub struct Rooms {
    open: Mutex<HashMap<ProjectId, Arc<Room>>>,
    closing: signal::Sender<bool>,
}

/// One project's room.
pub struct Room {
    project: ProjectId,
    feeds: RwLock<Feeds>,
    /// How many events the feeds tell of.
    version: signal::Sender<u64>,
    /// The state that the feeds are folded from; locked while events are folded in.
    folded: tokio::sync::Mutex<Folded>,
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
        let room = Arc::clone(
            self.held()
                .entry(project)
                .or_insert_with(|| Room::new(project)),
        );
        room.catch_up(app).await.map_err(of_store)?;
        Ok(room)
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
        self.held()
            .retain(|_, room| room.version.receiver_count() > 0);
    }

    fn find(&self, stream: &StreamId) -> Option<Arc<Room>> {
        let project = stream.as_str().parse().ok()?;
        self.held().get(&project).cloned()
    }

    fn all(&self) -> Vec<Arc<Room>> {
        self.held().values().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ProjectId, Arc<Room>>> {
        // Every change under the lock is complete in itself.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn new(project: ProjectId) -> Arc<Self> {
        Arc::new(Self {
            project,
            feeds: RwLock::default(),
            version: signal::Sender::new(0),
            folded: tokio::sync::Mutex::default(),
            waiting: AtomicBool::new(false),
        })
    }

    /// The project whose room this is.
    pub fn project(&self) -> ProjectId {
        self.project
    }

    /// Signals whenever the room grows.
    pub fn changes(&self) -> signal::Receiver<u64> {
        self.version.subscribe()
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

    /// Folds in the events that were written since.
    async fn catch_up(&self, app: &App) -> Result<(), StoreError> {
        let stream = StreamId::project(self.project.0);
        let mut folded = self.folded.lock().await;
        self.waiting.store(false, Ordering::Release);
        loop {
            let events = app
                .store
                .events::<Project>(&stream, folded.version, BATCH)
                .await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in &events {
                let state = std::mem::take(&mut folded.state);
                folded.state =
                    Project::evolve(state, event).map_err(|unlawful| StoreError::Damaged {
                        stream: stream.to_string(),
                        problem: format!("event {}: {}", event.seq, unlawful.why),
                    })?;
                folded.book = Project::note(std::mem::take(&mut folded.book), event);
                folded.version = event.seq;
                let items = reveal(&folded.state, &folded.book, event);
                let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
                feeds.add(event.time, &items);
            }
            self.version.send_replace(folded.version);
        }
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
                room.filter(|room| *room.version.borrow() < changed.version)
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
                    tracing::error!(%error, project = %room.project, "a room could not follow");
                }
            });
        }
    }
}
