//! Which part of the rules folds which event, as patterns. Every match over
//! events is made of these and has no wildcard, so that a new event compiles
//! only once it has a home here and an arm there.

/// Until T0: see [`super::before`].
macro_rules! preparing_and_bidding {
    () => {
        $crate::event::What::Drafted { .. }
            | $crate::event::What::Edited { .. }
            | $crate::event::What::KeyCertified { .. }
            | $crate::event::What::CustodianInvited
            | $crate::event::What::Published { .. }
            | $crate::event::What::Clarified { .. }
            | $crate::event::What::TermsAmended { .. }
            | $crate::event::What::Postponed { .. }
            | $crate::event::What::Cancelled { .. }
            | $crate::event::What::BidReceived { .. }
            | $crate::event::What::BidWithdrawn { .. }
            | $crate::event::What::SubmissionRefused { .. }
            | $crate::event::What::EvidenceCapped { .. }
            | $crate::event::What::RefusalsCounted { .. }
    };
}

/// T0 and checking: see [`super::checking`].
macro_rules! checking {
    () => {
        $crate::event::What::DeadlineReached { .. }
            | $crate::event::What::StatementSigned { .. }
            | $crate::event::What::QuorumReached { .. }
            | $crate::event::What::QuorumOrdered { .. }
            | $crate::event::What::DepositMarked { .. }
            | $crate::event::What::BidRefused { .. }
            | $crate::event::What::ListPublished { .. }
            | $crate::event::What::LotFailed { .. }
    };
}

/// The unlocking window: see [`super::unlocking`].
macro_rules! unlocking {
    () => {
        $crate::event::What::WindowStarted { .. }
            | $crate::event::What::WindowExtended { .. }
            | $crate::event::What::Unlocked { .. }
            | $crate::event::What::UnlockFailed { .. }
            | $crate::event::What::AcceptedFixed { .. }
    };
}

/// Rescues, which are a part of unlocking.
macro_rules! rescuing {
    () => {
        $crate::event::What::RescueAsked { .. }
            | $crate::event::What::RescueOrdered { .. }
            | $crate::event::What::RescueShared { .. }
            | $crate::event::What::Rescued { .. }
    };
}

/// Releasing, opening and findings: see [`super::releasing`].
macro_rules! releasing {
    () => {
        $crate::event::What::Released { .. }
            | $crate::event::What::ReleaseExtended { .. }
            | $crate::event::What::ReleaseClosed { .. }
            | $crate::event::What::Opened { .. }
            | $crate::event::What::OpeningClosed { .. }
            | $crate::event::What::DocumentOpened { .. }
            | $crate::event::What::FindingMade { .. }
            | $crate::event::What::CustodianFound { .. }
            | $crate::event::What::FindingConfirmed { .. }
            | $crate::event::What::FindingOverruled { .. }
            | $crate::event::What::FaultConfirmed { .. }
            | $crate::event::What::FaultOverruled { .. }
    };
}

/// From announcing to closing: see [`super::opened`].
macro_rules! announcing {
    () => {
        $crate::event::What::Announced { .. }
            | $crate::event::What::MaskLifted { .. }
            | $crate::event::What::LineConfirmed { .. }
            | $crate::event::What::LineDisputed { .. }
            | $crate::event::What::ObjectionsOpened { .. }
            | $crate::event::What::Objected { .. }
            | $crate::event::What::NoObjection { .. }
            | $crate::event::What::Replied { .. }
            | $crate::event::What::ObjectionsClosed { .. }
            | $crate::event::What::Closed { .. }
            | $crate::event::What::Rated { .. }
            | $crate::event::What::ReferenceRevealed { .. }
    };
}

/// The opening record and its signatures.
macro_rules! recording {
    () => {
        $crate::event::What::RecordMade { .. }
            | $crate::event::What::CorrectionAsked { .. }
            | $crate::event::What::RecordSigned { .. }
            | $crate::event::What::Countersigned { .. }
    };
}

/// What goes on beside the course: see [`super::room`].
macro_rules! attending {
    () => {
        $crate::event::What::SignedIn { .. }
            | $crate::event::What::SignInAllowed { .. }
            | $crate::event::What::OperatorChanged { .. }
            | $crate::event::What::Suspended { .. }
            | $crate::event::What::Resumed { .. }
            | $crate::event::What::OutageNoted { .. }
            | $crate::event::What::Terminated { .. }
    };
}

/// Complaints, which belong to no part of the course: see [`super::complaints`].
macro_rules! complaining {
    () => {
        $crate::event::What::Complained { .. }
            | $crate::event::What::ComplaintTakenUp { .. }
            | $crate::event::What::ComplaintDeclined { .. }
            | $crate::event::What::ComplaintAnswered { .. }
    };
}

/// What is said and asked in the room.
macro_rules! talking {
    () => {
        $crate::event::What::HelpAsked { .. }
            | $crate::event::What::HelpAnswered { .. }
            | $crate::event::What::Said { .. }
            | $crate::event::What::Asked { .. }
            | $crate::event::What::Answered { .. }
            | $crate::event::What::Remarked { .. }
            | $crate::event::What::LineRemarked { .. }
            | $crate::event::What::AbsenceMarked { .. }
            | $crate::event::What::SaidPrivately { .. }
            | $crate::event::What::Muted { .. }
            | $crate::event::What::Unmuted { .. }
    };
}

pub(crate) use {
    announcing, attending, checking, complaining, preparing_and_bidding, recording, releasing,
    rescuing, talking, unlocking,
};
