//! The facts of a project's events: what happened, without any name. They are
//! public from T0 on, and the state is folded from them alone.

mod about;
mod outcome;
mod words;

pub use words::{Bids, Check, Failure, Opening, Order, Outcome, Rule, Termination};

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};

use crate::act::{Deposit, Finding};
use crate::details::Details;
use crate::ids::{LotId, Millis, Party, Seconds, Seq};
use crate::refusal::RefusalCode;
use crate::role::By;
use crate::stream;
use crate::terms::{Legal, ReadingOrder, Stays};

/// An event of a project before it has its place.
pub type Event = stream::Event<Facts, Details>;
/// An event of a project.
pub type Recorded = stream::Recorded<Facts, Details>;

/// The facts of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// In what capacity.
    pub by: By,
    /// SHA-256 of the act's body, where a person or machine acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Digest>,
    pub what: What,
}

/// The rules of a lot as far as its course depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotRules {
    pub lot: LotId,
    /// The digest of its sealing terms.
    pub terms: Digest,
    pub minimum: u32,
    pub fails_after_unlock: bool,
    pub masked: bool,
    pub reading: ReadingOrder,
    /// How many custodians there are: their x are 1..=custodians.
    pub custodians: u8,
    pub release: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue: Option<u8>,
    /// How many witnesses T0 and the accepted set wait for.
    pub quorum: u8,
    pub stays: Stays,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    // Preparing.
    Drafted {
        draft: Digest,
    },
    Edited {
        draft: Digest,
    },
    KeyCertified {
        key: Digest,
    },
    Published {
        t0: Millis,
        outage_moves_t0: bool,
        legal: Legal,
        lots: Vec<LotRules>,
    },

    // Before T0.
    Clarified {
        number: u32,
    },
    TermsAmended {
        number: u32,
        rules: LotRules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
        /// The bids this makes stale, sorted.
        stale: Vec<Digest>,
    },
    Postponed {
        number: u32,
        t0: Millis,
    },
    Cancelled {
        lots: Vec<LotId>,
    },
    BidReceived {
        lot: LotId,
        party: Party,
        bid: Digest,
        sequence: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Digest>,
        /// The sealing terms it was sealed under.
        terms: Digest,
        /// Whether its bidder opted for rescue.
        rescue: bool,
    },
    BidWithdrawn {
        lot: LotId,
        party: Party,
        sequence: u32,
        previous: Digest,
    },
    /// A late, plaintext, altered or foreign submission.
    SubmissionRefused {
        lot: LotId,
        party: Party,
        code: RefusalCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bid: Option<Digest>,
    },
    /// From here on this party's refusals in this lot are no longer recorded
    /// one by one.
    EvidenceCapped {
        lot: LotId,
        party: Party,
    },
    /// How many refusals went unrecorded since.
    RefusalsCounted {
        lot: LotId,
        party: Party,
        count: u64,
    },

    // Attending.
    SignedIn {
        lot: LotId,
        party: Party,
    },
    SignInAllowed {
        lot: LotId,
        party: Party,
    },
    /// The operator's seat; persons are numbered in the order they took it.
    OperatorChanged {
        operator: u32,
        seat: By,
    },

    // T0 and checking.
    DeadlineReached {
        t0: Millis,
        lots: Vec<Bids>,
    },
    /// The closing statement (no lot), or a lot's accepted statement.
    StatementSigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
    },
    QuorumReached {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
        witnesses: u8,
    },
    QuorumOrdered {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    DepositMarked {
        lot: LotId,
        party: Party,
        deposit: Deposit,
    },
    BidRefused {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    ListPublished {
        lot: LotId,
        bids: Vec<Digest>,
    },
    LotFailed {
        lot: LotId,
        failure: Failure,
        count: u32,
    },

    // Unlocking.
    WindowStarted {
        lots: Vec<LotId>,
        ends: Millis,
    },
    WindowExtended {
        lots: Vec<LotId>,
        seconds: Seconds,
    },
    Suspended {
        lots: Vec<LotId>,
    },
    Resumed {
        lots: Vec<LotId>,
    },
    Unlocked {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    UnlockFailed {
        lot: LotId,
        party: Party,
        bid: Digest,
        check: Check,
    },
    RescueAsked {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    RescueOrdered {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    RescueShared {
        lot: LotId,
        party: Party,
        bid: Digest,
        x: u8,
        good: bool,
    },
    Rescued {
        lot: LotId,
        party: Party,
        bid: Digest,
        matches: bool,
    },
    /// The service was away. Running windows are longer by as much, and T0 is
    /// later where it says so.
    OutageNoted {
        from: Millis,
        to: Millis,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
    },

    // Releasing and opening.
    AcceptedFixed {
        lot: LotId,
        bids: Vec<Digest>,
    },
    /// A custodian's shares: which matched their commitment and which did not.
    Released {
        lot: LotId,
        x: u8,
        good: Vec<Digest>,
        wrong: Vec<Digest>,
    },
    ReleaseExtended {
        lot: LotId,
    },
    ReleaseClosed {
        lot: LotId,
    },
    Opened {
        lot: LotId,
        results: Vec<Opening>,
    },
    /// The platform did not open what it could in its time.
    OpeningClosed {
        lot: LotId,
    },
    DocumentOpened {
        lot: LotId,
        bid: Digest,
        segment: u32,
        outcome: Outcome,
    },
    FindingMade {
        lot: LotId,
        party: Party,
        bid: Digest,
        finding: Finding,
        rule: Rule,
        /// The events it rests on.
        cites: Vec<Seq>,
    },
    FindingConfirmed {
        lot: LotId,
        party: Party,
        finding: Finding,
    },
    FindingOverruled {
        lot: LotId,
        party: Party,
        finding: Finding,
    },

    // Announced and after.
    Announced {
        lots: Vec<Order>,
    },
    MaskLifted {
        lots: Vec<LotId>,
    },
    LineConfirmed {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    LineDisputed {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    ObjectionsOpened {
        lots: Vec<LotId>,
        ends: Millis,
    },
    Objected {
        lot: LotId,
        party: Party,
    },
    Replied {
        lot: LotId,
        objection: Seq,
    },
    ObjectionsClosed {
        lots: Vec<LotId>,
    },
    RecordMade {
        lot: LotId,
        record: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pdf: Option<Digest>,
        /// The record it corrects.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<Digest>,
    },
    CorrectionAsked {
        lot: LotId,
        record: Digest,
    },
    RecordSigned {
        lot: LotId,
        record: Digest,
    },
    Countersigned {
        lot: LotId,
        party: Party,
        record: Digest,
    },
    Closed {
        lots: Vec<LotId>,
    },
    Rated {
        score: u8,
    },

    // The room, and the supervisor.
    HelpAsked {
        lot: LotId,
        party: Party,
    },
    HelpAnswered {
        lot: LotId,
        help: Seq,
    },
    Said {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    Asked {
        lot: LotId,
        party: Party,
    },
    Answered {
        lot: LotId,
        question: Seq,
    },
    Remarked {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    Terminated {
        lots: Vec<LotId>,
        cause: Termination,
    },
}
