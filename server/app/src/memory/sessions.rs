//! Sessions seen lately, so that not every request reads the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Millis;
use kaibiao_crypto::Digest;
use kaibiao_store::CoalescedBy;
use tokio::sync::broadcast;

use crate::login::Session;

/// How many sessions are held at most; the store has them all.
const HELD: usize = 50_000;

/// How long a session is believed to go on where another node may end it.
const FRESH: Duration = Duration::from_secs(1);

/// How many ends a slow watcher may miss before it has to ask whether its session goes
/// on.
const ENDS: usize = 64;

/// The sessions seen lately, by the digest of their token.
pub struct Sessions {
    held: Mutex<HashMap<Digest, Judged>>,
    /// Tells the names of sessions that end.
    ended: broadcast::Sender<Digest>,
    /// Whether another node may end one.
    is_shared: bool,
    /// Those that are being read from the store, by their names.
    pub stored: CoalescedBy<Digest, Result<Option<Judged>, Problem>>,
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
    /// When it was read from the store.
    read: Instant,
}

impl Judged {
    pub fn new(session: Arc<Session>, reading: u64, name: Digest, now: Millis) -> Self {
        let used = Arc::new(AtomicI64::new(now));
        Self {
            session,
            reading,
            name,
            used,
            read: Instant::now(),
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
    /// None yet. Where other nodes serve as well, one that was read a while ago is read
    /// again.
    pub fn new(is_shared: bool) -> Self {
        Self {
            held: Mutex::default(),
            ended: broadcast::Sender::new(ENDS),
            is_shared,
            stored: CoalescedBy::default(),
        }
    }

    /// The session of a token that was seen before and goes on.
    pub fn find(&self, token: &str) -> Option<Judged> {
        self.met(token)
            .filter(|judged| !self.is_shared || judged.read.elapsed() < FRESH)
    }

    /// The session of a token that was seen before, though it may have ended.
    pub fn met(&self, token: &str) -> Option<Judged> {
        self.held().get(&Digest::of(token.as_bytes())).cloned()
    }

    /// Remembers a session.
    pub fn keep(&self, token: &str, judged: Judged) {
        let mut held = self.held();
        if held.len() >= HELD {
            // All of them are in the store, so forgetting one costs one read.
            held.clear();
        }
        let token = Digest::of(token.as_bytes());
        if let Some(before) = held.get(&token) {
            judged.touch(before.used.load(Ordering::Relaxed));
        }
        held.insert(token, judged);
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
