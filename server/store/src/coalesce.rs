//! Requests for the same reading are coalesced: whoever asks while it is read waits, and
//! then one reads for all who wait. Nobody is answered with what was read before they asked,
//! so an answer is as fresh as if each had read alone.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;

/// One thing that many read at once.
pub struct Coalesced<T> {
    /// How often it was asked for.
    asked: AtomicU64,
    last: Turn<Option<Answer<T>>>,
}

/// What was read last, for the first `upto` who asked.
struct Answer<T> {
    upto: u64,
    value: T,
}

impl<T> Default for Coalesced<T> {
    fn default() -> Self {
        Self {
            asked: AtomicU64::new(0),
            last: Turn::new(None),
        }
    }
}

impl<T: Clone> Coalesced<T> {
    /// What `read` answers, or what somebody else's answered that began after this call.
    /// Whoever stops waiting while it reads leaves that to the next.
    pub async fn ask(&self, read: impl Future<Output = T>) -> T {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel);
        let mut last = self.last.lock().await;
        if let Some(answer) = &*last
            && ticket < answer.upto
        {
            return answer.value.clone();
        }
        let upto = self.asked.load(Ordering::Acquire);
        let value = read.await;
        *last = Some(Answer {
            upto,
            value: value.clone(),
        });
        value
    }
}

/// Many things, by their keys. One that nobody waits for takes no room.
pub struct CoalescedBy<K, T>(Mutex<HashMap<K, Arc<Coalesced<T>>>>);

impl<K, T> Default for CoalescedBy<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone> CoalescedBy<K, T> {
    /// As [`Coalesced::ask`], of the one with this key.
    pub async fn ask(&self, key: K, read: impl Future<Output = T>) -> T {
        let one = Arc::clone(self.held().entry(key.clone()).or_default());
        // It is let go of however this ends.
        let waiting = Waiting { of: self, key, one };
        waiting.one.ask(read).await
    }
}

impl<K: Eq + Hash, T> CoalescedBy<K, T> {
    fn held(&self) -> MutexGuard<'_, HashMap<K, Arc<Coalesced<T>>>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Waiting<'a, K: Eq + Hash, T> {
    of: &'a CoalescedBy<K, T>,
    key: K,
    one: Arc<Coalesced<T>>,
}

impl<K: Eq + Hash, T> Drop for Waiting<'_, K, T> {
    fn drop(&mut self) {
        let mut held = self.of.held();
        // The map's own and this one: nobody else can get at it while the lock is held.
        if Arc::strong_count(&self.one) == 2 {
            held.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use tokio::task::{JoinHandle, yield_now};

    use super::*;

    /// Something that is read by whoever is let, and what is there to be read.
    struct Slow {
        shared: CoalescedBy<(), u64>,
        there: AtomicU64,
        begun: AtomicU64,
        let_end: Semaphore,
    }

    impl Slow {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                shared: CoalescedBy::default(),
                there: AtomicU64::new(0),
                begun: AtomicU64::new(0),
                let_end: Semaphore::new(0),
            })
        }

        async fn read(&self) -> u64 {
            let read = self.there.load(Ordering::Acquire);
            self.begun.fetch_add(1, Ordering::AcqRel);
            self.let_end.acquire().await.unwrap().forget();
            read
        }

        /// One more who asks, and waits.
        async fn asked(self: &Arc<Self>) -> JoinHandle<u64> {
            let slow = Arc::clone(self);
            let asking = tokio::spawn(async move { slow.shared.ask((), slow.read()).await });
            // There is one thread, and it has nothing else to do.
            yield_now().await;
            asking
        }
    }

    #[tokio::test]
    async fn a_thousand_who_ask_at_once_cost_two_readings() {
        let slow = Slow::new();
        let mut asking = Vec::new();
        for _ in 0..1000 {
            asking.push(slow.asked().await);
        }
        slow.let_end.add_permits(1000);
        for one in asking {
            assert_eq!(one.await.unwrap(), 0);
        }
        // When the first began, the others had not asked.
        assert_eq!(slow.begun.load(Ordering::Acquire), 2);
        assert!(slow.shared.held().is_empty(), "nobody waits any more");
    }

    #[tokio::test]
    async fn nobody_is_answered_with_what_was_read_before_they_asked() {
        let slow = Slow::new();
        let first = slow.asked().await;
        assert_eq!(slow.begun.load(Ordering::Acquire), 1);
        slow.there.store(1, Ordering::Release);
        let second = slow.asked().await;
        slow.let_end.add_permits(2);
        assert_eq!(first.await.unwrap(), 0);
        assert_eq!(second.await.unwrap(), 1);
    }

    #[tokio::test]
    async fn who_goes_away_while_reading_holds_nobody_up() {
        let slow = Slow::new();
        let gone = slow.asked().await;
        let next = slow.asked().await;
        gone.abort();
        assert!(gone.await.is_err());
        slow.let_end.add_permits(1);
        assert_eq!(next.await.unwrap(), 0);
        assert!(slow.shared.held().is_empty(), "nobody waits any more");
    }
}
