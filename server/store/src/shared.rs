//! What the writer and the readers share.

use std::sync::Arc;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::heartbeat::Health;
use crate::keys::Keys;
use crate::lock::Lock;
use crate::wake::Wake;

pub(crate) struct Shared {
    pub keys: Keys,
    pub clock: Clock,
    pub cache: Cache,
    pub wake: Arc<dyn Wake>,
    pub health: Health,
    /// Held as long as anybody uses the directory.
    pub lock: Lock,
}
