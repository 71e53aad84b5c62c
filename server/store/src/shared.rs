//! What the writer and the readers share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::heartbeat::Health;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::lock::Lock;
use crate::wake::Wake;

pub(crate) struct Shared {
    /// It stands before the lock, so that the database is closed when the lock is
    /// released.
    pub ledger: Box<dyn Ledger>,
    pub keys: Keys,
    pub clock: Clock,
    pub cache: Cache,
    pub wake: Wake,
    pub health: Health,
    /// How many streams readers fold at once.
    pub folding: Arc<Semaphore>,
    /// It is held as long as anybody uses the directory.
    pub lock: Lock,
}
