//! The words in which facts speak of bids, outcomes and rules.

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{LotId, Party};

/// A lot's live bids, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bids {
    /// The lot.
    pub lot: LotId,
    /// Digests of the bids.
    pub bids: Vec<Digest>,
}

/// A lot's announced parties, in the order in which they are read out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The lot.
    pub lot: LotId,
    /// Handles, the first read first.
    pub parties: Vec<Party>,
}

/// What became of one accepted bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Whose bid it is.
    pub party: Party,
    /// The digest of the bid.
    pub bid: Digest,
    /// How far its opening got.
    pub outcome: Outcome,
}

/// How far opening got. The checks are made in this order (docs/spec/sealed-bid.md, 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every check held: the sheet can be announced.
    Opened,
    /// Too few shares matched their commitments: custodians.
    SharesMissing,
    /// Stored bytes are not those that were received, to the end of the platform's
    /// term: the platform.
    StoreCorrupt,
    /// The shares match, what they make does not (KR): the bidder.
    ReleaseMismatch,
    /// A rescue's shares match, and what they make (KB) or its dealing does not:
    /// the bidder.
    RescueMismatch,
    /// r is known, and shares or wraps differ from what it says: the bidder,
    /// whoever released.
    DealingMismatch,
    /// KC or `KC_i`: the bidder.
    KeyMismatch,
    /// The ciphertext does not authenticate: the bidder.
    Unreadable,
    /// `P_i`: the bidder.
    PlaintextMismatch,
    /// Not a sheet of the lot's schema, or not a manifest: the bidder.
    Malformed,
    /// A document is not what the manifest says: the bidder.
    ManifestMismatch,
    /// Nobody opened it in its time, or the platform could not read it to the end
    /// of its term: the platform.
    NotOpened,
}

/// Which check an unlock attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// b does not match KB.
    KeyMismatch,
    /// The secret is not the one whose digest was signed.
    DigestMismatch,
    /// The bid's header or ciphertext cannot be read where it is stored.
    StoreFailed,
    /// The platform answered with an error of its own before it could check b.
    Unanswered,
}

/// The rule a finding applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// 撤销: no attempt to unlock.
    NoAttempt,
    /// 撤销: every attempt sent a key that does not match.
    WrongKey,
    /// 撤销: commitments match and the content fails.
    ContentFails,
    /// 撤销: shares or wraps differ from what the secret they are of says.
    DealingFails,
    /// 撤销: several custodians, each of its own wrap, say that it gives no share,
    /// and too few shares are left to tell.
    WrapsFail,
    /// 撤销: the bidder's own rescue gave nothing.
    RescueFails,
    /// 撤回: a custodian's share is missing or wrong.
    ShareMissing,
    /// Open: one custodian alone says that its wrap gives no share, and too few
    /// shares are left to tell.
    OneComplaint,
    /// Open: custodians could not prove enough about the bid to release it.
    NotProved,
    /// 撤回: the platform's store failed.
    StoreFailed,
    /// 撤回: the platform was unwell through the window although extended.
    PlatformUnwell,
    /// 撤回: the platform did not open it in its time.
    NotOpenedInTime,
    /// Open: a help request or failed call that the platform cannot explain.
    Unexplained,
}

/// What a custodian did wrong, once the dealing of a bid is known to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It sent a share that is not the committed one, and never the right one.
    WrongShare,
    /// It said that its wrap gives no share, and the wrap is right.
    FalseComplaint,
}

/// Why a lot failed for want of bids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Fewer valid bids than the minimum at T0 or on the list (招标投标法实施条例 art.
    /// 44).
    FewBids,
    /// Too few were unlocked or opened, where the terms let the lot fail for it.
    FewOpened,
}

/// Why a lot was terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// By a supervisor's order.
    Ordered,
    /// Neither quorum nor order came in time: sealed for ever.
    NoQuorum,
}

/// Why somebody was not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was stopped in good order.
    Stopped,
    /// It ended without a word.
    Killed,
    /// It ran and did nothing, or could not write.
    Stalled,
    /// Its clock could not be believed, and something fell due meanwhile.
    Clock,
    /// It served others, and answered those whom the project concerns with errors of
    /// its own.
    Unserved,
}
