//! What is known of the public log without asking the store.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};

use kaibiao_core::ids::Millis;
use kaibiao_store::StreamId;
use tokio::sync::Notify;

/// The log's files, and what is known of each stream's place in it.
#[derive(Default)]
pub struct PublicLog {
    /// Up to which size this process has written the log's files. Whoever holds it
    /// is the one that writes and signs.
    pub turn: tokio::sync::Mutex<u64>,
    /// Rung where something is to be anchored at once.
    pub bell: Notify,
    /// Whether the log cannot go on.
    pub stopped: AtomicBool,
    /// From which second on a cosignature is worth having.
    pub awaited: AtomicU64,
    streams: Mutex<HashMap<StreamId, Known>>,
}

/// What is known of a stream's place in the log. Versions are those of the stream, 0
/// where nothing is known.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// When its last anchor was cut.
    pub last: Option<Millis>,
    /// The sizes of trees that are anchored exactly.
    pub exact: BTreeSet<u64>,
    /// At which version its terms were all found in the log.
    pub terms: u64,
    /// At which version nothing more was due.
    pub over: u64,
}

impl PublicLog {
    /// What is known of a stream.
    pub fn known(&self, stream: &StreamId) -> Known {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(stream).cloned().unwrap_or_default()
    }

    /// Notes what was found.
    pub fn note(&self, stream: &StreamId, found: impl FnOnce(&mut Known)) {
        // Every change under the lock is complete in itself.
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        found(streams.entry(stream.clone()).or_default());
    }
}
