//! Which exports are on record already.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibiao_core::act::Exported;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_crypto::Digest;

const DAY: Millis = 24 * 3600 * 1000;

/// What was taken out, of which project, by whom: the person is known by the
/// certificate's digest.
type Taken = (Option<ProjectId>, Exported, Digest);

/// When each export was last recorded.
#[derive(Default)]
pub struct Exports(Mutex<HashMap<Taken, Millis>>);

impl Exports {
    /// Whether the last record is more than a day old, or there is none.
    pub fn is_new(&self, who: Taken, now: Millis) -> bool {
        // Every change under the lock is complete in itself.
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, at| now - *at < DAY);
        !held.contains_key(&who)
    }

    /// Notes that it is on record now.
    pub fn done(&self, who: Taken, now: Millis) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(who, now);
    }
}
