//! One upload under way: whose it is, and which bid it must become.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Checked, CheckedBid, Command, Performed};
use kaibiao_core::details::{Author, Consent};
use kaibiao_core::ids::{LotId, Millis, Organisation, ProjectId};
use kaibiao_core::role::Role;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{Header, HeaderProblem, UploadCheck, UploadProblem};
use kaibiao_crypto::encoding::Base64;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// What an upload is for, as the store keeps it sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct About {
    pub project: ProjectId,
    pub lot: LotId,
    pub author: Author,
    pub roles: Vec<Role>,
    pub act: Act,
    pub signed: Signed,
    pub header: Base64,
    /// The signatures of a consortium's members.
    #[serde(default)]
    pub consents: Vec<Consent>,
    /// Digests of all chunks, where the client told them.
    pub chunks: Option<Base64>,
}

/// An upload under way.
pub struct Incoming {
    pub id: String,
    pub about: About,
    pub header: Header,
    pub bid: Digest,
    pub length: u64,
    pub expires: Millis,
    /// Tells the request that is writing to let go, because its client has come
    /// back with a new one.
    pub let_go: Notify,
    /// When it became a bid, in UTC milliseconds; 0 until then.
    done: AtomicI64,
    /// How far this process has hashed the bytes itself as it wrote them.
    hashed: AtomicU64,
    /// The running digests as the last request left them.
    parked: Mutex<Option<UploadCheck>>,
}

impl Incoming {
    /// # Errors
    /// When the stored header cannot be parsed, as it could when the upload began.
    pub fn new(id: String, about: About, expires: Millis) -> Result<Self, HeaderProblem> {
        let header = Header::parse(&about.header.0)?;
        Ok(Self {
            bid: header.digest(),
            length: header.layout().length(),
            id,
            about,
            header,
            expires,
            let_go: Notify::new(),
            done: AtomicI64::new(0),
            hashed: AtomicU64::new(0),
            parked: Mutex::default(),
        })
    }

    pub fn organisation(&self) -> &Organisation {
        &self.about.author.organisation
    }

    /// Whether a submission is the one that began this upload: the same act, and
    /// the same chunks told. The header is the act's.
    pub fn is_same(&self, other: &About) -> bool {
        self.about.signed.digest() == other.signed.digest() && self.about.chunks == other.chunks
    }

    /// The sequence number that its bidder gave it.
    pub fn sequence(&self) -> u32 {
        match &self.about.act {
            Act::Submit(submit) => submit.sequence,
            _ => 0,
        }
    }

    /// The command that the last byte puts to the rules.
    pub fn command(&self) -> Command {
        command(&self.about, &self.header)
    }

    /// Whether it has become a bid.
    pub fn is_done(&self) -> bool {
        self.done_at().is_some()
    }

    /// When it became a bid.
    pub fn done_at(&self) -> Option<Millis> {
        Some(self.done.load(Ordering::Relaxed)).filter(|done| *done != 0)
    }

    pub fn mark_done(&self, now: Millis) {
        self.done.store(now, Ordering::Relaxed);
        *self.parking() = None;
    }

    /// How far this process has hashed what is on disk. What the store says beyond
    /// that is what anybody could have written there.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    pub fn mark_hashed(&self, offset: u64) {
        self.hashed.store(offset, Ordering::Relaxed);
    }

    /// Keeps the running digests for the next request.
    pub fn park(&self, check: UploadCheck) {
        *self.parking() = Some(check);
    }

    /// The running digests, where the last request left them at this offset.
    pub fn parked(&self, offset: u64) -> Option<UploadCheck> {
        let found = self.parking().take();
        found.filter(|check| check.position() == offset)
    }

    fn parking(&self) -> MutexGuard<'_, Option<UploadCheck>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A check of the ciphertext from its first byte on.
    ///
    /// # Errors
    /// When the chunk digests that were told do not fit the header.
    pub fn check(&self) -> Result<UploadCheck, UploadProblem> {
        match &self.about.chunks {
            Some(chunks) => UploadCheck::announced(self.header.promise(), &chunks.0),
            None => Ok(UploadCheck::new(self.header.promise())),
        }
    }
}

/// The submission of a header's bid.
pub fn command(about: &About, header: &Header) -> Command {
    let context = header.context();
    let segments: u32 = context.envelopes.iter().sum();
    Command::Act(Box::new(Performed {
        actor: about.actor(),
        act: about.act.clone(),
        signed: about.signed.clone(),
        checked: Checked::Bid(CheckedBid {
            bid: header.digest(),
            // A malformed id in the header matches no project.
            project: context
                .project
                .parse()
                .unwrap_or(ProjectId(uuid::Uuid::nil())),
            lot: context.lot.parse().unwrap_or_else(|_| about.lot.clone()),
            terms: context.terms,
            organisation: context.bidder.clone(),
            // ctx names the first of the chain by H of its suite, which was compared when
            // the header was parsed; what else is named, is named by SHA-256.
            certificate: header.chain().signer(),
            segments,
            size: header.layout().length(),
            rescue: context.rescue.is_some(),
            consents: about.consents.clone(),
        }),
    }))
}

impl About {
    pub fn actor(&self) -> Actor {
        Actor {
            author: self.author.clone(),
            roles: self.roles.iter().copied().collect(),
            agent: None,
        }
    }
}
