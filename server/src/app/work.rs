//! What the background work shares: how much of it runs at once, and how far
//! it is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_crypto::Digest;
use tokio::sync::Semaphore;

type Place = (Digest, u32);

/// Shared by all background work.
pub struct Work {
    /// Bids and documents that are opened at the same time.
    pub openings: Arc<Semaphore>,
    /// Documents being decrypted.
    pub progress: Progress,
}

impl Default for Work {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            openings: Arc::new(Semaphore::new(cores)),
            progress: Progress::default(),
        }
    }
}

/// Bytes decrypted of each document under way.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<HashMap<Place, Arc<AtomicU64>>>>);

/// One document under way; ends when it is dropped.
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
