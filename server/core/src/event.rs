//! The facts of a project's events: what happened, without any name. They are
//! public from T0 on, and the state is folded from them alone.

mod about;
mod outcome;
mod refused;
mod words;

pub use words::{Bids, Cause, Check, Failure, Fault, Opening, Order, Outcome, Rule, Termination};

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};

use crate::act::{Absence, Deposit, Ending, Finding, LineException, Withheld};
use crate::details::Details;
use crate::ids::{LotId, Millis, Party, Salt, Seconds, Seq};
use crate::reference::SealedReference;
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
    /// The event, with its kind.
    pub what: What,
}

/// The rules of a lot as far as its course depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotRules {
    /// The lot they are for.
    pub lot: LotId,
    /// The digest of its sealing terms.
    pub terms: Digest,
    /// Fewer valid bids than this, and the lot fails (招标投标法实施条例 art. 44: 3).
    pub minimum: u32,
    /// Whether the lot fails as well when fewer than `minimum` are unlocked or
    /// opened.
    pub fails_after_unlock: bool,
    /// Whether public and bidders see codes instead of names.
    pub masked: bool,
    /// The order in which the sheets are read out.
    pub reading: ReadingOrder,
    /// How many custodians there are: their x are 1..=custodians.
    pub custodians: u8,
    /// How many custodians' shares open a bid.
    pub release: u8,
    /// How many make b in a rescue; none where the terms allow no rescue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue: Option<u8>,
    /// How many witnesses T0 and the accepted set wait for.
    pub quorum: u8,
    /// The longest stay in each state, in seconds.
    pub stays: Stays,
    /// The control price or base that the host has sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<SealedReference>,
}

/// What happened.
#[expect(
    missing_docs,
    reason = "the fields of an event are listed in docs/spec/events.md; those that need a word have one"
)]
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[strum(serialize_all = "snake_case")]
pub enum What {
    // Preparing.
    /// The host or the transaction platform wrote the first draft.
    Drafted { draft: Digest },
    /// The draft was replaced; only before publication.
    Edited { draft: Digest },
    /// A custodian (解密保管人) certified its key for this project. `key` is the
    /// SHA-256 of the key in base64.
    KeyCertified { key: Digest },
    /// The host asked an organisation to certify a key, for an amendment to come.
    CustodianInvited,
    /// The host published the notice (招标公告), which fixes the rules of every lot.
    Published {
        t0: Millis,
        outage_moves_t0: bool,
        legal: Legal,
        lots: Vec<LotRules>,
        /// How long before T0 sign-in opens; an hour where nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sign_in: Option<Seconds>,
    },

    // Before T0.
    /// The host clarified the tender (澄清, 招标投标法实施条例 art. 21). Changes of all
    /// kinds are numbered together, from 1.
    Clarified { number: u32 },
    /// A lot's sealing terms changed (修改); bids sealed under the old ones no
    /// longer count.
    TermsAmended {
        number: u32,
        rules: LotRules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
        /// The bids this makes stale, sorted.
        stale: Vec<Digest>,
    },
    /// T0 was moved to a later instant (延期).
    Postponed { number: u32, t0: Millis },
    /// The host cancelled these lots before T0; their bids stay sealed.
    Cancelled { lots: Vec<LotId> },
    /// The last verified byte of a bid came in (电子招标投标办法 art. 27).
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
    /// The bidder withdrew its bid (撤回); the link's digest is the act's.
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
    EvidenceCapped { lot: LotId, party: Party },
    /// How many refusals went unrecorded since.
    RefusalsCounted {
        lot: LotId,
        party: Party,
        count: u64,
    },

    // Attending.
    /// The bidder's representative signed in (签到).
    SignedIn { lot: LotId, party: Party },
    /// The host or the centre allows a bidder to sign in after T0.
    SignInAllowed { lot: LotId, party: Party },
    /// The operator's seat; persons are numbered in the order they took it.
    OperatorChanged { operator: u32, seat: By },

