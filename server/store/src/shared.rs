//! What the writer and the readers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize};

use kaibiao_core::command::Away;
use tokio::sync::Semaphore;

use crate::cache::Cache;
use crate::clock::{Clock, Millis, Reading};
use crate::coalesce::CoalescedBy;
use crate::damage::Damage;
use crate::error::StoreError;
use crate::heartbeat::Health;
use crate::keys::Keys;
use crate::ledger::{Ledger, StreamRow};
use crate::lock::Lock;
use crate::nodes::Grown;
use crate::side::leases::Held;
use crate::stream::StreamId;
use crate::wake::Wake;

pub(crate) struct Shared {
    /// It stands before the lock, so that the database is closed when the lock is
    /// released.
    pub ledger: Box<dyn Ledger>,
    pub keys: Keys,
    pub clock: Clock,
    pub cache: Cache,
    /// Rows of streams that are looked at in case another node has written.
    pub rows: CoalescedBy<StreamId, Result<Option<Arc<StreamRow>>, Arc<StoreError>>>,
    pub wake: Wake,
    pub damage: Damage,
    /// The time of the newest event that is committed.
    pub newest: AtomicI64,
    /// How many streams there are, damaged ones as well.
    pub streams: AtomicUsize,
    pub health: Health,
    /// Streams that this process knows to have grown.
    pub grown: Grown,
    /// The leases that this process has.
    pub held: Held,
    /// How long no node may be heard before the service was away, in milliseconds.
    pub silence: Millis,
    /// How many streams readers fold at once.
    pub folding: Arc<Semaphore>,
    /// It is held as long as anybody uses the directory; none for looking at it only.
    pub lock: Option<Lock>,
}

impl Shared {
    /// Looks at the clock, as the writer does before it decides anything, and
    /// notices when it could not for a while.
    pub fn look(&self) -> (Reading, Option<Away>) {
        let reading = self.clock.read();
        (reading, self.health.look(&reading))
    }
}
