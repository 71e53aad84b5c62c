//! Files of one JSON value, and lines that are a statement or a stamp.

use kaibiao_core::act::Withholding;
use kaibiao_core::anchored::StatementProof;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::schema::Schema;
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::statement::SignedStatement;
use serde::{Deserialize, Serialize};

/// A statement of the platform in its short form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Short {
    pub(crate) body: String,
    pub(crate) signature: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sm2_signature: Option<Base64>,
}

impl Short {
    /// The same in its full form.
    pub(crate) fn full(&self) -> SignedStatement {
        SignedStatement::from_short(
            self.body.clone(),
            self.signature.clone(),
            self.sm2_signature.clone(),
        )
    }

    /// The digest by which it is named.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }
}

/// `closing.json`, `accepted/LOT.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<StatementProof>,
    pub(crate) statement: Short,
}

/// What a time stamp is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StampOf {
    Checkpoint,
    Closing,
}

/// A line of `timestamps.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stamp {
    pub(crate) of: StampOf,
    pub(crate) token: Base64,
}

/// `sheets/BID.json`: what repeats the opening of an announced sheet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sheet {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chain: Option<Digest>,
    pub(crate) ciphertext: Base64,
    pub(crate) commitments: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context_digest: Option<Digest>,
    pub(crate) segment_key: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wraps: Option<Digest>,
}

impl Sheet {
    /// Whether context, wraps and chain are there, or the context's digest in their place.
    pub(crate) const fn is_in_form(&self) -> bool {
        let is_told = self.context.is_some();
        is_told != self.context_digest.is_some()
            && is_told == self.wraps.is_some()
            && is_told == self.chain.is_some()
    }
}

/// `rechecks/BID.json` (docs/spec/recheck.md).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recheck {
    pub(crate) format: String,
    pub(crate) project: ProjectId,
    pub(crate) lot: LotId,
    pub(crate) bid: Digest,
    pub(crate) header: Base64,
    pub(crate) custodians: Vec<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) b: Option<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) r: Option<Base64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shares: Vec<RecheckShare>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rescue: Vec<RecheckShare>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) segments: Vec<RecheckSegment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) answers: Vec<RecheckAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<Schema>,
}

/// A share that a recheck discloses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckShare {
    pub(crate) x: u8,
    pub(crate) share: Base64,
}

/// The key of a segment, with its ciphertext where that is not a document's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckSegment {
    pub(crate) segment: u32,
    pub(crate) key: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ciphertext: Option<Base64>,
}

/// A custodian's answer that was no matching share.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckAnswer {
    pub(crate) x: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) share: Option<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<Withholding>,
}
