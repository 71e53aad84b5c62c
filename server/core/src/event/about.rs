//! What an event is about.

use strum::VariantNames;

use super::What;
use crate::ids::{LotId, Party};

impl What {
    /// The kinds of all events, as in their JSON.
    pub const KINDS: &[&str] = <Self as VariantNames>::VARIANTS;

    /// The event's kind, as in its JSON.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// Whether it is a notice to everybody: the publication, or a change of it. Notices
    /// are signed in public and stand in the public log (docs/spec/evidence.md, 12).
    pub const fn is_notice(&self) -> bool {
        matches!(
            self,
            Self::Published { .. }
                | Self::Clarified { .. }
                | Self::TermsAmended { .. }
                | Self::Postponed { .. }
                | Self::Cancelled { .. }
        )
    }

    /// The one lot it is about, where it is about one.
    pub fn lot(&self) -> Option<LotId> {
        match self {
            Self::BidReceived { lot, .. }
            | Self::BidWithdrawn { lot, .. }
            | Self::SubmissionRefused { lot, .. }
            | Self::EvidenceCapped { lot, .. }
            | Self::RefusalsCounted { lot, .. }
            | Self::SignedIn { lot, .. }
            | Self::SignInAllowed { lot, .. }
            | Self::DepositMarked { lot, .. }
            | Self::BidRefused { lot, .. }
            | Self::ListPublished { lot, .. }
            | Self::LotFailed { lot, .. }
            | Self::Unlocked { lot, .. }
            | Self::UnlockFailed { lot, .. }
            | Self::RescueAsked { lot, .. }
            | Self::RescueOrdered { lot, .. }
            | Self::RescueShared { lot, .. }
            | Self::Rescued { lot, .. }
            | Self::AcceptedFixed { lot, .. }
            | Self::Released { lot, .. }
            | Self::ReleaseExtended { lot, .. }
            | Self::ReleaseClosed { lot, .. }
            | Self::Opened { lot, .. }
            | Self::OpeningClosed { lot, .. }
            | Self::DocumentOpened { lot, .. }
            | Self::FindingMade { lot, .. }
            | Self::CustodianFound { lot, .. }
            | Self::FindingConfirmed { lot, .. }
            | Self::FindingOverruled { lot, .. }
            | Self::FaultConfirmed { lot, .. }
            | Self::FaultOverruled { lot, .. }
            | Self::LineConfirmed { lot, .. }
            | Self::LineDisputed { lot, .. }
            | Self::Objected { lot, .. }
            | Self::NoObjection { lot, .. }
            | Self::LineRemarked { lot, .. }
            | Self::AbsenceMarked { lot, .. }
            | Self::SaidPrivately { lot, .. }
            | Self::Muted { lot, .. }
            | Self::Unmuted { lot, .. }
            | Self::Complained { lot }
            | Self::ComplaintTakenUp { lot, .. }
            | Self::ComplaintDeclined { lot, .. }
            | Self::ComplaintAnswered { lot, .. }
            | Self::Replied { lot, .. }
            | Self::RecordMade { lot, .. }
            | Self::CorrectionAsked { lot, .. }
            | Self::RecordSigned { lot, .. }
            | Self::Countersigned { lot, .. }
            | Self::HelpAsked { lot, .. }
            | Self::HelpAnswered { lot, .. }
            | Self::Asked { lot, .. }
            | Self::Answered { lot, .. }
            | Self::ReferenceRevealed { lot, .. } => Some(lot.clone()),
            Self::TermsAmended { rules, .. } => Some(rules.lot.clone()),
            Self::StatementSigned { lot, .. }
            | Self::QuorumReached { lot, .. }
            | Self::QuorumOrdered { lot, .. }
            | Self::Said { lot, .. }
            | Self::Remarked { lot, .. } => lot.clone(),
            Self::Drafted { .. }
            | Self::Edited { .. }
            | Self::KeyCertified { .. }
            | Self::CustodianInvited
            | Self::Published { .. }
            | Self::Clarified { .. }
            | Self::Postponed { .. }
            | Self::Cancelled { .. }
            | Self::OperatorChanged { .. }
            | Self::DeadlineReached { .. }
            | Self::WindowStarted { .. }
            | Self::WindowExtended { .. }
            | Self::Suspended { .. }
            | Self::Resumed { .. }
            | Self::OutageNoted { .. }
            | Self::Announced { .. }
            | Self::MaskLifted { .. }
            | Self::ObjectionsOpened { .. }
            | Self::ObjectionsClosed { .. }
            | Self::Closed { .. }
            | Self::Rated { .. }
            | Self::Terminated { .. } => None,
        }
    }

