//! What repeats a check that a bid failed: for whom it concerns, and offline.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::act::Withholding;
use kaibiao_core::schema::Schema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The file's format, as it says itself.
pub const FORMAT: &str = "kaibiao/1 recheck";

/// What is disclosed of one bid so that its failed check, or a custodian's
/// fault, can be repeated by anybody who has it (docs/spec/recheck.md).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recheck {
    /// `kaibiao/1 recheck`.
    pub format: String,
    pub project: String,
    pub lot: String,
    pub bid: String,
    /// Base64 of the whole header.
    pub header: String,
    /// Base64 of the custodians' public keys (SPKI), in the order of ctx.
    pub custodians: Vec<String>,
    /// The code of the check that fails; absent where none does, and the file is
    /// for a custodian's answer alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Base64 of b, where the failing step needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
    /// Base64 of r, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r: Option<String>,
    /// Shares of r that match, where they do not make it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<RecheckShare>,
    /// Shares of b that match, where a rescue failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescue: Vec<RecheckShare>,
    /// The keys of the segments that the failing step opens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<RecheckSegment>,
    /// What custodians sent or said that was not a matching share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<RecheckAnswer>,
    /// The lot's schema, where the sheet is against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckShare {
    pub x: u8,
    /// Base64 of the 32 bytes.
    pub share: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckSegment {
    pub segment: u32,
    /// Base64 of `SK_i`.
    pub key: String,
    /// Base64 of the ciphertext of segments 0 and 1. That of a document is in
    /// the sealed bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ciphertext: Option<String>,
}

/// A custodian's answer that was no matching share: the share that it sent, or
/// what it said of its wrap.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckAnswer {
    pub x: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Withholding>,
}
