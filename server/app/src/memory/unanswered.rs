//! Calls to unlock that were answered with an error and are not on record yet.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{LotId, Organisation, ProjectId};
use kaibiao_crypto::Digest;

/// Such a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unanswered {
    pub project: ProjectId,
    pub organisation: Organisation,
    pub lot: LotId,
    pub bid: Digest,
}

/// The calls; of one bid one is enough.
#[derive(Default)]
pub struct Calls(Mutex<BTreeSet<Unanswered>>);

/// So many are kept; more bids than that are not unlocked at once.
const KEPT: usize = 10_000;

impl Calls {
    pub fn keep(&self, call: Unanswered) {
        let mut held = self.held();
        if held.len() < KEPT {
            held.insert(call);
        }
    }

    pub fn kept(&self) -> Vec<Unanswered> {
        self.held().iter().cloned().collect()
    }

    pub fn forget(&self, call: &Unanswered) {
        self.held().remove(call);
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<Unanswered>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
