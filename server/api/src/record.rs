//! What goes with an opening record: who signed it, and what ties it to the log
//! (docs/spec/record.md, docs/spec/evidence.md, 11).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::anchored::StatementProof;
use kaibiao_core::ids::Seq;
use kaibiao_core::role::By;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::anchor::Anchor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Millis, StatementView};

/// An act that signed or countersigned a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordSignature {
    /// The event `record_signed` or `countersigned`, and its instant.
    pub seq: Seq,
    pub at: Millis,
    /// `host`, `centre` or `bidder`.
    pub role: By,
    /// The organisation's.
    pub name: String,
    /// The accepted act, over the record's digest.
    pub act: Signed,
    /// Whether it carries a detached signature over the record's bytes:
    /// `record/signatures/{seq}.p7s`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cms: bool,
}

/// Who signed a record, as far as its reader may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordSignatures {
    /// The record's digest.
    pub record: String,
    /// By `seq`.
    pub signatures: Vec<RecordSignature>,
}

/// A statement of the platform whose tree goes on to a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvedStatement {
    pub statement: StatementView,
    /// That the statement is what the anchored tree holds (docs/spec/evidence.md, 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<StatementProof>,
    /// From the statement's tree to the record's, hex.
    pub consistency: Vec<String>,
}

/// The first anchor of the public log that holds a record's tree, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordAnchor {
    pub anchor: Anchor,
    /// The offline proof of its entry (c2sp.org/tlog-proof).
    pub proof: String,
    /// From the record's tree to the anchor's, hex.
    pub consistency: Vec<String>,
}

/// What ties a record to the closing statement and the public log
/// (docs/spec/evidence.md, 11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordProof {
    /// The record's digest.
    pub record: String,
    /// The tree that it rests on: how many events, and the root, hex.
    pub size: u64,
    pub root: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<ProvedStatement>,
    /// The lot's accepted statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<ProvedStatement>,
    /// Absent until the record's tree is anchored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchored: Option<RecordAnchor>,
}

/// A lot's accepted statement, for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcceptedStatementView {
    pub accepted: StatementView,
    /// From the closing statement's tree to this one's, hex.
    pub consistency: Vec<String>,
    /// That the statement is what the anchored tree holds (docs/spec/evidence.md, 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<StatementProof>,
}
