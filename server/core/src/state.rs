//! The state of a project, folded from facts and nothing else. It has no names
//! and serialises to the same bytes after the same events.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::{Absence, Deposit, Ending, Finding, LineException, Withholding};
use crate::asks::Asks;
use crate::complaints::Complaints;
use crate::event::{Cause, Check, Fault, LotRules, Outcome, Rule};
use crate::ids::{LotId, Millis, Party, Salt, Seconds, Seq, millis};
use crate::role::By;
use crate::shared::{Shared, SharedMap, SharedSet};
use crate::tally::Tally;
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
    /// The `published` event.
    pub published: Option<Seq>,
    /// Deadline and opening: one instant. 0 before publication.
    pub t0: Millis,
    /// Whether T0 moves when the service was away shortly before it.
    pub outage_moves_t0: bool,
    /// How long before T0 sign-in opens, where the publication says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<Seconds>,
    /// The legal minima that the publication fixed.
    pub legal: Option<Legal>,
    /// How many clarifications, amendments and postponements there were.
    pub changes: u32,
    /// The `deadline_reached` event: T0 has passed.
    pub deadline: Option<Seq>,
    /// The instant of that event.
    pub deadline_at: Millis,
    /// The platform's statement of what stood at T0.
    pub closing: Statement,
    /// The lots, once published.
    pub lots: BTreeMap<LotId, Lot>,
    /// Every act so far, by the digest of its body.
    pub acts: SharedSet<Digest>,
    /// Who sits in the operator's seat; none before anybody took it.
    pub operator: Option<OperatorSeat>,
    /// All times in which the service was away, in order.
    pub outages: Vec<Outage>,
    /// When the last lot came to its end.
    pub ended_at: Option<Millis>,
    /// Complaints to the supervisor (投诉).
    #[serde(default, skip_serializing_if = "no_complaints")]
    pub complaints: Complaints,
    /// Where a bundle of the project ends, once it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

fn no_complaints(complaints: &Complaints) -> bool {
    complaints.is_empty()
}

/// How long before T0 sign-in opens where nothing is said, in seconds.
const SIGN_IN: Seconds = 3600;

/// When sign-in and the call for help open, for a T0 and what is said of it.
pub(crate) fn sign_in_from(t0: Millis, sign_in: Option<Seconds>) -> Millis {
    t0 - millis(sign_in.unwrap_or(SIGN_IN))
}

impl State {
    /// When sign-in and the call for help open.
    pub fn sign_in_from(&self) -> Millis {
        sign_in_from(self.t0, self.sign_in)
    }
}

/// Where a bundle ends (docs/spec/bundle.md, 1), and what is disclosed in it that later
/// decisions could change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The last event.
    pub end: Seq,
    /// Its instant.
    pub at: Millis,
    /// The lots of which everybody may know who bids.
    pub named: BTreeSet<LotId>,
}

/// Who sits in the operator's seat (主持人).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSeat {
    /// The person's number, from 0, which the book names.
    pub operator: u32,
    /// Host or centre.
    pub seat: By,
}

/// A time in which the service was away, or answered with errors alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The `outage_noted` event.
    pub seq: Seq,
    /// When the service was last known to work.
    pub from: Millis,
    /// When it was back.
    pub to: Millis,
    /// Why.
    pub cause: Cause,
    /// Its length, or the most by which it made anything later, whichever is longer.
    pub cost: Millis,
    /// T0 as it stood before this one, or before the first of a row of them.
    pub t0_before: Millis,
    /// T0 from here on, where this one moved it.
    pub t0: Option<Millis>,
    /// The lots whose stage ends later for it, and when.
    pub ends: BTreeMap<LotId, Millis>,
}

/// A statement of the platform, and whether clients may rely on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The SHA-256 of the statement, once the platform has signed it.
    pub digest: Option<Digest>,
    /// Cosigned by the quorum (at once where that is 0), or ordered to stand.
    pub stands: bool,
    /// The instant from which it stands.
    pub since: Millis,
}

/// Where a lot stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// Drafted and not published.
    Preparing,
    /// Published; bids are received until T0.
    Bidding,
    /// T0 has passed; deposits are marked and the list is made.
    Checking,
    /// The window in which bidders unlock (解密) is running.
    Unlocking,
    /// The accepted set is fixed; custodians release and the platform opens.
    Releasing,
    /// The sheets are open and not yet announced.
    Opened,
    /// The sheets are announced (唱标); bidders confirm their lines.
    Announced,
    /// Objections (异议) are raised and answered.
    Objections,
    /// The record is made and signed.
    Signing,
    /// The opening is over.
    Closed,
    /// The host cancelled it before T0.
    Cancelled,
    /// Too few bids: they stay sealed.
    FailedFewBids,
    /// Too few were unlocked or opened.
    FailedAfterUnlock,
    /// The supervisor ended it, or no quorum came.
    Terminated,
}

