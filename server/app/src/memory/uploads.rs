//! The uploads under way that this process has heard of: whose each is and which bid it
//! must become. The store keeps the same, sealed, and decides which there are
//! ([`crate::submission::find`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{LotId, Millis, Organisation, ProjectId};
use kaibiao_crypto::Digest;

use crate::submission::Incoming;

/// All uploads under way.
#[derive(Default)]
pub struct Uploads(Mutex<HashMap<String, Arc<Incoming>>>);

impl Uploads {
    /// The ids of those it knows.
    pub fn ids(&self) -> Vec<String> {
        self.held().keys().cloned().collect()
    }

    /// An upload by its id.
    pub fn find(&self, id: &str) -> Option<Arc<Incoming>> {
        self.held().get(id).cloned()
    }

    /// The upload of a bid that its bidder began before.
    pub fn find_bid(
        &self,
        project: ProjectId,
        lot: &LotId,
        organisation: &Organisation,
        bid: Digest,
    ) -> Option<Arc<Incoming>> {
        let same = |incoming: &&Arc<Incoming>| {
            incoming.bid == bid
                && incoming.about.project == project
                && incoming.about.lot == *lot
                && incoming.organisation() == organisation
        };
        self.held().values().find(same).cloned()
    }

    /// An organisation's uploads under way.
    pub fn under_way(&self, organisation: &Organisation) -> Vec<Arc<Incoming>> {
        self.held()
            .values()
            .filter(|incoming| incoming.organisation() == organisation && !incoming.is_done())
            .cloned()
            .collect()
    }

    /// Uploads that have become bids before `time`.
    pub fn done_before(&self, time: Millis) -> Vec<Arc<Incoming>> {
        let done = |incoming: &&Arc<Incoming>| incoming.done_at().is_some_and(|done| done < time);
        self.held().values().filter(done).cloned().collect()
    }

    /// Remembers an upload. One that it knows stays, with the request that is writing.
    pub fn keep(&self, incoming: Incoming) -> Arc<Incoming> {
        let mut held = self.held();
        let known = held.entry(incoming.id.clone());
        known.or_insert_with(|| Arc::new(incoming)).clone()
    }

    /// Forgets an upload.
    pub fn forget(&self, id: &str) {
        self.held().remove(id);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Arc<Incoming>>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
