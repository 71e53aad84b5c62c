//! Which streams are damaged. One that is stands still, and no other does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;

/// The damaged streams known of, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Damage(Mutex<BTreeMap<String, String>>);

impl Damage {
    /// Names the stream in a failure to read it, and notes it if the failure says that
    /// what is stored is not what was written. A failure that may pass notes nothing.
    pub fn of(&self, stream: &str, error: StoreError) -> StoreError {
        let problem = match error {
            StoreError::Corrupt(problem) => problem,
            error @ StoreError::Unlawful { .. } => error.to_string(),
            other => return other,
        };
        let known = self.held().insert(stream.to_owned(), problem.clone());
        if known.is_none() {
            tracing::error!(stream, problem, "a stream is damaged and stands still");
        }
        StoreError::Damaged {
            stream: stream.to_owned(),
            problem,
        }
    }

    /// Says that the stream was read whole, and every byte of it was as written.
    pub fn healed(&self, stream: &str) {
        self.held().remove(stream);
    }

    /// The damaged streams, by name.
    pub fn all(&self) -> Vec<String> {
        self.held().keys().cloned().collect()
    }

    pub fn has(&self, stream: &str) -> bool {
        self.held().contains_key(stream)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
