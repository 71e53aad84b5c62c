//! What an opening leaves behind: statements, sheets, documents, events.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::anchored::StatementProof;
use kaibiao_core::sheet::SheetValue;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::encoding::Base64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Millis, StatementView};

/// That a leaf is in a tree (RFC 6962).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InclusionView {
    pub index: u64,
    pub size: u64,
    /// The leaf hash, hex.
    pub leaf: String,
    /// From the leaf upwards, hex.
    pub path: Vec<String>,
}

/// The closing statement, and the proof for the bid asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ClosingView {
    pub closing: StatementView,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<InclusionView>,
    /// That the statement is what the anchored tree holds (docs/spec/evidence.md, 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<StatementProof>,
}

/// An anchor, opened (docs/spec/evidence.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnchorView {
    pub tick: u64,
    /// How many events the tree holds, and its root, hex.
    pub size: u64,
    pub root: String,
    /// 32 bytes, hex.
    pub salt: String,
    /// The entry's place in the public log, from 0.
    pub index: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnchorList {
    /// By tick.
    pub anchors: Vec<AnchorView>,
    pub now: Millis,
}

/// A checkpoint of the public log and the time stamp over it (docs/spec/timestamps.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StampView {
    /// Counts the stamps from 1. Give the last one as `after` to get what follows.
    pub number: u64,
    /// The signed note. The stamp is over the SHA-256 of exactly this text.
    pub note: String,
    /// The token in normal form, base64 DER.
    #[schema(value_type = String)]
    pub token: Base64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StampList {
    /// By number; at most 100.
    pub stamps: Vec<StampView>,
    pub now: Millis,
}

/// The offline proof that a lot's sealing terms are in the public log
/// (docs/spec/evidence.md, 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoggedView {
    pub proof: String,
}

/// A notice to everybody, and that it is in the public log (docs/spec/evidence.md, 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    /// Counts a project's notices from 1. Give the last one as `after` to get what follows.
    pub number: u64,
    pub time: Millis,
    /// `published`, `clarified`, `terms_amended`, `postponed`, `cancelled`.
    pub what: String,
    /// The host's act: the SHA-256 of its body is `act` of the entry.
    pub signed: Signed,
    /// Of the publication: the exact draft that was published, whose SHA-256 is `draft`
    /// of the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// The offline proof of the entry, once it is under a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NoticeList {
    /// In order; at most 20.
    pub notices: Vec<NoticeView>,
    pub now: Millis,
}

/// One accepted bid, as a custodian needs it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedBid {
    pub bid: String,
    /// Base64 of the header.
    pub header: String,
    /// The bidder's signed unlock, without its secret. Its grounds say when and on
    /// what the signer was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlock: Option<Signed>,
}

/// The accepted set of a lot, fixed once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedView {
    pub accepted: StatementView,
    pub closing: StatementView,
    /// That the accepted statement's tree continues the closing one's: the
    /// consistency proof from size to size, hex.
    pub consistency: Vec<String>,
    pub bids: Vec<AcceptedBid>,
    /// That the statements are what the anchored trees hold
    /// (docs/spec/evidence.md, 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_proof: Option<StatementProof>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_proof: Option<StatementProof>,
}

/// An announced sheet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetView {
    pub bid: String,
    /// The bidder's name, or its code in a masked project.
    pub bidder: String,
    #[schema(value_type = BTreeMap<String, SheetValue>)]
    pub fields: Value,
    /// SK_0, base64: with what `bids/{bid}/sheet` gives, anybody repeats the
    /// opening of the sheet (docs/spec/sealed-bid.md, 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_key: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetList {
    pub lot: String,
    /// In the stated reading order.
    pub sheets: Vec<SheetView>,
}

/// A decrypted document, for those who may have it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DocumentView {
    pub id: String,
    pub lot: String,
    pub bid: String,
    pub bidder: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    /// `waiting`, `working`, `ready` or `failed`.
    pub state: String,
    /// Bytes decrypted so far, while it is working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrypted: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DocumentList {
    pub documents: Vec<DocumentView>,
    pub done: u64,
    pub total: u64,
}

/// An event as the caller may read it (docs/spec/bundle.md, 3).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    pub seq: u64,
    pub time: Millis,
    #[schema(value_type = Option<Object>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Value>,
    #[schema(value_type = Option<Object>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// What the shell's salted digests are over beside facts and details: 32 bytes
    /// each, hex (docs/spec/tree.md, 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details_salt: Option<String>,
    /// Whether details that the caller might read were erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The shell's exact bytes: the leaf of the project's tree.
    pub shell: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    pub events: Vec<EventView>,
    /// Size and root, hex, of the tree of all events whose shells the caller may read.
    pub size: u64,
    pub root: String,
}

/// All that is needed to open an announced sheet again
/// (docs/spec/sealed-bid.md, 15).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetProof {
    pub bid: String,
    /// Base64 of the header's ctx and commitments, exactly as sealed.
    pub context: String,
    pub commitments: String,
    /// SHA-256 of the header's other parts: with these the bid's digest is
    /// computed again.
    pub wraps: String,
    pub chain: String,
    /// Base64 of the ciphertext of segment 0.
    pub ciphertext: String,
    /// SK_0, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_key: Option<String>,
}
