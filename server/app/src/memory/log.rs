//! What is known of the public log without asking the store.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_store::StreamId;
use tokio::sync::Notify;

/// The log's files and the last anchors.
#[derive(Default)]
pub struct PublicLog {
    /// Up to which size this process has written the log's files. Whoever holds it
    /// is the one that writes and signs.
    pub turn: tokio::sync::Mutex<u64>,
    last: Mutex<HashMap<StreamId, Millis>>,
    over: Mutex<HashMap<ProjectId, u64>>,
    exact: Mutex<HashSet<(ProjectId, u64)>>,
    terms: Mutex<HashMap<ProjectId, u64>>,
    awaited: AtomicU64,
    /// Rung where something is to be anchored at once.
    pub bell: Notify,
    fault: Mutex<Option<String>>,
}

impl PublicLog {
    /// When a stream's last anchor was cut, as far as this process knows.
    pub fn last(&self, stream: &StreamId) -> Option<Millis> {
        held(&self.last).get(stream).copied()
    }

    /// Notes when a stream's last anchor was cut.
    pub fn cut(&self, stream: &StreamId, at: Millis) {
        held(&self.last).insert(stream.clone(), at);
    }

    /// Whether nothing more is due for a project at this version.
    pub fn is_over(&self, project: ProjectId, version: u64) -> bool {
        held(&self.over).get(&project) == Some(&version)
    }

    /// Notes that nothing is.
    pub fn over(&self, project: ProjectId, version: u64) {
        held(&self.over).insert(project, version);
    }

    /// Whether a project's tree of this size is known to be anchored.
    pub fn has_exact(&self, project: ProjectId, size: u64) -> bool {
        held(&self.exact).contains(&(project, size))
    }

    /// Notes that it is.
    pub fn exact(&self, project: ProjectId, size: u64) {
        held(&self.exact).insert((project, size));
    }

    /// Whether the terms that a project has at this version are in the log.
    pub fn has_terms_of(&self, project: ProjectId, version: u64) -> bool {
        held(&self.terms).get(&project) == Some(&version)
    }

    /// Notes that they are.
    pub fn terms_of(&self, project: ProjectId, version: u64) {
        held(&self.terms).insert(project, version);
    }

    /// Notes that cosignatures from this instant on are waited for.
    pub fn wait_since(&self, since: Millis) {
        let second = u64::try_from(since.div_euclid(1_000)).unwrap_or(0);
        self.awaited.fetch_max(second, Ordering::AcqRel);
    }

    /// From which second on a cosignature is worth having.
    pub fn awaited(&self) -> u64 {
        self.awaited.load(Ordering::Acquire)
    }

    /// Notes why the log does not go on, or that it does.
    pub fn note(&self, fault: Option<String>) {
        *held(&self.fault) = fault;
    }

    /// Why the log does not go on.
    pub fn fault(&self) -> Option<String> {
        held(&self.fault).clone()
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under the lock is complete in itself.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
