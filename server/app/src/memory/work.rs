//! What the background work shares: how much of it runs at once, and how far
//! it is.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bundles and archives are sent at the same time.
const TAKEN: usize = 32;

type Place = (Digest, u32);

type InLot = (ProjectId, LotId, Long);

/// Work for a lot that may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Long {
    /// To open its bids.
    Opening,
    /// To decrypt its documents and to wipe its keys.
    Documents,
}

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
    /// Bundles that are gathered at the same time: one, apart from what openings need,
    /// however many strangers ask.
    pub bundles: Arc<Semaphore>,
    /// Bundles and archives that are asked for or sent at the same time. Whoever comes
    /// when there is no room is asked to come again.
    pub taken: Arc<Semaphore>,
    /// Documents being decrypted.
    pub progress: Progress,
    /// What the platform could not read or write.
    pub faults: Faults,
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
            bundles: Arc::new(Semaphore::new(1)),
            taken: Arc::new(Semaphore::new(TAKEN)),
            progress: Progress::default(),
            faults: Faults::default(),
            begun: Mutex::default(),
        }
    }
}

impl Work {
    /// Room for one more bundle or archive that is sent.
    ///
    /// # Errors
    /// `too-many-requests` while as many are sent as there is room for.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let room = Arc::clone(&self.taken).try_acquire_owned();
        Ok(room.map_err(|_| Transport::TooMany)?)
    }

    /// Whether the caller is to do the long work for a lot. It is true once, so
    /// that the work is neither done twice nor looked for at every event; after a
    /// restart it is true again.
    pub fn begin(&self, project: ProjectId, lot: &LotId, long: Long) -> bool {
        // Every change under the lock is complete in itself.
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert((project, lot.clone(), long))
    }
}

/// Files and rows that background work could not read or write and tries again:
/// the platform's fault for as long as it lasts.
#[derive(Default)]
pub struct Faults(Mutex<(usize, String)>);

impl Faults {
    /// Counts faults, and keeps the words for one of them.
    pub fn note(&self, count: usize, words: &str) {
        tracing::warn!(count, words, "what is stored cannot be read or written now");
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.0 = held.0.saturating_add(count);
        words.clone_into(&mut held.1);
    }

    /// How many there were since the start, and the words for the last one.
    pub fn so_far(&self) -> (usize, String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
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
