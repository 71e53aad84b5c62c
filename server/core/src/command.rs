//! What is put to `decide`: an act that has been checked for its signature, or
//! something the platform itself did or found.

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;

use crate::act::{Act, Complain};
use crate::details::{Author, Consent, OpenedSheet};
use crate::event::{Cause, Check, Opening, Outcome};
use crate::ids::{LotId, Millis, Organisation, Party, ProjectId, Seq};
use crate::refusal::RefusalCode;
use crate::register::Register;
use crate::role::Role;
use crate::signed::Signed;
use crate::terms::{Legal, Trust};

/// Who acts, as the certificate and the bound roles say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The organisation and the person.
    pub author: Author,
    /// The roles that the platform has bound to them.
    pub roles: BTreeSet<Role>,
    /// SHA-256 of the agent's public key, where a custodian's agent acts.
    pub agent: Option<Digest>,
}

impl Actor {
    /// The organisation that acts.
    pub fn organisation(&self) -> &Organisation {
        &self.author.organisation
    }
}

/// A command on a project's stream.
#[derive(Debug, Clone)]
pub enum Command {
    /// Somebody acts.
    Act(Box<Performed>),
    /// The platform does or finds something.
    System(System),
}

/// An act by somebody.
#[derive(Debug, Clone)]
pub struct Performed {
    /// Who acts.
    pub actor: Actor,
    /// The act, as read from the body.
    pub act: Act,
    /// The body as received and its signature; verified by the caller against
    /// the actor's certificate, the act's purpose, the origin and the project.
    pub signed: Signed,
    /// What the caller found out about the act's secrets or upload.
    pub checked: Checked,
}

/// Cryptographic checks that were made outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The act carries nothing that had to be checked beside its signature.
    Nothing,
    /// Submit: the header, and every byte of the ciphertext.
    Bid(CheckedBid),
    /// Unlock: whether b matches the bid's commitment; `None` when it does.
    Key {
        /// The check that failed.
        failed: Option<Check>,
        /// How long checking took.
        milliseconds: u64,
    },
    /// Release and rescue.
    Shares {
        /// For each share of the act, in its order, whether it matches its
        /// commitment.
        good: Vec<bool>,
        /// For each wrap that the act complains of, in its order, the custodian
        /// that the bid's header holds it for; 0 where it holds no such wrap.
        wraps: Vec<u8>,
    },
    /// Certify-key, publish and amend need nothing more than the signature.
    Certified,
    /// Erase-details: the event that it names is there and may lose its details, of
    /// which this is the digest in its shell.
    Erasable(Digest),
}

/// What the platform read in a bid's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedBid {
    /// H(header): the digest of the bid.
    pub bid: Digest,
    /// The project in ctx.
    pub project: ProjectId,
    /// The lot in ctx.
    pub lot: LotId,
    /// H(sealing terms) in ctx.
    pub terms: Digest,
    /// The organisation in ctx.
    pub organisation: Organisation,
    /// H(signing certificate) in ctx.
    pub certificate: Digest,
    /// How many segments it has: the sheet, the manifest and the documents.
    pub segments: u32,
    /// Of all ciphertexts together, in bytes.
    pub size: u64,
    /// Whether b is shared for rescue.
    pub rescue: bool,
    /// The signatures of a consortium's members, each verified against the member's
    /// certificate.
    pub consents: Vec<Consent>,
}

/// What the platform itself does or finds.
#[expect(
    missing_docs,
    reason = "the fields become those of an event or of its details, where they are described"
)]
#[derive(Debug, Clone)]
pub enum System {
    /// Nothing but the passing of time.
    Tick,
    /// A submission that was refused before it could become an act.
    SubmissionRefused {
        actor: Box<Actor>,
        lot: LotId,
        code: RefusalCode,
        bid: Option<Digest>,
        note: String,
    },
    /// Refusals that went unrecorded after the cap.
    RefusalsCounted {
        lot: LotId,
        party: Party,
        count: u64,
    },
    /// A bidder's call to unlock that reached the platform and was answered with an
    /// error of the platform's own.
    UnlockUnanswered {
        organisation: Organisation,
        lot: LotId,
        bid: Digest,
    },
    /// The closing statement (no lot) or a lot's accepted statement is signed.
    StatementSigned {
        lot: Option<LotId>,
        statement: Digest,
    },
    /// Enough witnesses have cosigned it.
    QuorumReached {
        lot: Option<LotId>,
        statement: Digest,
        witnesses: u8,
    },
    /// t' shares were put together: whether they make b.
    Rescued {
        lot: LotId,
        bid: Digest,
        matches: bool,
    },
    /// The lot's sheets were opened, or could not be.
    Opened {
        lot: LotId,
        results: Vec<Opening>,
        sheets: Vec<OpenedSheet>,
    },
    /// A document was decrypted in the background, or could not be.
    DocumentOpened {
        lot: LotId,
        bid: Digest,
        segment: u32,
        outcome: Outcome,
        name: String,
        size: u64,
        digest: Digest,
    },
    /// Somebody without a certificate complained. `signed` is the body alone, of which
    /// `body` was read.
    Complained {
        body: Box<Complain>,
        signed: Box<Signed>,
        name: String,
        reach: String,
        secret: Digest,
    },
    /// The record's JSON and PDF are made and stored.
    RecordMade {
        lot: LotId,
        /// How many events it tells of.
        size: Seq,
        record: Digest,
        pdf: Option<Digest>,
    },
}

/// What `decide` may know of the world.
#[derive(Debug, Clone)]
pub struct Context {
    /// Whose stream it is.
    pub project: ProjectId,
    /// The transaction's clock, not less than the stream's last time.
    pub now: Millis,
    /// Whether `now` can be believed.
    pub clock: Clock,
    /// When nobody was served last, if the stream may not know of it yet.
    pub away: Option<Away>,
    /// When errors were all that those whom the project concerns were answered, if the
    /// stream may not know of it yet.
    pub unserved: Option<Unserved>,
    /// Sixteen random bytes: the handle of an organisation new to the lot.
    pub fresh: Party,
    /// The legal minima in force: a publication fixes them.
    pub legal: Legal,
    /// What sealing terms tell clients to believe.
    pub trust: Trust,
    /// The organisations that the act names, as the platform's own stream knows them
    /// ([`crate::register::named`]).
    pub register: Register,
}

/// A time in which nobody was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// When the service was last known to work.
    pub from: Millis,
    /// When it worked again; never before `from`.
    pub to: Millis,
    /// Why.
    pub cause: Cause,
    /// The latest instant that was shown meanwhile by any clock: where something was
    /// due by it, people were told to try again. `to` where no clock was in doubt.
    pub reach: Millis,
}

impl Away {
    /// Its length in milliseconds.
    pub fn millis(&self) -> Millis {
        self.to - self.from
    }
}

/// A run of errors of the platform's own, answered to those whom a project concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unserved {
    /// The first one's instant.
    pub from: Millis,
    /// The last one's so far.
    pub to: Millis,
}

impl Unserved {
    /// Whether another error at `now` would belong to the run: no more than 30 seconds
    /// lie between two of one.
    pub fn lasts(&self, now: Millis) -> bool {
        now - self.to <= 30_000
    }
}

/// Whether the clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It agrees with its monotonic twin, and it is not behind the stream.
    Steady,
    /// It left its monotonic twin by more than 2,000 ms, or is as far behind the
    /// stream.
    Doubtful {
        /// By how much, in either direction.
        by: Millis,
    },
}
