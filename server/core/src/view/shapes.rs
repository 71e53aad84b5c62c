//! What a view is made of.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_crypto::{Digest, Suite};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::act::{
    Absence, Attachment, Deposit, Ending, Finding, LineException, Representative, Withholding,
};
use crate::book::Member;
use crate::event::{Check, Fault, Outcome, Rule};
use crate::flags::Flag;
use crate::ids::{LotId, Millis, Organisation, ProjectId, Salt, Seconds, Seq};
use crate::lawful::Phase;
use crate::missing::Missing;
use crate::reference::ReferenceKind;
use crate::role::By;
use crate::schema::Schema;
use crate::sheet::SheetValue;
use crate::signed::Signed;
use crate::state::{FailedDocument, Line, RecordState, Stage};
use crate::terms::{Authorised, Draft, Officials, Policy, ReadingOrder};
use crate::viewer::Seat;

/// A project. The API adds to it, and will show more one day: a client takes
/// what it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProjectView)]
pub struct View {
    pub number: String,
    pub title: String,
    pub notice: String,
    /// Files that go with the notice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<ProjectId>,
    pub officials: Officials,
    /// The algorithms that its bids are sealed with.
    #[serde(default, skip_serializing_if = "Suite::is_intl")]
    pub suite: Suite,
    /// In what capacity the viewer looks, where it is one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seat>,
    pub published: bool,
    /// The draft as last written, for host and centre until it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    pub t0: Millis,
    /// From when on a representative signs in, and help can be asked for.
    pub sign_in_from: Millis,
    /// Whether T0 has passed.
    pub closed_for_bids: bool,
    pub now: Millis,
    /// The host's signed act of publication: over the digests of the terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Signed>,
    pub changes: Vec<Change>,
    /// The closing statement's digest, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Digest>,
    /// Who conducts it: told from T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// On whose behalf: `host` or `centre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_seat: Option<By>,
    /// SHA-256 of the operator's certificate; for host, centre and supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_certificate: Option<Digest>,
    /// Custodians' certified keys; for host and centre, until T0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyView>,
    /// Once all lots have ended, for whoever took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<RatingView>,
    pub lots: BTreeMap<LotId, LotView>,
}

/// The viewer's organisation and the rating of the service (好差评).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingView {
    /// The score it has given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<u8>,
    /// Until when it can be given.
    pub until: Millis,
}

/// A clarification, an amendment or a postponement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub kind: String,
    pub time: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The host's signed act, where it changed sealing terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// A control price or base that the host has sealed, and what it has revealed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceView {
    pub kind: ReferenceKind,
    pub commitment: Digest,
    /// Once it is revealed, from the opening on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revealed: Option<RevealedView>,
}

/// A reference value that was revealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealedView {
    pub seq: Seq,
    pub time: Millis,
    /// Spelt as the lot's price.
    pub value: String,
    pub salt: Salt,
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotView {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<String>,
    /// A control price or base that was sealed until the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceView>,
    pub schema: Schema,
    pub minimum: u32,
    pub reading: ReadingOrder,
    pub masked: bool,
    pub policy: Policy,
    /// Who holds the opening keys, in the order of their shares.
    pub custodians: Vec<CustodianView>,
    /// How many of them release a bid, and how many rescue one.
    pub release: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue: Option<u8>,
    /// The digest of its sealing terms, once published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Digest>,
    pub stage: Stage,
    pub phase: Phase,
    /// The stage of the usual course that it has come to, also where it ended
    /// before its time.
    pub reached: Stage,
    /// The acts that the viewer's role has here: null where one is lawful now, or
    /// the code of the refusal that it would get.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lawful: BTreeMap<String, Option<String>>,
    pub since: Millis,
    /// When this stage is over, where time ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Millis>,
    /// Since when it has been suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_by: Option<By>,
    /// How it ended without a result, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Whether the list of bids that go into unlocking is published.
    pub listed: bool,
    /// Seconds by which the window has been lengthened.
    pub extended: Seconds,
    /// The shortest objections period that may be opened, in seconds.
    pub objecting: Seconds,
    /// Whether it waits for witnesses of the platform's statement.
    pub waits_for_quorum: bool,
    /// From T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// From T0 on: whose bids stood then. Not told to the public and to
    /// bidders where the lot failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<PartyView>,
    /// What was found of custodians about bids: host, centre and supervisor see
    /// all, a custodian its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultView>,
    /// A bidder's own part, at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnView>,
    /// Whose live bids the viewer's organisation has signed as a member of their
    /// consortium. A bid of its own beside them is void with them (招标投标法实施条例 art. 37).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joint: Vec<String>,
    /// The accepted statement's digest, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Digest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<AskedView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<AskedView>,
    /// Host, centre and supervisor see all, a bidder its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helps: Vec<AskedView>,
    /// What was said between host or centre and one bidder: host, centre and
    /// supervisor see all, a bidder its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<PrivateView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordState>,
    /// What is missing before it is closed, from the announcement on; for host, centre
    /// and supervisor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

/// A custodian's certified key, as sealing terms take it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyView {
    pub organisation: Organisation,
    pub name: String,
    /// Uncompressed point of P-256, in suite "gm" of SM2, base64.
    pub key: String,
    /// Its unattended agent's Ed25519 key, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The `certify-key` act over both.
    pub certified: Signed,
    /// By which standing authorisation the agent signed it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised: Option<Authorised>,
}

