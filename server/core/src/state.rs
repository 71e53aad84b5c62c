//! The state of a project, folded from facts and nothing else. It has no names
//! and serialises to the same bytes after the same events.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::{Deposit, Finding};
use crate::event::{Check, LotRules, Outcome, Rule};
use crate::ids::{LotId, Millis, Party, Seconds, Seq};
use crate::role::By;
use crate::shared::Shared;
use crate::terms::Legal;

/// A project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// How many events there were: the last one's number.
    pub events: Seq,
    /// The last event's time.
    pub time: Millis,
    /// The digest of the draft as last written.
    pub draft: Option<Digest>,
    pub published: Option<Seq>,
    pub t0: Millis,
    pub outage_moves_t0: bool,
    pub legal: Option<Legal>,
    /// How many clarifications, amendments and postponements there were.
    pub changes: u32,
    /// The `deadline_reached` event: T0 has passed.
    pub deadline: Option<Seq>,
    /// The instant of that event.
    pub deadline_at: Millis,
    pub closing: Statement,
    pub lots: BTreeMap<LotId, Lot>,
    /// Every act so far, by the digest of its body.
    pub acts: BTreeSet<Digest>,
    pub operator: Option<Seat>,
    pub outages: Vec<Outage>,
    /// When the last lot came to its end.
    pub ended_at: Option<Millis>,
}

/// The operator's seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    pub operator: u32,
    /// Host or centre.
    pub seat: By,
}

/// A time in which the service was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    pub seq: Seq,
    pub from: Millis,
    pub to: Millis,
}

/// A statement of the platform, and whether clients may rely on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub digest: Option<Digest>,
    /// Cosigned by the quorum (at once where that is 0), or ordered to stand.
    pub stands: bool,
    /// The instant from which it stands.
    pub since: Millis,
}

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Preparing,
    Bidding,
    Checking,
    Unlocking,
    Releasing,
    Opened,
    Announced,
    Objections,
    Signing,
    Closed,
    Cancelled,
    FailedFewBids,
    FailedAfterUnlock,
    Terminated,
}

impl Stage {
    /// Whether the lot has come to an end.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Closed
                | Self::Cancelled
                | Self::FailedFewBids
                | Self::FailedAfterUnlock
                | Self::Terminated
        )
    }
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    pub rules: LotRules,
    pub stage: Stage,
    /// The event that began this stage, and its instant.
    pub entered: Seq,
    pub since: Millis,
    /// When this stage or wait is over, where time ends it.
    pub due: Option<Millis>,
    /// Until when the lot waits for the platform's statement to stand.
    pub quorum_due: Option<Millis>,
    pub suspended: Option<Suspension>,
    pub masked: bool,
    pub parties: BTreeMap<Party, Shared<Bidder>>,
    /// The live bids at T0, fixed by `deadline_reached`.
    pub closing: BTreeSet<Digest>,
    /// The `list_published` event.
    pub listed: Option<Seq>,
    /// The `window_started` event.
    pub window: Option<Seq>,
    pub window_from: Millis,
    /// Seconds by which acts have lengthened the window.
    pub extended: Seconds,
    /// The `accepted_fixed` event, and the accepted bids.
    pub accepted_at: Option<Seq>,
    pub accepted: BTreeSet<Digest>,
    pub statement: Statement,
    /// Release by custodian's x.
    pub releases: BTreeMap<u8, Release>,
    pub release_extended: bool,
    pub release_closed: Option<Seq>,
    /// The release after which every accepted bid could be opened.
    pub ready: Option<Seq>,
    /// The `opened` event.
    pub opened: Option<Seq>,
    /// Parties in the order in which they were read out.
    pub order: Vec<Party>,
    /// Objections, questions and help requests by their events.
    pub objections: BTreeMap<Seq, Asked>,
    pub questions: BTreeMap<Seq, Asked>,
    pub helps: BTreeMap<Seq, Asked>,
    /// Records, the last of which counts.
    pub records: Vec<RecordState>,
    /// The record whose correction was asked for and is not made.
    pub correction: Option<Digest>,
}

/// A suspension in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    pub since: Millis,
    /// When it ends by itself.
    pub due: Millis,
    pub by: By,
}

/// One organisation in one lot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bidder {
    /// Its submissions and withdrawals, without forks.
    pub chain: Vec<Link>,
    /// The bid that counts, if any.
    pub live: Option<Digest>,
    pub signed_in: Option<Seq>,
    pub sign_in_allowed: bool,
    pub deposit: Option<Deposit>,
    /// The `bid_refused` event.
    pub refused: Option<Seq>,
    /// Refused submissions that went on record one by one.
    pub evidence: u32,
    pub capped: bool,
    /// Failed attempts to unlock.
    pub attempts: Vec<Attempt>,
    /// The `unlocked` or `rescued` event.
    pub unlocked: Option<Seq>,
    pub rescue: Rescue,
    pub outcome: Option<Outcome>,
    pub finding: Option<FindingState>,
    pub line: Option<Line>,
    pub countersigned: BTreeMap<Digest, Seq>,
}

/// One link of the chain of submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub seq: Seq,
    pub time: Millis,
    /// The bid, or the withdrawal's act.
    pub digest: Digest,
    /// The sealing terms of a bid; none for a withdrawal.
    pub terms: Option<Digest>,
    /// Whether the bid was sealed with rescue.
    pub rescue: bool,
}

/// A failed attempt to unlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    pub seq: Seq,
    pub check: Check,
}

/// A bid's rescue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescue {
    pub asked: Option<Seq>,
    pub ordered: Option<Seq>,
    /// Until when it delays the accepted set.
    pub until: Option<Millis>,
    /// Custodians whose share matched.
    pub shares: BTreeSet<u8>,
    /// How many shares did not match.
    pub failures: u32,
    /// The shares were put together and do not make b.
    pub failed: bool,
}

/// A custodian's release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub good: BTreeSet<Digest>,
    /// Bids for which it has sent a share that does not match, and the events.
    pub wrong: BTreeMap<Digest, Seq>,
    /// How many releases held a share that does not match.
    pub failures: u32,
}

/// A finding on a bid that did not open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingState {
    pub seq: Seq,
    /// What stands now.
    pub finding: Finding,
    /// What the rule made it at first.
    pub first: Finding,
    pub rule: Rule,
    pub cites: Vec<Seq>,
    /// The supervisor's confirmation or overruling.
    pub decided: Option<Seq>,
}

/// What a bidder said of its own line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub seq: Seq,
    pub disputed: bool,
}

/// Something asked by a party, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub party: Party,
    pub answered: Option<Seq>,
}

/// A record of the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordState {
    pub seq: Seq,
    pub record: Digest,
    #[schema(required = true)]
    pub pdf: Option<Digest>,
    #[schema(required = true)]
    pub corrects: Option<Digest>,
    /// The host's signature.
    #[schema(required = true)]
    pub signed: Option<Seq>,
}
