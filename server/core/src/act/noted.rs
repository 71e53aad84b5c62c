//! What officials note of a bidder or a lot, by closed lists: exceptions on a line, why
//! somebody stayed away, how a lot ended without a result (docs/spec/acts.md).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the host finds to be out of order with a bidder or its bid (例外情况).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineException {
    /// What was read out is not what the bid's documents say.
    ContentsDiffer,
    /// The amount in figures is not the one in words (大小写金额).
    AmountsDiffer,
    /// Seals or signatures that the tender documents ask for are missing.
    SignatureMissing,
    /// A part of the bid cannot be read or is missing.
    Incomplete,
    /// The price lies above the control price (最高投标限价).
    OverControlPrice,
    /// The deposit is not as it was registered.
    DepositDiffers,
    /// Its representative was not present.
    RepresentativeAbsent,
    /// Who attended for it could not be verified, or had no authorisation.
    RepresentativeUnverified,
    /// Something else, which the text tells.
    Other,
}

/// Why nobody attended for a bidder (未到场原因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Absence {
    /// Nobody could be reached.
    Unreachable,
    /// Its network or devices failed.
    Network,
    /// Its certificate or the key to it failed.
    Certificate,
    /// It came after sign-in was over.
    Late,
    /// It has said that it does not attend.
    Declined,
    /// The tender documents do not ask for it.
    NotRequired,
    /// Something else, which the note tells.
    Other,
}

/// How a lot ended without a result, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    pub kind: EndingKind,
    #[schema(value_type = u16, minimum = 101, maximum = 105)]
    pub reason: EndingReason,
}

/// How a lot ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndingKind {
    /// 流标: there were not enough bids.
    Failed,
    /// 废标: the procedure is void.
    Void,
    /// 终止: it was ended.
    Terminated,
}

/// Why a lot ended without a result, as transaction platforms number it: 101 to 105.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum EndingReason {
    /// 101: fewer bids that count than there must be.
    FewBids,
    /// 102: something unlawful, or against the rules, that impairs fairness.
    Unlawful,
    /// 103: every price lies above the control price or the budget.
    OverPrice,
    /// 104: the procurement is given up for a grave change.
    GivenUp,
    /// 105: something else, which the reason tells.
    Other,
}

impl From<EndingReason> for u16 {
    fn from(reason: EndingReason) -> Self {
        match reason {
            EndingReason::FewBids => 101,
            EndingReason::Unlawful => 102,
            EndingReason::OverPrice => 103,
            EndingReason::GivenUp => 104,
            EndingReason::Other => 105,
        }
    }
}

impl TryFrom<u16> for EndingReason {
    type Error = &'static str;

    fn try_from(code: u16) -> Result<Self, Self::Error> {
        let all = [
            Self::FewBids,
            Self::Unlawful,
            Self::OverPrice,
            Self::GivenUp,
            Self::Other,
        ];
        let found = all.into_iter().find(|it| u16::from(*it) == code);
        found.ok_or("a reason is 101 to 105")
    }
}
