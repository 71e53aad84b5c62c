//! Reels of the projects that were replayed last: frames of the past, from which any
//! other is found with little folding.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::Project;
use kaibiao_core::event::Recorded;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::player::Reel;
use kaibiao_store::StoreError;

use crate::failure::of_store;
use crate::{App, deciding};

/// Events read from the store at a time.
const BATCH: u64 = 500;

/// The most reels that are kept.
const MOST: usize = 4;

/// The reels that are kept.
#[derive(Default)]
pub struct Reels {
    held: Mutex<HashMap<ProjectId, Arc<Held>>>,
    uses: AtomicU64,
}

/// One project's reel.
#[derive(Default)]
pub struct Held {
    reel: Mutex<Reel>,
    /// Held by whoever adds what has come, so that nobody does it twice.
    turn: tokio::sync::Mutex<()>,
    used: AtomicU64,
}

impl Reels {
    /// The reel of a project, with everything that is in its stream now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(&self, app: &App, project: ProjectId) -> Result<Arc<Held>, Problem> {
        let held = self.take(project);
        held.catch_up(app, project).await?;
        Ok(held)
    }

    /// Drops what is kept of a project, of which an event has lost its details.
    pub fn forget(&self, project: ProjectId) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&project);
    }

    fn take(&self, project: ProjectId) -> Arc<Held> {
        // Every change under the lock is complete in itself.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = Arc::clone(held.entry(project).or_default());
        let used = self.uses.fetch_add(1, Ordering::Relaxed) + 1;
        taken.used.store(used, Ordering::Relaxed);
        while held.len() > MOST {
            let oldest = held
                .iter()
                .min_by_key(|(_, it)| it.used.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|(project, _)| *project) else {
                break;
            };
            held.remove(&oldest);
        }
        taken
    }
}

impl Held {
    /// The reel, for a moment.
    pub fn reel(&self) -> MutexGuard<'_, Reel> {
        // A reel is whole after each event that is added.
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn catch_up(self: &Arc<Self>, app: &App, project: ProjectId) -> Result<(), Problem> {
        let stream = deciding::stream(project);
        let _turn = self.turn.lock().await;
        loop {
            let after = self.reel().last().seq();
            let events = app.store.events::<Project>(&stream, after, BATCH).await;
            let events = events.map_err(of_store)?;
            if events.is_empty() {
                return Ok(());
            }
            let held = Arc::clone(self);
            app.heavy(move || held.add(project, &events).map_err(of_store))
                .await?;
        }
    }

    /// Adds events, of which some may be there already where a reader went away before
    /// it had heard of them.
    fn add(&self, project: ProjectId, events: &[Recorded]) -> Result<(), StoreError> {
        let mut reel = self.reel();
        for event in events {
            if event.seq > reel.last().seq() {
                reel.add(event).map_err(|unlawful| StoreError::Damaged {
                    stream: project.to_string(),
                    problem: format!("event {}: {}", event.seq, unlawful.why),
                })?;
            }
        }
        Ok(())
    }
}
