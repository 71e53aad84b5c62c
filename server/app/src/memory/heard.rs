//! When custodians' agents were last heard, so that whoever could start a silent one is
//! told. It is kept of agents with a standing authorisation only, which bid nowhere that
//! they keep a key.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{Millis, Organisation};

/// The organisations whose agents were heard since the start.
#[derive(Default)]
pub struct Heard(Mutex<HashMap<Organisation, Millis>>);

impl Heard {
    /// Notes that an organisation's agent has asked for something.
    pub fn note(&self, organisation: &Organisation, now: Millis) {
        self.held().insert(organisation.clone(), now);
    }

    /// When an organisation's agent was last heard.
    pub fn of(&self, organisation: &Organisation) -> Option<Millis> {
        self.held().get(organisation).copied()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Organisation, Millis>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
