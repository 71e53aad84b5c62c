//! Log-ins and log-outs that are not on record yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::platform::{Sessions, Whose};
use kaibiao_crypto::Digest;

/// One line for each certificate, and for each agent's authorisation.
type Lines = BTreeMap<(Whose, Digest, Option<Digest>), Sessions>;

/// What waits to be noted.
#[derive(Default)]
pub struct Logins(Mutex<Lines>);

impl Logins {
    /// Adds to the line of a certificate.
    pub fn add(&self, whose: Whose, sessions: Sessions) {
        let mut lines = self.held();
        let key = (whose, sessions.certificate, sessions.agent);
        match lines.get_mut(&key) {
            Some(line) => {
                line.began += sessions.began;
                line.ended += sessions.ended;
                line.first = line.first.min(sessions.first);
                line.last = line.last.max(sessions.last);
            }
            None => {
                lines.insert(key, sessions);
            }
        }
    }

    /// Everything that waits, which waits no more.
    pub fn take(&self) -> Vec<(Whose, Sessions)> {
        let lines = std::mem::take(&mut *self.held());
        lines
            .into_iter()
            .map(|((whose, ..), sessions)| (whose, sessions))
            .collect()
    }

    fn held(&self) -> MutexGuard<'_, Lines> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
