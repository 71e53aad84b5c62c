//! Acts that were refused and are on record all the same: what their actors
//! were told.

use super::{Check, What};
use crate::refusal::RefusalCode;

impl What {
    /// What the actor was told, where this event is the evidence of an act that
    /// was refused.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the events of acts that were performed are all others"
    )]
    pub fn refusal(&self) -> Option<RefusalCode> {
        match self {
            Self::UnlockFailed { check, .. } => Some(check.refusal()),
            Self::RescueShared { good: false, .. } => Some(RefusalCode::ShareMismatch),
            Self::Released { good, wrong, .. } if good.is_empty() && !wrong.is_empty() => {
                Some(RefusalCode::ShareMismatch)
            }
            _ => None,
        }
    }
}

impl Check {
    /// What a bidder is told whose attempt to unlock failed at this check.
    pub fn refusal(self) -> RefusalCode {
        match self {
            Self::StoreFailed | Self::Unanswered => RefusalCode::PlatformFailed,
            Self::KeyMismatch | Self::DigestMismatch => RefusalCode::WrongKey,
        }
    }
}
