//! Folded streams kept in memory.
//!
//! An entry is used only while it is at the version last committed: here, where this
//! process is the only writer; and where there are others, as the ledger says whenever
//! one is used.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stream::StreamId;

/// How many folded streams are kept when nothing else is said.
pub const STREAMS: usize = 512;

type Entry = Arc<dyn Any + Send + Sync>;

pub(crate) struct Cache {
    capacity: usize,
    inner: Mutex<Inner>,
}

/// What is known of a stream at one moment.
pub(crate) struct Seen<T> {
    pub kept: Option<Arc<T>>,
    /// The version that this process committed last; 0 where it has not.
    pub committed: u64,
    /// What [`Cache::mark`] said.
    pub mark: u64,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<StreamId, Slot>,
    /// Versions committed since the start, of every stream that grew: small, and
    /// never dropped, so that a slow reader cannot put an old fold back.
    versions: HashMap<StreamId, u64>,
    /// How often a stream was forgotten since the start, of each that ever was.
    marks: HashMap<StreamId, u64>,
    uses: u64,
}

struct Slot {
    version: u64,
    used: u64,
    entry: Entry,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            inner: Mutex::default(),
        }
    }

    pub fn find<T: Send + Sync + 'static>(&self, stream: &StreamId) -> Option<Arc<T>> {
        let mut inner = self.lock();
        inner.uses += 1;
        let uses = inner.uses;
        let slot = inner.entries.get_mut(stream)?;
        slot.used = uses;
        Arc::clone(&slot.entry).downcast().ok()
    }

    /// What a reader says who offers a stream later that it begins to fold now.
    pub fn mark(&self, stream: &StreamId) -> u64 {
        self.lock().marks.get(stream).copied().unwrap_or(0)
    }

    /// Keeps what a reader folded, unless the stream is known to be further, or was
    /// forgotten since the reader began.
    pub fn offer<T: Send + Sync + 'static>(
        &self,
        stream: &StreamId,
        version: u64,
        mark: u64,
        entry: Arc<T>,
    ) {
        let mut inner = self.lock();
        let held = inner.entries.get(stream).map(|slot| slot.version);
        if inner.admits(stream, version, mark) && held.is_none_or(|held| held < version) {
            inner.insert(self.capacity, stream, version, entry);
        }
    }

    /// Keeps what was folded by the row that a ledger of several nodes has, in the place
    /// of what did not lead to it, unless the stream is known to be further, or was
    /// forgotten since the reader began.
    pub fn put_right<T: Send + Sync + 'static>(
        &self,
        stream: &StreamId,
        version: u64,
        mark: u64,
        entry: Arc<T>,
    ) {
        let mut inner = self.lock();
        if inner.admits(stream, version, mark) {
            inner.insert(self.capacity, stream, version, entry);
        }
    }

    /// What is known of a stream before its row is read: afterwards this process may
    /// commit more, and the row would look as if it were behind.
    pub fn seen<T: Send + Sync + 'static>(&self, stream: &StreamId) -> Seen<T> {
        let kept = self.find(stream);
        let inner = self.lock();
        Seen {
            kept,
            committed: inner.versions.get(stream).copied().unwrap_or(0),
            mark: inner.marks.get(stream).copied().unwrap_or(0),
        }
    }

    /// Keeps what the writer has just committed.
    pub fn publish<T: Send + Sync + 'static>(
        &self,
        stream: &StreamId,
        version: u64,
        entry: Arc<T>,
    ) {
        let mut inner = self.lock();
        inner.versions.insert(stream.clone(), version);
        inner.insert(self.capacity, stream, version, entry);
    }

    /// Forgets a stream's fold, and whatever is being folded of it by now.
    pub fn forget(&self, stream: &StreamId) {
        let mut inner = self.lock();
        inner.entries.remove(stream);
        *inner.marks.entry(stream.clone()).or_default() += 1;
    }

    /// Forgets all folds; they are made again from the table.
    pub fn clear(&self) {
        self.lock().entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change under the lock is complete in itself, so that a panic
        // elsewhere cannot have left it half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether a reader that began with this mark has folded what is there still.
    fn admits(&self, stream: &StreamId, version: u64, mark: u64) -> bool {
        let newest = self.versions.get(stream).copied();
        self.marks.get(stream).copied().unwrap_or(0) == mark
            && newest.is_none_or(|newest| newest <= version)
    }

    fn insert(&mut self, capacity: usize, stream: &StreamId, version: u64, entry: Entry) {
        self.uses += 1;
        let used = self.uses;
        self.entries.insert(
            stream.clone(),
            Slot {
                version,
                used,
                entry,
            },
        );
        if self.entries.len() > capacity {
            let oldest = self.entries.iter().min_by_key(|(_, slot)| slot.used);
            if let Some(oldest) = oldest.map(|(stream, _)| stream.clone()) {
                self.entries.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> StreamId {
        StreamId::new(name).unwrap()
    }

    #[test]
    fn the_stream_used_longest_ago_is_dropped_first() {
        let cache = Cache::new(2);
        cache.publish(&id("a"), 1, Arc::new(1));
        cache.publish(&id("b"), 1, Arc::new(2));
        assert_eq!(cache.find::<i32>(&id("a")).as_deref(), Some(&1));
        cache.publish(&id("c"), 1, Arc::new(3));
        assert!(cache.find::<i32>(&id("b")).is_none());
        assert!(cache.find::<i32>(&id("a")).is_some());
    }

    #[test]
    fn a_slow_reader_cannot_put_an_old_fold_back() {
        let cache = Cache::new(2);
        cache.publish(&id("a"), 6, Arc::new(6));
        cache.clear();
        cache.offer(&id("a"), 5, 0, Arc::new(5));
        assert!(cache.find::<i32>(&id("a")).is_none());
        cache.offer(&id("a"), 6, 0, Arc::new(6));
        assert_eq!(cache.find::<i32>(&id("a")).as_deref(), Some(&6));
    }

    #[test]
    fn what_was_being_folded_when_a_stream_was_forgotten_is_not_kept() {
        let cache = Cache::new(2);
        cache.publish(&id("a"), 6, Arc::new("张三"));
        let mark = cache.mark(&id("a"));
        cache.forget(&id("a"));
        assert!(cache.find::<&str>(&id("a")).is_none());
        cache.offer(&id("a"), 6, mark, Arc::new("张三"));
        assert!(cache.find::<&str>(&id("a")).is_none());
        cache.offer(&id("a"), 6, cache.mark(&id("a")), Arc::new("erased"));
        assert_eq!(cache.find::<&str>(&id("a")).as_deref(), Some(&"erased"));
    }
}
