//! What the background work shares: how much of it runs at once, and how far
//! it is.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use tokio::sync::Semaphore;

type Place = (Digest, u32);

type InLot = (ProjectId, LotId);

/// Shared by all background work.
pub struct Work {
    /// Bids whose sheets are opened at the same time.
    pub openings: Arc<Semaphore>,
    /// Documents that are decrypted at the same time. They are limited apart from
    /// the sheets, so that gigabytes of one lot do not hold up the sheets of
    /// another.
    pub documents: Arc<Semaphore>,
    /// Long computations for those who look: views, rooms.
    pub heavy: Arc<Semaphore>,
    /// Documents being decrypted.
    pub progress: Progress,
    /// Lots whose long work is under way or done.
    begun: Mutex<HashSet<InLot>>,
}

impl Default for Work {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            openings: Arc::new(Semaphore::new(cores)),
            documents: Arc::new(Semaphore::new(cores)),
            heavy: Arc::new(Semaphore::new(cores)),
            progress: Progress::default(),
            begun: Mutex::default(),
        }
    }
}

impl Work {
    /// Whether the caller is to do the long work for a lot. It is true once, so
    /// that the work is neither done twice nor looked for at every event; after a
    /// restart it is true again.
    pub fn begin(&self, project: ProjectId, lot: &LotId) -> bool {
        // Every change under the lock is complete in itself.
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert((project, lot.clone()))
    }
}

/// Bytes decrypted of each document under way.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<HashMap<Place, Arc<AtomicU64>>>>);

/// One document that is being decrypted. Its progress is forgotten when this is
/// dropped.
pub struct UnderWay {
    all: Progress,
    place: Place,
    bytes: Arc<AtomicU64>,
}

impl Progress {
    pub fn begin(&self, bid: Digest, segment: u32) -> UnderWay {
        let bytes = Arc::<AtomicU64>::default();
        self.held().insert((bid, segment), bytes.clone());
        UnderWay {
            all: self.clone(),
            place: (bid, segment),
            bytes,
        }
    }

    /// Bytes done, while the document is under way.
    pub fn of(&self, bid: Digest, segment: u32) -> Option<u64> {
        self.held()
            .get(&(bid, segment))
            .map(|bytes| bytes.load(Ordering::Relaxed))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Place, Arc<AtomicU64>>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    pub fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.held().remove(&self.place);
    }
}
