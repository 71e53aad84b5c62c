//! What may be held at one time, by each and by all: bytes of bodies under way,
//! sockets of watchers, connections. Whoever holds a part gives it back by
//! dropping it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something of which there is only so much.
pub struct Quota<K> {
    /// How much there is for all.
    most: usize,
    held: Mutex<Held<K>>,
}

struct Held<K> {
    all: usize,
    by: HashMap<K, usize>,
}

/// A part that is held; given back when dropped.
pub struct Taken<K: Eq + Hash> {
    of: Arc<Quota<K>>,
    who: K,
    amount: usize,
    own: usize,
}

/// Why no more is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The one who asks holds as much as anybody may.
    Own,
    /// All hold together what there is.
    All,
}

impl<K: Eq + Hash + Clone> Quota<K> {
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: Mutex::new(Held {
                all: 0,
                by: HashMap::new(),
            }),
        })
    }

    /// Takes a part, of which one may hold at most `each`.
    ///
    /// # Errors
    /// Who would hold too much; then nothing is taken.
    pub fn take(self: &Arc<Self>, who: K, amount: usize, each: usize) -> Result<Taken<K>, Full> {
        let mut held = self.held();
        let own = held.by.get(&who).copied().unwrap_or_default();
        if own.saturating_add(amount) > each {
            return Err(Full::Own);
        }
        if held.all.saturating_add(amount) > self.most {
            return Err(Full::All);
        }
        held.all += amount;
        held.by.insert(who.clone(), own + amount);
        Ok(Taken {
            of: Arc::clone(self),
            who,
            amount,
            own: own + amount,
        })
    }

    /// Takes a part, of which one may hold as much as a `parts`-th of what is left then.
    /// Each who holds all it may leaves the next ones that much less, so that it takes
    /// many of them until somebody finds no room for a little.
    ///
    /// # Errors
    /// Who holds too much: the one who asks, where it would be too much also if nobody
    /// else held anything. Then nothing is taken.
    pub fn take_share(
        self: &Arc<Self>,
        who: K,
        amount: usize,
        parts: usize,
    ) -> Result<Taken<K>, Full> {
        let (own, all) = {
            let held = self.held();
            (held.by.get(&who).copied().unwrap_or_default(), held.all)
        };
        // Whoever is alone takes `own` of `most` when `own` is a part of the rest.
        if own.saturating_add(amount) > self.most / (parts + 1) {
            return Err(Full::Own);
        }
        let others = all - own;
        let free = self.most.saturating_sub(others);
        self.take(who, amount, free / (parts + 1))
            .map_err(|_| Full::All)
    }

    /// How much is held in all.
    pub fn held_in_all(&self) -> usize {
        self.held().all
    }
}

impl<K> Quota<K> {
    fn held(&self) -> MutexGuard<'_, Held<K>> {
        // Every change under the lock is complete in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Taken<K> {
    /// How much its holder held in all when it was taken.
    pub fn own(&self) -> usize {
        self.own
    }
}

impl<K: Eq + Hash> Drop for Taken<K> {
    fn drop(&mut self) {
        let mut held = self.of.held();
        held.all -= self.amount;
        if let Some(own) = held.by.get_mut(&self.who) {
            *own -= self.amount;
            if *own == 0 {
                held.by.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_who_hold_all_they_may_leave_room_for_a_little() {
        let quota = Quota::new(9_000_000);
        let alone = quota.take_share(0, 1_000_000, 8).unwrap();
        assert_eq!(quota.take_share(0, 1, 8).err(), Some(Full::Own));
        drop(alone);
        let mut held = Vec::new();
        for greedy in 0..50 {
            while let Ok(taken) = quota.take_share(greedy, 1000, 8) {
                held.push(taken);
            }
            let nobody_yet = quota.take_share(1000, 1000, 8);
            assert!(nobody_yet.is_ok(), "after {greedy}");
        }
        // Who is refused for others' sake hears that it is not its own doing.
        assert_eq!(quota.take_share(1000, 900_000, 8).err(), Some(Full::All));
    }

    #[test]
    fn each_and_all_have_their_bound_and_what_is_dropped_is_free_again() {
        let quota = Quota::new(10);
        let first = quota.take("one", 4, 6).unwrap();
        assert_eq!(quota.take("one", 3, 6).err(), Some(Full::Own));
        let second = quota.take("two", 6, 6).unwrap();
        assert_eq!(quota.take("one", 1, 6).err(), Some(Full::All));
        assert_eq!(quota.held_in_all(), 10);
        drop(second);
        let third = quota.take("one", 2, 6).unwrap();
        drop((first, third));
        assert_eq!(quota.held_in_all(), 0);
        assert!(quota.held().by.is_empty());
    }
}
