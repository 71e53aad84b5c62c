//! What the secrets directory remembers of the data directory that it belongs to, so
//! that a platform whose data is gone, or has gone back, is never taken for a new one.
//!
//! `known.json` is written when the data directory has been opened for the first time,
//! and from then on whenever something happened. It is never ahead of what is durable.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use kaibiao_core::ids::Millis;
use kaibiao_os::files::{self, Readers};
use kaibiao_store::Store;
use serde::{Deserialize, Serialize};

use crate::keys::KeysError;

const KNOWN: &str = "known.json";

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub origin: String,
    /// The time of the newest event, UTC milliseconds.
    pub newest: Millis,
    /// How many streams there are: one for each project, and the platform's.
    #[serde(default)]
    pub streams: usize,
}

/// The newest event that is remembered already, and what was remembered and is gone.
#[derive(Debug)]
pub struct Noted {
    newest: AtomicI64,
    lost: usize,
}

impl Known {
    /// What a secrets directory remembers; `None` before the first opening.
    pub fn read(secrets: &Path) -> Result<Option<Self>, KeysError> {
        let path = secrets.join(KNOWN);
        match fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(known) => Ok(Some(known)),
                Err(_) => Err(KeysError::Unreadable(path)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeysError::File { path, source }),
        }
    }

    /// Remembers it, durably.
    pub fn write(&self, secrets: &Path) -> Result<(), KeysError> {
        let path = secrets.join(KNOWN);
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|_| KeysError::Unreadable(path.clone()))?;
        files::write(&path, &bytes, Readers::Owner)
            .map_err(|source| KeysError::File { path, source })
    }

    /// Refuses a store that is older than what is remembered. With damaged streams the
    /// newest event may be among what cannot be read; then it is said in the log only.
    pub fn check(&self, store: &Store) -> Result<(), KeysError> {
        let found = store.newest();
        if found >= self.newest {
            return Ok(());
        }
        let older = KeysError::Older {
            found: moment(found),
            known: moment(self.newest),
        };
        if store.damaged().is_empty() {
            return Err(older);
        }
        tracing::error!(%older, "streams are damaged, and the newest events may be theirs");
        Ok(())
    }
}

impl Noted {
    /// Begins with what is remembered, or remembers for the first time.
    pub fn begin(
        secrets: &Path,
        known: Option<&Known>,
        origin: &str,
        store: &Store,
    ) -> Result<Self, KeysError> {
        let Some(known) = known else {
            let noted = Self {
                newest: AtomicI64::new(Millis::MIN),
                lost: 0,
            };
            noted.keep_up(secrets, origin, store)?;
            return Ok(noted);
        };
        known.check(store)?;
        let lost = known.streams.saturating_sub(store.stream_count());
        if lost > 0 {
            tracing::error!(lost, "projects that were here are gone without a trace");
        }
        Ok(Self {
            newest: AtomicI64::new(known.newest),
            lost,
        })
    }

    /// How many projects were here once and are gone without a trace.
    pub fn lost(&self) -> usize {
        self.lost
    }

    /// Remembers how far the store is, if that is not what was noted last.
    pub fn keep_up(&self, secrets: &Path, origin: &str, store: &Store) -> Result<(), KeysError> {
        let newest = store.newest();
        if self.newest.load(Ordering::Relaxed) == newest {
            return Ok(());
        }
        let known = Known {
            origin: origin.to_owned(),
            newest,
            streams: store.stream_count() + self.lost,
        };
        known.write(secrets)?;
        self.newest.store(newest, Ordering::Relaxed);
        Ok(())
    }
}

fn moment(time: Millis) -> String {
    jiff::Timestamp::from_millisecond(time).map_or_else(|_| time.to_string(), |at| at.to_string())
}
