//! What a check that failed on opening means for the record, and so whose fault
//! it is (docs/spec/sealed-bid.md, 16).

use kaibiao_crypto::bid::OpenProblem;

use super::Outcome;
use crate::role::By;

impl Outcome {
    /// The outcome of a bid whose opening failed at this check.
    pub const fn of(problem: &OpenProblem) -> Self {
        match problem {
            OpenProblem::SharesTooFew { .. }
            | OpenProblem::SharesDuplicate
            | OpenProblem::ShareMismatch { .. } => Self::SharesMissing,
            OpenProblem::ReleaseMismatch => Self::ReleaseMismatch,
            OpenProblem::RescueMismatch => Self::RescueMismatch,
            OpenProblem::DealingCommitment { .. } | OpenProblem::DealingWrap { .. } => {
                Self::DealingMismatch
            }
            OpenProblem::KeyMismatch | OpenProblem::SegmentKeyMismatch { .. } => Self::KeyMismatch,
            OpenProblem::NotAuthentic { .. } => Self::Unreadable,
            OpenProblem::FrameWrong { .. } | OpenProblem::PlaintextMismatch { .. } => {
                Self::PlaintextMismatch
            }
            OpenProblem::SheetWrong | OpenProblem::ManifestWrong(_) => Self::Malformed,
            OpenProblem::DocumentMismatch { .. } => Self::ManifestMismatch,
            // What was checked when it came in and does not hold any more was
            // changed where it is kept.
            OpenProblem::CiphertextLength { .. }
            | OpenProblem::CiphertextMismatch { .. }
            | OpenProblem::SecretMismatch
            | OpenProblem::OtherBid
            | OpenProblem::OtherCustodians
            | OpenProblem::NoSuchSegment
            | OpenProblem::Unwrap(_) => Self::StoreCorrupt,
        }
    }

    /// Whose fault a failed check is; nobody's where there is none.
    pub const fn lies_with(self) -> Option<By> {
        match self {
            Self::Opened => None,
            Self::SharesMissing => Some(By::Custodian),
            Self::StoreCorrupt | Self::NotOpened => Some(By::Platform),
            Self::ReleaseMismatch
            | Self::RescueMismatch
            | Self::DealingMismatch
            | Self::KeyMismatch
            | Self::Unreadable
            | Self::PlaintextMismatch
            | Self::Malformed
            | Self::ManifestMismatch => Some(By::Bidder),
        }
    }

    /// Whether opening got past the audit of the dealing of r: every wrap and
    /// every commitment of a share is then known to be right.
    pub const fn is_dealt_well(self) -> bool {
        match self {
            Self::Opened
            | Self::KeyMismatch
            | Self::Unreadable
            | Self::PlaintextMismatch
            | Self::Malformed
            | Self::ManifestMismatch => true,
            Self::SharesMissing
            | Self::StoreCorrupt
            | Self::ReleaseMismatch
            | Self::RescueMismatch
            | Self::DealingMismatch
            | Self::NotOpened => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaibiao_crypto::wrap::Role;

    #[test]
    fn a_failed_check_lies_with_whom_the_specification_says() {
        let (role, x, segment) = (Role::Release, 2, 0);
        // What custodians owe, what the platform keeps, what the bidder sealed.
        for (problem, outcome) in [
            (
                OpenProblem::SharesTooFew { have: 1, need: 2 },
                Outcome::SharesMissing,
            ),
            (
                OpenProblem::ShareMismatch { role, x },
                Outcome::SharesMissing,
            ),
            (
                OpenProblem::CiphertextMismatch { segment },
                Outcome::StoreCorrupt,
            ),
            (
                OpenProblem::CiphertextLength { segment },
                Outcome::StoreCorrupt,
            ),
            // b was held against its commitment when it came in.
            (OpenProblem::SecretMismatch, Outcome::StoreCorrupt),
            (OpenProblem::ReleaseMismatch, Outcome::ReleaseMismatch),
            (
                OpenProblem::DealingWrap { role, x },
                Outcome::DealingMismatch,
            ),
            (OpenProblem::KeyMismatch, Outcome::KeyMismatch),
            (
                OpenProblem::NotAuthentic { segment, chunk: 0 },
                Outcome::Unreadable,
            ),
            (
                OpenProblem::PlaintextMismatch { segment },
                Outcome::PlaintextMismatch,
            ),
            (OpenProblem::SheetWrong, Outcome::Malformed),
            (
                OpenProblem::DocumentMismatch { segment },
                Outcome::ManifestMismatch,
            ),
        ] {
            assert_eq!(Outcome::of(&problem), outcome, "{problem}");
        }
    }
}
