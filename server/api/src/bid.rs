//! A bidder's own bids: handing one in, and where they stand.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::act::{ActSignature, SignedAct};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Millis;

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

/// The header was accepted: the ciphertext goes to `upload` by tus 1.0.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubmitAccepted {
    pub bid: String,
    /// The upload's path, also in `Location`.
    pub upload: String,
    /// Bytes of ciphertext to come.
    pub length: u64,
    /// Bytes of the ciphertext that are there already.
    pub offset: u64,
    pub expires: Millis,
}

/// One of the caller's own bids.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BidView {
    pub bid: String,
    pub lot: String,
    /// `uploading`, `live`, `superseded`, `withdrawn`, `stale` or `refused`.
    pub state: String,
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