/// A custodian of a lot's opening keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustodianView {
    /// The x of its shares, from 1.
    pub x: u8,
    pub organisation: Organisation,
    pub name: String,
    /// Whether an unattended agent may release for it.
    pub agent: bool,
    /// From the accepted set on: for how many bids its shares match, for how
    /// many they do not, and for how many it gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
}

/// What a custodian has released.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    pub good: u64,
    pub wrong: u64,
    #[serde(default)]
    pub withheld: u64,
    /// For how many bids its share or complaint was found to be false, and the
    /// supervisor has not lifted it.
    #[serde(default)]
    pub faults: u64,
}

/// What was found of a custodian about one bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultView {
    pub x: u8,
    pub name: String,
    pub bid: Digest,
    pub fault: Fault,
    pub seq: Seq,
    /// The events it rests on.
    pub cites: Vec<Seq>,
    /// Whether it stands; the supervisor may have lifted it.
    pub stands: bool,
    /// Whether the supervisor has decided on it.
    pub decided: bool,
    /// Why, where the supervisor has overruled.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// How the window goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Bids that stood at T0.
    pub bids: u64,
    pub refused: u64,
    pub waiting: u64,
    pub unlocked: u64,
    /// Not unlocked, after at least one attempt that failed.
    pub failed: u64,
    pub opened: u64,
}

/// A bidder in a lot, as far as the viewer may know.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyView {
    pub party: String,
    /// Its code where it is masked for this viewer.
    pub name: String,
    /// The name is the bidder's own word: its certificate has none that can be read,
    /// and no administrator has vouched for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unvouched: bool,
    /// What its certificate calls it, where that is not letter for letter the registered
    /// name (width, spaces, case); to whom `flags` are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// What host, centre and supervisor should look into; for them only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<Digest>,
    pub signed_in: bool,
    pub refused: bool,
    /// Whether the host takes no questions of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub muted: bool,
    /// Host, centre, supervisor, and itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    /// Host, centre and supervisor only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    /// The sheet's public fields, once announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, SheetValue>>)]
    pub sheet: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// What the host has remarked on its line; for whom its outcome is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RemarkView>,
    /// What it said when objections were raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_objections: Option<OnObjections>,
    /// Documents of its opened bid that did not open; the sheet stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<FailedDocument>,
    /// Whether what repeats a failed check can be fetched, for whom it concerns.
    #[serde(default, skip_serializing_if = "is_false")]
    pub contested: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it may skip by reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// What the host has remarked on a bidder's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemarkView {
    pub seq: Seq,
    pub time: Millis,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<LineException>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// What a bidder said when objections were raised. Who said nothing is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnObjections {
    /// It has objected, whatever else it said.
    Objected,
    /// It has no objection.
    None,
}

/// How one bidder fares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Course {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    pub unlocked: bool,
    /// The checks that attempts failed, in order.
    pub attempts: Vec<Check>,
    pub rescue_asked: bool,
    pub rescue_ordered: bool,
    /// Whether a rescue of its bid can be ordered now.
    pub rescue_orderable: bool,
    /// Until when an ordered rescue may delay the accepted set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue_until: Option<Millis>,
    /// Custodians who give no share of its bid, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<WithheldView>,
    pub countersigned: bool,
    /// Why nobody attends for it, as the host has marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<AbsenceView>,
}

/// A line between host or centre and one bidder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateView {
    pub seq: Seq,
    pub time: Millis,
    /// The bidder's handle and its name.
    pub party: String,
    pub name: String,
    /// `bidder`, `host` or `centre` wrote it.
    pub from: By,
    /// Who of host or centre wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub text: String,
}

/// Why nobody attends for a bidder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsenceView {
    pub absence: Absence,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A custodian that gives no share of a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithheldView {
    pub x: u8,
    pub seq: Seq,
    pub why: Withholding,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingView {
    pub finding: Finding,
    pub first: Finding,
    pub rule: Rule,
    pub cites: Vec<Seq>,
    pub decided: bool,
    /// Why, where the supervisor has overruled: read by whoever reads the finding.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A bidder's own bids in a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnView {
    pub party: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Digest>,
    /// What the next submission or withdrawal must be numbered.
    pub sequence: u32,
    /// What it must name as previous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Whether the last bid is not live because the terms were amended.
    pub stale: bool,
    pub signed_in: bool,
}

/// An objection, a question or a help request, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedView {
    /// What an answer names it by. Told from T0 on: before that it would tell
    /// how many bids there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Seq>,
    /// When it was asked.
    pub time: Millis,
    pub by: String,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// What the client found out by itself: with a help request, for host,
    /// centre and supervisor.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub diagnosis: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer_attachments: Vec<Attachment>,
    /// When it was answered, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}
