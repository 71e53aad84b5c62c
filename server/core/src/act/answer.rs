//! What a custodian answers for one bid: its share, or why it gives none.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a custodian gives no share of one bid, with what others can check of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "reason", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Withholding {
    /// The wrap made for this custodian does not open with its key.
    WrapDoesNotOpen {
        /// SHA-256 of the wrap's `value`.
        wrap: Digest,
    },
    /// It opens, and what is inside is not the committed share (KS).
    ShareDoesNotMatch {
        wrap: Digest,
        /// SHA-256 of the 32 bytes inside.
        opened: Digest,
    },
    /// The custodian's own checks could not prove this bid. It may prove it
    /// later, and send its share then.
    NotProved { cause: Unproved },
}

impl Withholding {
    /// The wrap that the sealer is said to have made wrongly.
    pub const fn wrap(&self) -> Option<Digest> {
        match self {
            Self::WrapDoesNotOpen { wrap } | Self::ShareDoesNotMatch { wrap, .. } => Some(*wrap),
            Self::NotProved { .. } => None,
        }
    }
}

/// What a custodian could not prove about one bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unproved {
    /// The header is not the accepted bid's, or not of these terms.
    Header,
    /// No unlock of its bidder's was shown, nor did this custodian take part in
    /// a rescue of it.
    UnlockMissing,
    /// The unlock's signature, or the certificate under it, does not hold.
    UnlockUnproved,
    /// The unlock is another bidder's or another bid's.
    UnlockOther,
}

/// A bid whose share a custodian withholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    pub bid: Digest,
    pub why: Withholding,
}

/// A custodian's share for one bid; the share itself travels beside the act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub bid: Digest,
    pub envelope: u8,
    pub x: u8,
    /// SHA-256 of the share's 32 bytes.
    pub share: Digest,
}
