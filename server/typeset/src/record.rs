//! The opening record as its JSON has it (docs/spec/record.md). Only what is
//! printed is read; all else is left alone.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    pub project: Project,
    pub lot: Lot,
    #[serde(default)]
    pub corrects: Option<String>,
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub unopened: Vec<Unopened>,
    #[serde(default)]
    pub custodians: Vec<CustodianFound>,
    #[serde(default)]
    pub refused: Vec<Refused>,
    #[serde(default)]
    pub objections: Vec<Objection>,
    #[serde(default)]
    pub answers: Vec<OnObjections>,
    #[serde(default)]
    pub messages: Vec<Message>,
    #[serde(default)]
    pub remarks: Vec<Message>,
    #[serde(default)]
    pub attendance: Vec<Attendance>,
    #[serde(default)]
    pub timeline: Vec<Moment>,
    #[serde(default)]
    pub signers: Vec<Expected>,
    pub stream: Stream,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    pub id: String,
    pub number: String,
    pub title: String,
    pub tenderer: String,
    #[serde(default)]
    pub agency: Option<String>,
    pub centre: String,
    pub supervisor: String,
    pub t0: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Lot {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub control_price: Option<String>,
    #[serde(default)]
    pub reference: Option<Reference>,
    pub minimum: u32,
    pub reading: String,
    /// How many bids stood at T0.
    pub bids: u64,
    pub state: String,
    #[serde(default)]
    pub ending: Option<Ending>,
    #[serde(default)]
    pub coded: bool,
    pub schema: Schema,
}

/// A control price or base that was sealed until the opening.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    pub kind: String,
    #[serde(default)]
    pub revealed: Option<Revealed>,
}

/// What the host has revealed of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Revealed {
    pub seq: u64,
    pub at: i64,
    pub value: String,
}

/// By which code a lot was ordered to end.
#[derive(Debug, Clone, Deserialize)]
pub struct Ending {
    pub kind: String,
    pub reason: u16,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Schema {
    pub fields: Vec<Field>,
    #[serde(default)]
    pub price: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub id: String,
    pub label: String,
    #[serde(rename = "type")]
    pub kind: Value,
    pub public: bool,
}

/// One announced bid.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub name: String,
    #[serde(default)]
    pub unvouched: bool,
    #[serde(default)]
    pub members: Vec<Member>,
    pub sheet: Value,
    #[serde(default)]
    pub deposit: Option<String>,
    #[serde(default)]
    pub unlocked: Option<i64>,
    #[serde(default)]
    pub rescued: bool,
    #[serde(default)]
    pub line: Option<String>,
    #[serde(default)]
    pub dispute: Option<String>,
    #[serde(default)]
    pub remarks: Vec<Remark>,
    #[serde(default)]
    pub documents: Vec<FailedDocument>,
}

/// A remark of the host on a bidder's line.
#[derive(Debug, Clone, Deserialize)]
pub struct Remark {
    pub seq: u64,
    #[serde(default)]
    pub exception: Option<String>,
    #[serde(default)]
    pub text: String,
}

/// What a bidder said when objections were raised.
#[derive(Debug, Clone, Deserialize)]
pub struct OnObjections {
    pub name: String,
    pub answer: String,
}

/// A document that did not open although its sheet did.
#[derive(Debug, Clone, Deserialize)]
pub struct FailedDocument {
    pub seq: u64,
    /// The first document is segment 2.
    pub segment: u32,
    pub outcome: String,
    pub lies_with: String,
}

/// What was found of a custodian.
#[derive(Debug, Clone, Deserialize)]
pub struct CustodianFound {
    pub x: u8,
    pub name: String,
    pub bid: String,
    pub fault: String,
    pub seq: u64,
    pub status: String,
    #[serde(default)]
    pub reason: String,
}

/// A custodian that gave no share of a bid.
#[derive(Debug, Clone, Deserialize)]
pub struct Withheld {
    pub x: u8,
    pub seq: u64,
    pub why: Why,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Why {
    pub reason: String,
    #[serde(default)]
    pub cause: Option<String>,
}

/// A member of a consortium beside its lead.
#[derive(Debug, Clone, Deserialize)]
pub struct Member {
    pub name: String,
    pub signed: bool,
}

/// A bid that went into the window and did not come out of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Unopened {
    pub name: String,
    #[serde(default)]
    pub unvouched: bool,
    pub bid: String,
    /// Absent where the lot ended before there was one.
    #[serde(default)]
    pub finding: Option<String>,
    #[serde(default)]
    pub rule: Option<String>,
    pub cites: Vec<u64>,
    #[serde(default)]
    pub withheld: Vec<Withheld>,
    pub status: String,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub remarks: Vec<Remark>,
}

/// A submission or a bid that was refused.
#[derive(Debug, Clone, Deserialize)]
pub struct Refused {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub bid: Option<String>,
    pub seq: u64,
    pub at: i64,
    pub reason: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Objection {
    pub seq: u64,
    pub at: i64,
    pub by: String,
    pub text: String,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    #[serde(default)]
    pub replies: Vec<Message>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Attachment {
    pub name: String,
    pub digest: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub seq: u64,
    pub at: i64,
    pub by: String,
    pub text: String,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    #[serde(default)]
    pub private: bool,
    #[serde(default)]
    pub to: Option<String>,
}

/// Whether a bidder signed in.
#[derive(Debug, Clone, Deserialize)]
pub struct Attendance {
    pub name: String,
    #[serde(default)]
    pub signed_in: Option<i64>,
    #[serde(default)]
    pub allowed: Option<Leave>,
    #[serde(default)]
    pub absence: Option<Absence>,
}

/// Why nobody attended for a bidder.
#[derive(Debug, Clone, Deserialize)]
pub struct Absence {
    pub absence: String,
    #[serde(default)]
    pub note: String,
}

/// A leave to sign in after T0.
#[derive(Debug, Clone, Deserialize)]
pub struct Leave {
    pub at: i64,
    pub reason: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Moment {
    pub seq: u64,
    pub at: i64,
    pub kind: String,
    #[serde(default)]
    pub by: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub outage: Option<Outage>,
    #[serde(default)]
    pub stands: Option<bool>,
    #[serde(default)]
    pub of: Option<String>,
}

/// A time in which nobody was served, or some were answered with errors alone.
#[derive(Debug, Clone, Deserialize)]
pub struct Outage {
    pub from: i64,
    pub to: i64,
    pub cause: String,
    #[serde(default)]
    pub t0: Option<i64>,
    #[serde(default)]
    pub ends: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Expected {
    pub role: String,
    pub name: String,
}

/// The stream that the record was made from, at that moment.
#[derive(Debug, Clone, Deserialize)]
pub struct Stream {
    pub size: u64,
    pub root: String,
}