    /// The lots it is about, where it lists them.
    pub fn lots(&self) -> Vec<LotId> {
        match self {
            Self::Published { lots, .. } => lots.iter().map(|rules| rules.lot.clone()).collect(),
            Self::Announced { lots } => lots.iter().map(|order| order.lot.clone()).collect(),
            Self::Cancelled { lots }
            | Self::WindowStarted { lots, .. }
            | Self::WindowExtended { lots, .. }
            | Self::Suspended { lots }
            | Self::Resumed { lots }
            | Self::MaskLifted { lots }
            | Self::ObjectionsOpened { lots, .. }
            | Self::ObjectionsClosed { lots }
            | Self::Closed { lots }
            | Self::Terminated { lots, .. } => lots.clone(),
            Self::Drafted { .. }
            | Self::Edited { .. }
            | Self::KeyCertified { .. }
            | Self::CustodianInvited
            | Self::Clarified { .. }
            | Self::TermsAmended { .. }
            | Self::Postponed { .. }
            | Self::BidReceived { .. }
            | Self::BidWithdrawn { .. }
            | Self::SubmissionRefused { .. }
            | Self::EvidenceCapped { .. }
            | Self::RefusalsCounted { .. }
            | Self::SignedIn { .. }
            | Self::SignInAllowed { .. }
            | Self::OperatorChanged { .. }
            | Self::DeadlineReached { .. }
            | Self::StatementSigned { .. }
            | Self::QuorumReached { .. }
            | Self::QuorumOrdered { .. }
            | Self::DepositMarked { .. }
            | Self::BidRefused { .. }
            | Self::ListPublished { .. }
            | Self::LotFailed { .. }
            | Self::Unlocked { .. }
            | Self::UnlockFailed { .. }
            | Self::RescueAsked { .. }
            | Self::RescueOrdered { .. }
            | Self::RescueShared { .. }
            | Self::Rescued { .. }
            | Self::OutageNoted { .. }
            | Self::AcceptedFixed { .. }
            | Self::Released { .. }
            | Self::ReleaseExtended { .. }
            | Self::ReleaseClosed { .. }
            | Self::Opened { .. }
            | Self::OpeningClosed { .. }
            | Self::DocumentOpened { .. }
            | Self::FindingMade { .. }
            | Self::CustodianFound { .. }
            | Self::FindingConfirmed { .. }
            | Self::FindingOverruled { .. }
            | Self::FaultConfirmed { .. }
            | Self::FaultOverruled { .. }
            | Self::LineConfirmed { .. }
            | Self::LineDisputed { .. }
            | Self::Objected { .. }
            | Self::NoObjection { .. }
            | Self::LineRemarked { .. }
            | Self::AbsenceMarked { .. }
            | Self::SaidPrivately { .. }
            | Self::Muted { .. }
            | Self::Unmuted { .. }
            | Self::Complained { .. }
            | Self::ComplaintTakenUp { .. }
            | Self::ComplaintDeclined { .. }
            | Self::ComplaintAnswered { .. }
            | Self::Replied { .. }
            | Self::RecordMade { .. }
            | Self::CorrectionAsked { .. }
            | Self::RecordSigned { .. }
            | Self::Countersigned { .. }
            | Self::Rated { .. }
            | Self::HelpAsked { .. }
            | Self::HelpAnswered { .. }
            | Self::Said { .. }
            | Self::Asked { .. }
            | Self::Answered { .. }
            | Self::Remarked { .. }
            | Self::ReferenceRevealed { .. } => Vec::new(),
        }
    }

