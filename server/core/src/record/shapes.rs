//! What a record is made of.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::act::{Absence, Deposit, Ending, Finding, LineException};
use crate::book::Member;
use crate::event::{Cause, Fault, Rule};
use crate::ids::{LotId, Millis, ProjectId, Salt, Seq};
use crate::reference::ReferenceKind;
use crate::role::By;
use crate::schema::Schema;
use crate::sheet::SheetValue;
use crate::state::{FailedDocument, Stage};
use crate::terms::ReadingOrder;
use crate::view::WithheldView;

/// The record of one lot. Its bytes are its canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpeningRecord)]
pub struct Record {
    pub project: ProjectPart,
    pub lot: LotPart,
    /// The record that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Digest>,
    /// The opened bids in reading order.
    pub rows: Vec<Row>,
    /// Bids that stood at T0 and did not open.
    pub unopened: Vec<Unopened>,
    /// What was found of custodians once the dealing of a bid was known to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custodians: Vec<CustodianFound>,
    /// Bids and submissions that were refused.
    pub refused: Vec<Refused>,
    pub objections: Vec<Objection>,
    /// What each bidder said when objections were raised, where one of them has said
    /// that it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// What was said, asked and answered in the room, help included.
    pub messages: Vec<Said>,
    /// The supervisor's remarks.
    pub remarks: Vec<Said>,
    /// Who of those whose bids stood at T0 signed in, and who stayed away.
    pub attendance: Vec<Attendance>,
    /// What happened in this lot, and in all of the project's.
    pub timeline: Vec<Moment>,
    /// Who signs: the officials, and the bidders who were there or have signed
    /// the record that this one corrects.
    pub signers: Vec<Signer>,
    pub stream: Head,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordProject)]
pub struct ProjectPart {
    pub id: ProjectId,
    pub number: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub tenderer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    pub centre: String,
    pub supervisor: String,
    pub t0: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordLot)]
pub struct LotPart {
    pub id: LotId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<String>,
    /// A control price or base that was sealed until the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferencePart>,
    pub minimum: u32,
    pub reading: ReadingOrder,
    /// How many bids stood at T0.
    pub bids: u64,
    pub state: Stage,
    /// By which code it was ordered to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Whether bidders are called by their codes: the lot is masked, or was not
    /// opened.
    #[serde(default, skip_serializing_if = "is_false")]
    pub coded: bool,
    pub schema: Schema,
}

/// A control price or base that was sealed, and what was revealed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordReference)]
pub struct ReferencePart {
    pub kind: ReferenceKind,
    /// What the sealing terms hold of it.
    pub commitment: Digest,
    /// Missing where the host has not revealed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revealed: Option<RevealedPart>,
}

/// What the host has revealed, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordRevealed)]
pub struct RevealedPart {
    pub seq: Seq,
    pub at: Millis,
    /// Spelt as the lot's price.
    pub value: String,
    pub salt: Salt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordRow)]
pub struct Row {
    pub name: String,
    /// The name is the bidder's own word, which no certificate and no administrator
    /// has vouched for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unvouched: bool,
    pub bid: Digest,
    pub received: Millis,
    /// The sheet's public fields.
    #[schema(value_type = std::collections::BTreeMap<String, SheetValue>)]
    pub sheet: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<Millis>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub rescued: bool,
    pub line: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<String>,
    /// What the host has remarked on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<LineRemarked>,
    /// The members of a consortium beside its lead, and whether they have signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// Documents that did not open, and whose fault it is; the sheet stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<FailedDocument>,
}

/// What a bidder said of its own line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RecordLine)]
pub enum Line {
    /// It is right.
    Confirmed,
    /// It is wrong.
    Disputed,
    /// It said nothing in its time.
    Silent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordUnopened)]
pub struct Unopened {
    pub name: String,
    /// The name is the bidder's own word, which no certificate and no administrator
    /// has vouched for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unvouched: bool,
    pub bid: Digest,
    /// Absent where the lot ended before there was one: the bid stays sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The events that the finding rests on.
    pub cites: Vec<Seq>,
    /// Custodians who gave no share of it, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<WithheldView>,
    /// `first`, `confirmed` or `overruled`.
    pub status: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What the host has remarked on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<LineRemarked>,
}

/// A remark of the host on a bidder's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordRemark)]
pub struct LineRemarked {
    pub seq: Seq,
    pub at: Millis,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<LineException>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// What a bidder said when objections were raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordAnswer)]
pub struct Answer {
    pub name: String,
    pub answer: OnObjections,
    /// When it said that it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// Whether a bidder objected, said that it has no objection, or said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RecordOnObjections)]
pub enum OnObjections {
    /// It has objected.
    Objected,
    /// It has no objection.
    None,
    /// It said nothing.
    Silent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordCustodian)]
pub struct CustodianFound {
    pub x: u8,
    pub name: String,
    pub bid: Digest,
    pub fault: Fault,
    pub seq: Seq,
    /// `first`, `confirmed`, or `overruled`: the supervisor has lifted it.
    pub status: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Whether a supervisor has decided on a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FindingStatus)]
pub enum Status {
    /// Nobody has decided.
    First,
    /// The finding stands as the rule made it.
    Confirmed,
    /// The supervisor put another in its place.
    Overruled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordRefused)]
pub struct Refused {
    /// Absent for a submission that never became a bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<Digest>,
    pub seq: Seq,
    pub at: Millis,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordObjection)]
pub struct Objection {
    pub seq: Seq,
    pub at: Millis,
    pub by: String,
    pub text: String,
    pub attachments: Vec<Attached>,
    pub replies: Vec<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordAttachment)]
pub struct Attached {
    pub name: String,
    pub digest: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordSaid)]
pub struct Said {
    pub seq: Seq,
    pub at: Millis,
    pub by: String,
    pub text: String,
    /// Of a reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attached>,
    /// It was between host or centre and one bidder alone, until the record.
    #[serde(default, skip_serializing_if = "is_false")]
    pub private: bool,
    /// The bidder to whom it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordAttendance)]
pub struct Attendance {
    pub name: String,
    /// When its representative signed in; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<Millis>,
    /// When it was allowed to sign in after T0, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Leave>,
    /// Why it stayed away, as the host has marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<AbsenceReason>,
}

/// Why nobody attended for a bidder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordAbsence)]
pub struct AbsenceReason {
    pub seq: Seq,
    pub at: Millis,
    pub absence: Absence,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A leave to sign in after T0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordLeave)]
pub struct Leave {
    pub seq: Seq,
    pub at: Millis,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordMoment)]
pub struct Moment {
    pub seq: Seq,
    pub at: Millis,
    pub kind: String,
    /// Absent where the platform or the clock acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of an outage: when, why, and what it made later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<Interruption>,
    /// Of a ruling that changed what was found of a custodian: whether it stands from
    /// here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<bool>,
    /// The bidder who was muted, or unmuted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// A time in which nobody was served, or some were answered with errors alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordOutage)]
pub struct Interruption {
    pub from: Millis,
    pub to: Millis,
    pub cause: Cause,
    /// T0 from here on, where it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t0: Option<Millis>,
    /// When this lot's stage ends from here on, where that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordSigner)]
pub struct Signer {
    pub role: By,
    pub name: String,
}

/// The events a record rests on: the first `size` of the stream, and the root
/// of their tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TreeHead)]
pub struct Head {
    pub size: u64,
    pub root: Digest,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it may skip by reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}
