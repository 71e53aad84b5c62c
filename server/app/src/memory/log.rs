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
    /// Whether what the log holds is older than what was signed of it.
    pub behind: AtomicBool,
    /// Rung where a checkpoint is to be stamped.
    pub stamps: Notify,
    /// Whether the authority of time gave no stamp when it was asked last.
    pub unstamped: AtomicBool,
    /// From which second on a cosignature is worth having.
    pub awaited: AtomicU64,
    /// Whether the witnesses were asked how far they have seen the log, so that it may
    /// be signed.
    pub asked: AtomicBool,
    /// How many entries a witness has cosigned as it said when it was first asked, and
    /// which one it was: of several the most.
    seen: Mutex<Option<(u64, String)>>,
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
    /// How many of its notices were found in the log.
    pub notices: usize,
    /// At which version nothing more was due.
    pub over: u64,
    /// Whether it was folded by this process to see what is due.
    pub folded: bool,
}

impl PublicLog {
    /// How many entries a witness has seen, where that was more than were signed, and
    /// which one it was.
    pub fn seen(&self) -> Option<(u64, String)> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    /// Notes how many a witness has seen.
    pub fn note_seen(&self, size: u64, witness: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|(most, _)| *most < size) {
            *seen = Some((size, witness.to_owned()));
        }
    }

    /// What is known of a stream.
    pub fn known(&self, stream: &StreamId) -> Known {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(stream).cloned().unwrap_or_default()
    }

    /// Forgets what was found of all streams.
    pub fn forget(&self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.clear();
    }

    /// Notes what was found.
    pub fn note(&self, stream: &StreamId, found: impl FnOnce(&mut Known)) {
        // Every change under the lock is complete in itself.
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        found(streams.entry(stream.clone()).or_default());
    }
}
