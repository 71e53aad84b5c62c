//! A bidder's own bids: handing one in, and where they stand.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::act::{ActSignature, SignedAct};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Millis;
use crate::problem::Transport;

/// A bid's header and the signed submit act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// Base64 of the header, exactly as sealed.
    pub header: String,
    pub act: SignedAct,
    /// The signatures of a consortium's members over the act's body, each for the
    /// same purpose, origin and project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<ActSignature>,
    /// Base64 of the 32-byte digests of all ciphertext chunks, segment after
    /// segment. With it a damaged chunk is refused as soon as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<String>,
}

/// The header was accepted: the ciphertext goes to `upload` by tus 1.0, unless
/// the bid is in already.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubmitAccepted {
    pub bid: String,
    /// `uploading`, or `live` where this very request has led to a bid that counts
    /// now. Any other state is answered with a refusal.
    pub state: BidState,
    /// The upload's path, also in `Location`; none where the bid is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// Bytes of ciphertext to come.
    pub length: u64,
    /// Bytes of the ciphertext that are there already.
    pub offset: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Millis>,
}

/// Where a bid stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BidState {
    /// Its ciphertext is on its way; it is no bid yet.
    Uploading,
    /// It is in and counts.
    Live,
    /// It was in, and a later version of the same bidder took its place.
    Superseded,
    /// It was in, and its bidder has withdrawn.
    Withdrawn,
    /// It was in, and the lot's terms have changed since.
    Stale,
    /// It was in, and the host has refused it.
    Refused,
    /// Its last byte was not in when the deadline passed; it will never be a bid.
    Late,
}

impl BidState {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Live => "live",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Late => "late",
        }
    }

    /// What whoever repeats the submission of a bid that was in is told, where the
    /// bid does not count any more.
    pub fn no_longer(self) -> Option<Transport> {
        match self {
            Self::Uploading | Self::Live | Self::Late => None,
            Self::Superseded => Some(Transport::BidSuperseded),
            Self::Withdrawn => Some(Transport::BidWithdrawn),
            Self::Stale => Some(Transport::BidStale),
            Self::Refused => Some(Transport::BidRefused),
        }
    }
}

/// One of the caller's own bids.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BidView {
    pub bid: String,
    pub lot: String,
    pub state: BidState,
    pub sequence: u64,
    /// When the last byte was in, which is when the bid was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Millis>,
    pub length: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
}

/// The last submission or withdrawal in a lot: the next act there has the
/// sequence after it and names its digest as `previous`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    pub lot: String,
    pub sequence: u32,
    /// The bid's digest, or that of the withdrawal's body.
    pub digest: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BidList {
    pub bids: Vec<BidView>,
    /// For each lot where the caller has submitted or withdrawn: what its next
    /// act has to follow.
    #[serde(default)]
    pub links: Vec<LinkView>,
    pub now: Millis,
}