impl Stage {
    /// The stage's name, as in JSON.
    pub fn name(self) -> &'static str {
        self.into()
    }

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
    /// Its rules as last published or amended.
    pub rules: LotRules,
    /// Where it stands.
    pub stage: Stage,
    /// The event that began this stage, and its instant.
    pub entered: Seq,
    /// The instant at which the stage began.
    pub since: Millis,
    /// When this stage or wait is over, where time ends it.
    pub due: Option<Millis>,
    /// Until when the lot waits for the platform's statement to stand.
    pub quorum_due: Option<Millis>,
    /// The suspension in force.
    pub suspended: Option<Suspension>,
    /// How long the host's and the centre's suspensions that are over have been.
    pub suspended_for: Millis,
    /// How often the host has asked for a corrected record.
    pub corrections: usize,
    /// Whether public and bidders see codes instead of names now.
    pub masked: bool,
    /// Every organisation that bid, or tried to, by its handle.
    pub parties: SharedMap<Party, Shared<Bidder>>,
    /// Whose each bid is that was ever received.
    pub bids: SharedMap<Digest, Party>,
    /// How the bidders stand, in numbers.
    pub tally: Tally,
    /// The live bids at T0, fixed by `deadline_reached`.
    pub closing: Shared<BTreeSet<Digest>>,
    /// The `list_published` event.
    pub listed: Option<Seq>,
    /// The `window_started` event.
    pub window: Option<Seq>,
    /// The instant at which the window began; 0 before.
    pub window_from: Millis,
    /// Seconds by which acts have lengthened the window.
    pub extended: Seconds,
    /// The `accepted_fixed` event, and the accepted bids.
    pub accepted_at: Option<Seq>,
    /// The accepted bids; empty before they are fixed.
    pub accepted: Shared<BTreeSet<Digest>>,
    /// The platform's statement of the accepted set.
    pub statement: Statement,
    /// Release by custodian's x.
    pub releases: BTreeMap<u8, Shared<Release>>,
    /// Whether the custodians' time has begun anew once.
    pub release_extended: bool,
    /// The `release_closed` event: the custodians' time is over.
    pub release_closed: Option<Seq>,
    /// The release after which every accepted bid could be opened.
    pub ready: Option<Seq>,
    /// The `opened` event.
    pub opened: Option<Seq>,
    /// Parties in the order in which they were read out.
    pub order: Shared<Vec<Party>>,
    /// Objections, questions and help requests by their events.
    pub objections: Asks,
    /// Questions by their events.
    pub questions: Asks,
    /// Help requests by their events.
    pub helps: Asks,
    /// Records, the last of which counts.
    pub records: Vec<RecordState>,
    /// The record whose correction was asked for, or needed by a ruling, and is not
    /// made.
    pub correction: Option<Digest>,
    /// By which code it was ordered to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// The last decision on a finding or note on a bidder: a record that is made has
    /// to tell of it.
    pub ruled: Option<Seq>,
    /// What the host has revealed of the reference value that it had sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Revealed>,
}

/// A sealed reference value as the host has revealed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revealed {
    /// The `reference_revealed` event.
    pub seq: Seq,
    /// The amount, spelt as the lot's price.
    pub value: String,
    /// What kept it from being guessed.
    pub salt: Salt,
}

/// A suspension in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// When it began.
    pub since: Millis,
    /// When it ends by itself.
    pub due: Millis,
    /// In what capacity it was ordered: what the supervisor ordered only the
    /// supervisor lifts.
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
    /// The `signed_in` event.
    pub signed_in: Option<Seq>,
    /// Whether it may sign in after T0.
    pub sign_in_allowed: bool,
    /// Its deposit, where somebody marked it.
    pub deposit: Option<Deposit>,
    /// The `bid_refused` event.
    pub refused: Option<Seq>,
    /// Refused submissions that went on record one by one.
    pub evidence: u32,
    /// Whether its refusals are no longer recorded one by one.
    pub capped: bool,
    /// Failed attempts to unlock.
    pub attempts: Vec<Attempt>,
    /// The `unlocked` or `rescued` event.
    pub unlocked: Option<Seq>,
    /// How far a rescue of its bid has come.
    pub rescue: Rescue,
    /// How far the opening of its accepted bid got.
    pub outcome: Option<Outcome>,
    /// What its unopened bid is deemed to be.
    pub finding: Option<FindingState>,
    /// Documents of its opened bid that did not open. They undo nothing.
    pub documents: Vec<FailedDocument>,
    /// What it said of its own line.
    pub line: Option<Line>,
    /// What the host has remarked on its line, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<LineRemark>,
    /// Why nobody attends for it, as the host marked it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<AbsenceMark>,
    /// What host or centre wrote to it, and what it wrote to them.
    #[serde(default, skip_serializing_if = "Private::is_empty")]
    pub private: Private,
    /// The `muted` event, while its questions are not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Seq>,
    /// How often it was muted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mutes: u32,
    /// The event by which it said that it has no objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_objection: Option<Seq>,
    /// The records it has signed, and the events.
    pub countersigned: BTreeMap<Digest, Seq>,
}

