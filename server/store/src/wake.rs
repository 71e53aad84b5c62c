//! Telling others that a stream grew. A wake-up carries no content: who is woken
//! reads from the version it has. Losing one costs time, never an event.

use tokio::sync::broadcast;

use crate::stream::StreamId;

/// A stream has `version` events now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub stream: StreamId,
    pub version: u64,
}

/// Carries wake-ups within a process, or between several.
pub trait Wake: Send + Sync + 'static {
    /// Called after the commit, once per stream that grew.
    fn wake(&self, changed: Changed);
    /// A receiver that lags is told so and then looks at every stream it follows.
    fn subscribe(&self) -> broadcast::Receiver<Changed>;
}

/// Wake-ups within this process.
pub struct InProcess(broadcast::Sender<Changed>);

impl InProcess {
    pub fn new() -> Self {
        Self(broadcast::channel(4_096).0)
    }
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl Wake for InProcess {
    fn wake(&self, changed: Changed) {
        // No receiver is no error: nobody is waiting.
        let _ = self.0.send(changed);
    }

    fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }
}
