//! Everything that a process remembers and the store does not. Each part says
//! what a second node of the same platform would do to it, so this folder is the
//! list of what has to change before there are several.

pub mod audit;
pub mod authorities;
pub mod contacts;
pub mod exports;
pub mod heard;
pub mod holdings;
pub mod limits;
pub mod log;
pub mod logins;
pub mod presence;
pub mod quota;
pub mod reels;
pub mod rooms;
pub mod sessions;
pub mod summaries;
pub mod unanswered;
pub mod unserved;
pub mod uploads;
pub mod work;

use std::sync::Arc;

use self::audit::Audit;
use self::authorities::{Authorities, TrustError};
use self::contacts::Contacts;
use self::exports::Exports;
use self::heard::Heard;
use self::holdings::Holdings;
use self::limits::{Limiter, Who};
use self::log::PublicLog;
use self::logins::Logins;
use self::presence::Presence;
use self::quota::Quota;
use self::reels::Reels;
use self::rooms::Rooms;
use self::sessions::Sessions;
use self::summaries::Summaries;
use self::unanswered::Calls;
use self::unserved::Runs;
use self::uploads::Uploads;
use self::work::Work;
use crate::config::Config;

/// What one process remembers; a restart begins with none of it.
pub struct Memory {
    /// The tree of the platform's stream. Each node reads its own.
    pub audit: Audit,
    /// The authorities whose certificates are believed, as last read. Each
    /// node reads its own trust directory, so two nodes may believe different
    /// ones until both have looked again.
    pub authorities: Authorities,
    /// How persons are reached outside the hall. A node forgets them when another says
    /// that it changed one, and now and then.
    pub contacts: Contacts,
    /// Sessions seen lately, to spare the store. Where there are other nodes one is read
    /// again after a second; when it was last used is known to the node that it used.
    pub sessions: Sessions,
    /// Uploads under way that this node has heard of, and how far it hashed them itself.
    /// Each node reads the others' from their rows.
    pub uploads: Uploads,
    /// When officials were last seen. Nodes tell each other of their visitors.
    pub presence: Presence,
    /// When custodians' agents were last heard. Nodes tell each other of their callers.
    pub heard: Heard,
    /// Exports that are on record. Another node would record them once more.
    pub exports: Exports,
    /// What was found missing of what bids need. Another node looks at its own files.
    pub holdings: Holdings,
    /// Reels of the projects that were replayed last. Each node folds its own.
    pub reels: Reels,
    /// Live rooms, folded from the stream. Each node folds its own, and is woken by what
    /// another wrote.
    pub rooms: Rooms,
    /// The public log's files and last anchors. Whoever has the lease writes and signs it;
    /// other nodes make the same files.
    pub log: PublicLog,
    /// Log-ins and log-outs that are not on record yet. Each node notes its own.
    pub logins: Logins,
    /// Calls to unlock that were answered with an error. Each node keeps its own until
    /// they are on record.
    pub unanswered: Calls,
    /// Errors that callers were answered. Each node knows of its own answers only; one
    /// that another node lets time act on is not made up for.
    pub unserved: Runs,
    /// The lines of all projects, for searches and jobs. Each node reads them, and compares
    /// their versions with the store's every two seconds.
    pub summaries: Summaries,
    /// Background work under way. Another node would do the same work again.
    pub work: Work,
    /// How often each caller has asked lately. Every node counts for itself; over several
    /// nodes Redis counts, where there is one ([`crate::counts`]).
    pub limits: Limiter,
    /// Bytes of bodies that are being read. Every node has its own memory.
    pub bodies: Arc<Quota<Who>>,
    /// The same for those who are not logged in, so that they hold up nobody else.
    pub strangers_bodies: Arc<Quota<Who>>,
    /// Watchers' sockets. Every node counts its own, so that two nodes give one
    /// person twice as many.
    pub sockets: Arc<Quota<Who>>,
}

impl Memory {
    /// Begins with what the trust directory says and nothing else.
    ///
    /// # Errors
    /// When the trust directory cannot be read.
    pub fn new(config: &Config) -> Result<Self, TrustError> {
        Ok(Self {
            audit: Audit::default(),
            authorities: Authorities::open(config.trust())?,
            contacts: Contacts::default(),
            sessions: Sessions::new(config.is_shared()),
            uploads: Uploads::default(),
            presence: Presence::default(),
            heard: Heard::default(),
            exports: Exports::default(),
            holdings: Holdings::default(),
            reels: Reels::default(),
            rooms: Rooms::default(),
            log: PublicLog::default(),
            logins: Logins::default(),
            unanswered: Calls::default(),
            unserved: Runs::default(),
            summaries: Summaries::default(),
            work: Work::default(),
            limits: Limiter::new(&config.limits),
            bodies: Quota::new(config.limits.bodies_bytes / 4 * 3),
            strangers_bodies: Quota::new(config.limits.bodies_bytes / 4),
            sockets: Quota::new(usize::MAX),
        })
    }
}