    /// The one party it is about, where it is about one.
    pub fn party(&self) -> Option<Party> {
        match self {
            Self::BidReceived { party, .. }
            | Self::BidWithdrawn { party, .. }
            | Self::SubmissionRefused { party, .. }
            | Self::EvidenceCapped { party, .. }
            | Self::RefusalsCounted { party, .. }
            | Self::SignedIn { party, .. }
            | Self::SignInAllowed { party, .. }
            | Self::DepositMarked { party, .. }
            | Self::BidRefused { party, .. }
            | Self::Unlocked { party, .. }
            | Self::UnlockFailed { party, .. }
            | Self::RescueAsked { party, .. }
            | Self::RescueOrdered { party, .. }
            | Self::RescueShared { party, .. }
            | Self::Rescued { party, .. }
            | Self::FindingMade { party, .. }
            | Self::FindingConfirmed { party, .. }
            | Self::FindingOverruled { party, .. }
            | Self::LineConfirmed { party, .. }
            | Self::LineDisputed { party, .. }
            | Self::Objected { party, .. }
            | Self::NoObjection { party, .. }
            | Self::LineRemarked { party, .. }
            | Self::AbsenceMarked { party, .. }
            | Self::SaidPrivately { party, .. }
            | Self::Muted { party, .. }
            | Self::Unmuted { party, .. }
            | Self::Countersigned { party, .. }
            | Self::HelpAsked { party, .. }
            | Self::Asked { party, .. } => Some(*party),
            Self::Drafted { .. }
            | Self::Edited { .. }
            | Self::KeyCertified { .. }
            | Self::CustodianInvited
            | Self::Published { .. }
            | Self::Clarified { .. }
            | Self::TermsAmended { .. }
            | Self::Postponed { .. }
            | Self::Cancelled { .. }
            | Self::OperatorChanged { .. }
            | Self::DeadlineReached { .. }
            | Self::StatementSigned { .. }
            | Self::QuorumReached { .. }
            | Self::QuorumOrdered { .. }
            | Self::ListPublished { .. }
            | Self::LotFailed { .. }
            | Self::WindowStarted { .. }
            | Self::WindowExtended { .. }
            | Self::Suspended { .. }
            | Self::Resumed { .. }
            | Self::OutageNoted { .. }
            | Self::AcceptedFixed { .. }
            | Self::Released { .. }
            | Self::ReleaseExtended { .. }
            | Self::ReleaseClosed { .. }
            | Self::Opened { .. }
            | Self::OpeningClosed { .. }
            | Self::DocumentOpened { .. }
            | Self::CustodianFound { .. }
            | Self::FaultConfirmed { .. }
            | Self::FaultOverruled { .. }
            | Self::Announced { .. }
            | Self::MaskLifted { .. }
            | Self::ObjectionsOpened { .. }
            | Self::Complained { .. }
            | Self::ComplaintTakenUp { .. }
            | Self::ComplaintDeclined { .. }
            | Self::ComplaintAnswered { .. }
            | Self::Replied { .. }
            | Self::ObjectionsClosed { .. }
            | Self::RecordMade { .. }
            | Self::CorrectionAsked { .. }
            | Self::RecordSigned { .. }
            | Self::Closed { .. }
            | Self::Rated { .. }
            | Self::HelpAnswered { .. }
            | Self::Said { .. }
            | Self::Answered { .. }
            | Self::Remarked { .. }
            | Self::ReferenceRevealed { .. }
            | Self::Terminated { .. } => None,
        }
    }
}
