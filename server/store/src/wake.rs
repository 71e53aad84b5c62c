//! Wake-ups tell others that a stream grew. A wake-up carries no content: whoever
//! is woken reads on from the version it has, so that a lost wake-up costs time
//! and never an event.

use tokio::sync::broadcast;

use crate::stream::StreamId;

/// A stream has `version` events now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which stream grew.
    pub stream: StreamId,
    /// How many events it has now.
    pub version: u64,
    /// Whether this process wrote them, and not another node.
    pub here: bool,
}

/// Wake-ups within this process.
pub(crate) struct Wake(broadcast::Sender<Changed>);

impl Wake {
    /// A channel that nobody listens to yet. A receiver that is 4096 wake-ups behind
    /// is told so, and then looks at every stream it follows.
    pub fn new() -> Self {
        Self(broadcast::channel(4_096).0)
    }

    /// Called after the commit, once per stream that grew.
    pub fn wake(&self, changed: Changed) {
        // No receiver is no error: nobody is waiting.
        let _ = self.0.send(changed);
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }
}
