//! What other systems are told of an event (docs/spec/webhooks.md): a closed
//! list of facts that the public may know at that moment, and nothing of events
//! that are not in it.

use kaibiao_crypto::Digest;
use serde::Serialize;

use crate::event::{Failure, LotRules, Order, Termination, What};
use crate::ids::{LotId, Millis};
use crate::terms::Legal;

/// The facts of one message. In JSON as the event's, but for what the public may
/// not know yet.
#[expect(
    missing_docs,
    reason = "the members are those of the event of the same kind"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Bulletin<'a> {
    #[strum(serialize = "published")]
    Published {
        t0: Millis,
        outage_moves_t0: bool,
        legal: &'a Legal,
        lots: &'a [LotRules],
    },
    #[strum(serialize = "clarified")]
    Clarified { number: u32 },
    #[strum(serialize = "postponed")]
    Postponed { number: u32, t0: Millis },
    /// Without the bids that it makes stale: before T0 they would tell how many
    /// there are.
    #[strum(serialize = "amended")]
    TermsAmended {
        number: u32,
        rules: &'a LotRules,
        #[serde(skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
    },
    #[strum(serialize = "cancelled")]
    Cancelled { lots: &'a [LotId] },
    #[strum(serialize = "failed")]
    LotFailed {
        lot: &'a LotId,
        failure: Failure,
        count: u32,
    },
    #[strum(serialize = "announced")]
    Announced { lots: &'a [Order] },
    #[strum(serialize = "record")]
    RecordMade {
        lot: &'a LotId,
        record: &'a Digest,
        #[serde(skip_serializing_if = "Option::is_none")]
        pdf: Option<&'a Digest>,
        #[serde(skip_serializing_if = "Option::is_none")]
        corrects: Option<&'a Digest>,
    },
    #[strum(serialize = "closed")]
    Closed { lots: &'a [LotId] },
    #[strum(serialize = "terminated")]
    Terminated {
        lots: &'a [LotId],
        cause: Termination,
    },
}

impl<'a> Bulletin<'a> {
    /// What other systems are told of an event; none of the many that do not
    /// concern them.
    pub fn of(what: &'a What) -> Option<Self> {
        match what {
            What::Published {
                t0,
                outage_moves_t0,
                legal,
                lots,
                ..
            } => Some(Self::Published {
                t0: *t0,
                outage_moves_t0: *outage_moves_t0,
                legal,
                lots,
            }),
            What::Clarified { number } => Some(Self::Clarified { number: *number }),
            What::Postponed { number, t0 } => Some(Self::Postponed {
                number: *number,
                t0: *t0,
            }),
            What::TermsAmended {
                number, rules, t0, ..
            } => Some(Self::TermsAmended {
                number: *number,
                rules,
                t0: *t0,
            }),
            What::Cancelled { lots } => Some(Self::Cancelled { lots }),
            What::LotFailed {
                lot,
                failure,
                count,
            } => Some(Self::LotFailed {
                lot,
                failure: *failure,
                count: *count,
            }),
            What::Announced { lots } => Some(Self::Announced { lots }),
            What::RecordMade {
                lot,
                record,
                pdf,
                corrects,
            } => Some(Self::RecordMade {
                lot,
                record,
                pdf: pdf.as_ref(),
                corrects: corrects.as_ref(),
            }),
            What::Closed { lots } => Some(Self::Closed { lots }),
            What::Terminated { lots, cause, .. } => Some(Self::Terminated {
                lots,
                cause: *cause,
            }),
            What::Drafted { .. }
            | What::Edited { .. }
            | What::KeyCertified { .. }
            | What::CustodianInvited
            | What::BidReceived { .. }
            | What::BidWithdrawn { .. }
            | What::SubmissionRefused { .. }
            | What::EvidenceCapped { .. }
            | What::RefusalsCounted { .. }
            | What::SignedIn { .. }
            | What::SignInAllowed { .. }
            | What::OperatorChanged { .. }
            | What::DeadlineReached { .. }
            | What::StatementSigned { .. }
            | What::QuorumReached { .. }
            | What::QuorumOrdered { .. }
            | What::DepositMarked { .. }
            | What::BidRefused { .. }
            | What::ListPublished { .. }
            | What::WindowStarted { .. }
            | What::WindowExtended { .. }
            | What::Suspended { .. }
            | What::Resumed { .. }
            | What::Unlocked { .. }
            | What::UnlockFailed { .. }
            | What::RescueAsked { .. }
            | What::RescueOrdered { .. }
            | What::RescueShared { .. }
            | What::Rescued { .. }
            | What::OutageNoted { .. }
            | What::AcceptedFixed { .. }
            | What::Released { .. }
            | What::ReleaseExtended { .. }
            | What::ReleaseClosed { .. }
            | What::Opened { .. }
            | What::OpeningClosed { .. }
            | What::DocumentOpened { .. }
            | What::FindingMade { .. }
            | What::CustodianFound { .. }
            | What::FindingConfirmed { .. }
            | What::FindingOverruled { .. }
            | What::FaultConfirmed { .. }
            | What::FaultOverruled { .. }
            | What::MaskLifted { .. }
            | What::LineConfirmed { .. }
            | What::LineDisputed { .. }
            | What::ObjectionsOpened { .. }
            | What::Objected { .. }
            | What::NoObjection { .. }
            | What::LineRemarked { .. }
            | What::AbsenceMarked { .. }
            | What::SaidPrivately { .. }
            | What::Muted { .. }
            | What::Unmuted { .. }
            | What::ReferenceRevealed { .. }
            | What::Complained { .. }
            | What::ComplaintTakenUp { .. }
            | What::ComplaintDeclined { .. }
            | What::ComplaintAnswered { .. }
            | What::Replied { .. }
            | What::ObjectionsClosed { .. }
            | What::CorrectionAsked { .. }
            | What::RecordSigned { .. }
            | What::Countersigned { .. }
            | What::Rated { .. }
            | What::HelpAsked { .. }
            | What::HelpAnswered { .. }
            | What::Said { .. }
            | What::Asked { .. }
            | What::Answered { .. }
            | What::Remarked { .. } => None,
        }
    }

    /// The last part of the message's type.
    pub fn topic(&self) -> &'static str {
        self.into()
    }

    /// The lots whose results go with it.
    pub fn lots(&self) -> Vec<&'a LotId> {
        match self {
            Self::Published { lots, .. } => lots.iter().map(|rules| &rules.lot).collect(),
            Self::Clarified { .. } | Self::Postponed { .. } => Vec::new(),
            Self::TermsAmended { rules, .. } => vec![&rules.lot],
            Self::LotFailed { lot, .. } | Self::RecordMade { lot, .. } => vec![lot],
            Self::Announced { lots } => lots.iter().map(|order| &order.lot).collect(),
            Self::Cancelled { lots } | Self::Closed { lots } | Self::Terminated { lots, .. } => {
                lots.iter().collect()
            }
        }
    }
}