/// A document that failed after its sheet was opened.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailedDocument {
    pub seq: Seq,
    /// The first document is segment 2.
    pub segment: u32,
    pub outcome: Outcome,
    /// `bidder` or `platform`.
    pub lies_with: By,
}

/// One link of the chain of submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The event.
    pub seq: Seq,
    /// Its instant.
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
    /// The `unlock_failed` event.
    pub seq: Seq,
    /// The check that failed.
    pub check: Check,
}

/// A bid's rescue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescue {
    /// The `rescue_asked` event.
    pub asked: Option<Seq>,
    /// The `rescue_ordered` event.
    pub ordered: Option<Seq>,
    /// Until when it delays the accepted set.
    pub until: Option<Millis>,
    /// Custodians whose share matched.
    pub shares: BTreeSet<u8>,
    /// How many shares did not match.
    pub failures: u32,
    /// The `rescued` event that says that the shares do not make b, or that its
    /// dealing does not hold.
    pub failed: Option<Seq>,
}

/// A custodian's release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Bids for which its share matches.
    pub good: BTreeSet<Digest>,
    /// Bids for which it has sent a share that does not match, and the events.
    pub wrong: BTreeMap<Digest, Seq>,
    /// Bids for which it gives no share, and what it said last.
    pub withheld: BTreeMap<Digest, Withholds>,
    /// Bids whose wrap it has ever complained of, and each such word once,
    /// whatever it said later: what it has signed is judged as it stood.
    pub complaints: BTreeMap<Digest, Vec<Withholds>>,
    /// How many releases were not good for every bid.
    pub failures: u32,
    /// Bids about which its share or complaint was found to be false.
    pub faults: BTreeMap<Digest, Found>,
}

impl Release {
    /// Takes a custodian's word that it gives no share of a bid.
    pub(crate) fn say(&mut self, bid: &Digest, said: Withholds) {
        if said.accuses() {
            let complaints = self.complaints.entry(*bid).or_default();
            if complaints.iter().all(|it| it.why != said.why) {
                complaints.push(said);
            }
        }
        self.withheld.insert(*bid, said);
    }

    /// What it has ever answered for a bid that was no matching share, as it
    /// stood: its complaints, or else its last word.
    pub fn accounts(&self, bid: &Digest) -> impl Iterator<Item = &Withholds> {
        let complaints = self.complaints.get(bid).map(Vec::as_slice);
        let last = self.withheld.get(bid).filter(|_| complaints.is_none());
        complaints.unwrap_or_default().iter().chain(last)
    }
}

/// A custodian's fault about a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The `custodian_found` event.
    pub seq: Seq,
    /// What it did wrong.
    pub fault: Fault,
    /// The events it rests on.
    pub cites: Vec<Seq>,
    /// Whether it stands: the supervisor may have lifted it.
    pub stands: bool,
    /// The supervisor's confirmation or overruling.
    pub decided: Option<Seq>,
}

/// A custodian's word that it gives no share of a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withholds {
    /// The `released` event.
    pub seq: Seq,
    /// Why.
    pub why: Withholding,
}

impl Withholds {
    /// Whether it says that the sealer made its wrap wrongly.
    pub const fn accuses(&self) -> bool {
        self.why.wrap().is_some()
    }
}

/// A finding on a bid that did not open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingState {
    /// The `finding_made` event.
    pub seq: Seq,
    /// What stands now.
    pub finding: Finding,
    /// What the rule made it at first.
    pub first: Finding,
    /// The rule that made it.
    pub rule: Rule,
    /// The events it rests on.
    pub cites: Vec<Seq>,
    /// The supervisor's confirmation or overruling.
    pub decided: Option<Seq>,
}

/// What a bidder said of its own line.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub seq: Seq,
    pub disputed: bool,
}

/// What is said between host or centre and one bidder, by its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Private {
    /// To the bidder.
    pub to: Vec<Seq>,
    /// Of the bidder.
    pub from: Vec<Seq>,
}

impl Private {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty() && self.from.is_empty()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it may skip by reference"
)]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Why nobody attends for a bidder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceMark {
    /// The `absence_marked` event.
    pub seq: Seq,
    /// Why.
    pub absence: Absence,
    /// How often it was marked, this one included.
    pub times: u32,
}

/// What the host has remarked on a bidder's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRemark {
    /// The `line_remarked` event.
    pub seq: Seq,
    /// What was out of order, where it is that.
    pub exception: Option<LineException>,
}

/// A record of the opening.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    #[test]
    fn a_stage_has_the_name_that_its_json_has() {
        for stage in Stage::VARIANTS {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
        }
    }
}
