//! Sessions seen lately, so that not every request reads the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::Millis;
use kaibiao_crypto::Digest;
use tokio::sync::broadcast;

use crate::login::Session;

/// How many sessions are held at most; the store has them all.
const HELD: usize = 50_000;

/// How many ends a slow watcher may miss before it has to ask whether its session goes
/// on.
const ENDS: usize = 64;

/// The sessions seen lately, by the digest of their token.
pub struct Sessions {
    held: Mutex<HashMap<Digest, Judged>>,
    /// Tells the names of sessions that end. Two nodes would have to tell each other;
    /// a watcher elsewhere is cut off when it is next looked at.
    ended: broadcast::Sender<Digest>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            ended: broadcast::Sender::new(ENDS),
        }
    }
}

/// A session, and the reading of the authorities it was last judged by.
#[derive(Clone)]
pub struct Judged {
    /// Who is logged in.
    pub session: Arc<Session>,
    /// [`super::authorities::Believed::reading`].
    pub reading: u64,
    /// What the store lists it by.
    pub name: Digest,
    /// When it was last used, for its owner.
    used: Arc<AtomicI64>,
}

impl Judged {
    pub fn new(session: Arc<Session>, reading: u64, name: Digest, now: Millis) -> Self {
        let used = Arc::new(AtomicI64::new(now));
        Self {
            session,
            reading,
            name,
            used,
        }
    }

    /// The same session, judged by another reading and used now.
    #[must_use]
    pub fn again(self, reading: u64, now: Millis) -> Self {
        self.touch(now);
        Self { reading, ..self }
    }

    pub fn touch(&self, now: Millis) {
        self.used.fetch_max(now, Ordering::Relaxed);
    }
}

impl Sessions {
    /// The session of a token that was seen before.
    pub fn find(&self, token: &str) -> Option<Judged> {
        self.held().get(&Digest::of(token.as_bytes())).cloned()
    }

    /// Remembers a session.
    pub fn keep(&self, token: &str, judged: Judged) {
        let mut held = self.held();
        if held.len() >= HELD {
            // All of them are in the store, so forgetting one costs one read.
            held.clear();
        }
        held.insert(Digest::of(token.as_bytes()), judged);
    }

    /// When each of these sessions was last used, as far as this process knows.
    pub fn used(&self, names: &[Digest]) -> HashMap<Digest, Millis> {
        let held = self.held();
        let known = held.values().filter(|judged| names.contains(&judged.name));
        known
            .map(|judged| (judged.name, judged.used.load(Ordering::Relaxed)))
            .collect()
    }

    /// Forgets the session that the store lists by this name, and tells whoever watches
    /// by it that it has ended.
    pub fn end(&self, name: &Digest) {
        self.held().retain(|_, judged| judged.name != *name);
        // Nobody may be watching.
        let _ = self.ended.send(*name);
    }

    /// The names of sessions that end from now on.
    pub fn ends(&self) -> broadcast::Receiver<Digest> {
        self.ended.subscribe()
    }

    /// Forgets what has expired.
    pub fn sweep(&self, now: Millis) {
        self.held().retain(|_, judged| judged.session.expires > now);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Judged>> {
        // Every change under the lock is complete in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