    // T0 and checking.
    /// T0 has passed (投标截止). The live bids of each lot are fixed here: what comes
    /// after this event is late.
    DeadlineReached { t0: Millis, lots: Vec<Bids> },
    /// The closing statement (no lot), or a lot's accepted statement.
    StatementSigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
    },
    /// Enough witnesses cosigned the statement.
    QuorumReached {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
        witnesses: u8,
    },
    /// The supervisor ordered that the statement stands without the quorum.
    QuorumOrdered {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    /// A bidder's deposit (投标保证金) was marked.
    DepositMarked {
        lot: LotId,
        party: Party,
        deposit: Deposit,
    },
    /// The host or the centre refused a bid, which is then not opened.
    BidRefused {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// The list of the bids that go into unlocking was published, or was due.
    ListPublished { lot: LotId, bids: Vec<Digest> },
    /// A lot failed for want of bids; `count` is how many there were.
    LotFailed {
        lot: LotId,
        failure: Failure,
        count: u32,
    },

    // Unlocking.
    /// The unlocking window of these lots began; `ends` is its last instant,
    /// exclusive.
    WindowStarted { lots: Vec<LotId>, ends: Millis },
    /// A running window was lengthened.
    WindowExtended { lots: Vec<LotId>, seconds: Seconds },
    /// The clocks of these lots were stopped.
    Suspended { lots: Vec<LotId> },
    /// The clocks run on (复会); every running deadline is later by as long as they
    /// stood.
    Resumed { lots: Vec<LotId> },
    /// The bidder's secret b matched its commitment KB (电子招标投标办法 art. 30).
    Unlocked {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// A secret did not match, or the platform could not tell. This is evidence.
    UnlockFailed {
        lot: LotId,
        party: Party,
        bid: Digest,
        check: Check,
    },
    /// The bidder asked for a rescue (补救解密, 电子招标投标办法 art. 31) of its own bid.
    RescueAsked {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// The supervisor ordered the rescue.
    RescueOrdered {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// A custodian sent its share of b; `good` says whether it matches its
    /// commitment, `x` which custodian it was.
    RescueShared {
        lot: LotId,
        party: Party,
        bid: Digest,
        x: u8,
        good: bool,
    },
    /// The shares of b were put together; `matches` says whether they make it,
    /// and its dealing holds.
    Rescued {
        lot: LotId,
        party: Party,
        bid: Digest,
        matches: bool,
    },
    /// Nobody was served. Running deadlines are later by as much, and T0 is later
    /// where it says so.
    OutageNoted {
        from: Millis,
        to: Millis,
        cause: Cause,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
    },

    // Releasing and opening.
    /// The accepted set of a lot is fixed, once and for all: all are in, or the
    /// window is over. `bids` are sorted.
    AcceptedFixed { lot: LotId, bids: Vec<Digest> },
    /// A custodian's answer for each accepted bid: a share that matched its
    /// commitment, one that did not, or none and why.
    Released {
        lot: LotId,
        x: u8,
        good: Vec<Digest>,
        wrong: Vec<Digest>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<Withheld>,
    },
    /// The custodians' time ran out once and begins anew.
    ReleaseExtended { lot: LotId },
    /// The custodians' time is over; what can be opened is opened without the
    /// rest.
    ReleaseClosed { lot: LotId },
    /// The platform opened the sheets of a lot, all at once. `results` are sorted
    /// by bid.
    Opened { lot: LotId, results: Vec<Opening> },
    /// The platform did not open what it could in its time.
    OpeningClosed { lot: LotId },
    /// The platform decrypted one document of an opened bid, or could not.
    DocumentOpened {
        lot: LotId,
        bid: Digest,
        segment: u32,
        outcome: Outcome,
    },
    /// A rule decided what an unopened bid is deemed to be (撤销 or 撤回, 电子招标投标办法
    /// art. 31).
    FindingMade {
        lot: LotId,
        party: Party,
        bid: Digest,
        finding: Finding,
        rule: Rule,
        /// The events it rests on.
        cites: Vec<Seq>,
    },
    /// The dealing of a bid was recomputed and holds, so a custodian's share that
    /// did not match, or its complaint about its wrap, is the custodian's own
    /// fault.
    CustodianFound {
        lot: LotId,
        x: u8,
        bid: Digest,
        fault: Fault,
        /// The events it rests on.
        cites: Vec<Seq>,
    },
    /// The supervisor confirmed a finding.
    FindingConfirmed {
        lot: LotId,
        party: Party,
        finding: Finding,
    },
    /// The supervisor put another finding in its place.
    FindingOverruled {
        lot: LotId,
        party: Party,
        finding: Finding,
    },
    /// The supervisor confirmed what was found of a custodian.
    FaultConfirmed {
        lot: LotId,
        x: u8,
        bid: Digest,
        fault: Fault,
    },
    /// The supervisor lifted it, or let it stand again.
    FaultOverruled {
        lot: LotId,
        x: u8,
        bid: Digest,
        /// Whether the fault stands from here on.
        stands: bool,
    },

    // Announced and after.
    /// The sheets were announced (唱标).
    Announced { lots: Vec<Order> },
    /// Names are shown instead of codes from here on.
    MaskLifted { lots: Vec<LotId> },
    /// A bidder confirmed its own line.
    LineConfirmed {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// A bidder disputed its own line; the sheet stands.
    LineDisputed {
        lot: LotId,
        party: Party,
        bid: Digest,
    },
    /// The period for objections (异议) began.
    ObjectionsOpened { lots: Vec<LotId>, ends: Millis },
    /// A bidder objected (招标投标法实施条例 art. 44). The event's number names the
    /// objection.
    Objected { lot: LotId, party: Party },
    /// An objection was answered.
    Replied { lot: LotId, objection: Seq },
    /// A bidder said that it has no objection (无异议).
    NoObjection { lot: LotId, party: Party },
    /// The period for objections ended.
    ObjectionsClosed { lots: Vec<LotId> },
    /// The opening record (开标记录表) was made; digests of its JSON and of its PDF.
    RecordMade {
        lot: LotId,
        record: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pdf: Option<Digest>,
        /// The record it corrects.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<Digest>,
    },
    /// The host asked for a corrected record.
    CorrectionAsked { lot: LotId, record: Digest },
    /// The host signed the record.
    RecordSigned { lot: LotId, record: Digest },
    /// A bidder signed the record too.
    Countersigned {
        lot: LotId,
        party: Party,
        record: Digest,
    },
    /// The lots are closed.
    Closed { lots: Vec<LotId> },
    /// Somebody who took part rated the service (好差评), from 1 to 5.
    Rated { score: u8 },

    // Complaints.
    /// Somebody complained to the supervisor (招标投标法实施条例 art. 60). The event's
    /// number names the complaint.
    Complained { lot: LotId },
    /// The supervisor took it up (art. 61).
    ComplaintTakenUp { lot: LotId, complaint: Seq },
    /// The supervisor declined it.
    ComplaintDeclined { lot: LotId, complaint: Seq },
    /// The supervisor answered it.
    ComplaintAnswered { lot: LotId, complaint: Seq },

    // The room, and the supervisor.
    /// A bidder asked the centre's desk for help.
    HelpAsked { lot: LotId, party: Party },
    /// A help request was answered.
    HelpAnswered { lot: LotId, help: Seq },
    /// The host or the centre spoke to the room.
    Said {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    /// A bidder asked the host a question.
    Asked { lot: LotId, party: Party },
    /// A question was answered.
    Answered { lot: LotId, question: Seq },
    /// The supervisor made a remark.
    Remarked {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    },
    /// The host remarked something on a bidder's line (备注).
    LineRemarked {
        lot: LotId,
        party: Party,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exception: Option<LineException>,
    },
    /// The host noted why nobody attends for a bidder.
    AbsenceMarked {
        lot: LotId,
        party: Party,
        absence: Absence,
    },
    /// Host or centre wrote to one bidder, or it to them.
    SaidPrivately { lot: LotId, party: Party },
    /// No more questions of this bidder are taken.
    Muted { lot: LotId, party: Party },
    /// They are taken again.
    Unmuted { lot: LotId, party: Party },
    /// The host revealed the control price or base that it had sealed.
    ReferenceRevealed {
        lot: LotId,
        value: String,
        salt: Salt,
    },
    /// The lots ended; what is sealed stays sealed.
    Terminated {
        lots: Vec<LotId>,
        cause: Termination,
        /// The code by which it was ordered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ending: Option<Ending>,
    },
}
