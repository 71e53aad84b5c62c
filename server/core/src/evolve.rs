//! Folds an event's facts into the state, or says why they are unlawful. All
//! rules about what may happen when are here; `decide` asks this module, so a
//! stream that replays is a stream whose every event was allowed.

mod before;
mod checking;
mod opened;
mod releasing;
mod room;
mod unlocking;

pub use before::EVIDENCE_CAP;
pub use opened::RATING;
pub use releasing::RELEASE_CAP;
pub use room::{LAST_MINUTES, SHORT_OUTAGE, SIGN_IN, moved_t0};
pub use unlocking::{ATTEMPT_CAP, RESCUE_CAP};

use kaibiao_crypto::Digest;

use crate::due::due;
use crate::event::{Recorded, What};
use crate::ids::{LotId, Millis, Seq};
use crate::refusal::RefusalCode;
use crate::role::By;
use crate::state::{Lot, State};
use crate::stream::Unlawful;

/// When, where and by whom an event happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happening {
    pub seq: Seq,
    pub time: Millis,
    pub by: By,
    /// The digest of the act behind it.
    pub act: Option<Digest>,
}

type Lawful = Result<(), RefusalCode>;

/// The state after one more event.
///
/// # Errors
/// When the event could not lawfully happen in this state: then the stream is
/// not one that this platform wrote.
pub fn evolve(mut state: State, event: &Recorded) -> Result<State, Unlawful> {
    let facts = &event.facts;
    match fold(&mut state, event) {
        Ok(()) => Ok(state),
        Err(code) => Err(Unlawful {
            seq: event.seq,
            code,
            why: format!("{}: {}", facts.what.kind(), code.en()),
        }),
    }
}

fn fold(state: &mut State, event: &Recorded) -> Lawful {
    if event.seq != state.events + 1 || event.time < state.time {
        return Err(RefusalCode::OutOfOrder);
    }
    let facts = &event.facts;
    if let Some(act) = facts.act
        && !state.acts.insert(act)
    {
        return Err(RefusalCode::Replayed);
    }
    timely(state, event)?;
    let happening = Happening {
        seq: event.seq,
        time: event.time,
        by: facts.by,
        act: facts.act,
    };
    apply(state, &happening, &facts.what)?;
    state.events = event.seq;
    state.time = event.time;
    if state.ended_at.is_none()
        && !state.lots.is_empty()
        && state.lots.values().all(|lot| lot.stage.is_end())
    {
        state.ended_at = Some(event.time);
    }
    Ok(())
}

/// What is due by time comes first, and time does only what is due. A noted
/// outage comes before it: it may be why nothing happened in time.
fn timely(state: &State, event: &Recorded) -> Lawful {
    let what = &event.facts.what;
    if matches!(what, What::OutageNoted { .. }) {
        return Ok(());
    }
    match (due(state, event.time), event.facts.by) {
        (Some(expected), By::Time) if expected == *what => Ok(()),
        (Some(_), By::Time) => Err(RefusalCode::FactsDiffer),
        (Some(_), _) => Err(RefusalCode::DueFirst),
        (None, By::Time) => Err(RefusalCode::NotDue),
        (None, _) => Ok(()),
    }
}

fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::Drafted { .. }
        | What::Edited { .. }
        | What::KeyCertified { .. }
        | What::Published { .. }
        | What::Clarified { .. }
        | What::TermsAmended { .. }
        | What::Postponed { .. }
        | What::Cancelled { .. }
        | What::BidReceived { .. }
        | What::BidWithdrawn { .. }
        | What::SubmissionRefused { .. }
        | What::EvidenceCapped { .. }
        | What::RefusalsCounted { .. } => before::apply(state, happening, what),
        What::DeadlineReached { .. }
        | What::StatementSigned { .. }
        | What::QuorumReached { .. }
        | What::QuorumOrdered { .. }
        | What::DepositMarked { .. }
        | What::BidRefused { .. }
        | What::ListPublished { .. }
        | What::LotFailed { .. } => checking::apply(state, happening, what),
        What::WindowStarted { .. }
        | What::WindowExtended { .. }
        | What::Unlocked { .. }
        | What::UnlockFailed { .. }
        | What::RescueAsked { .. }
        | What::RescueOrdered { .. }
        | What::RescueShared { .. }
        | What::Rescued { .. }
        | What::AcceptedFixed { .. } => unlocking::apply(state, happening, what),
        What::Released { .. }
        | What::ReleaseExtended { .. }
        | What::ReleaseClosed { .. }
        | What::Opened { .. }
        | What::OpeningClosed { .. }
        | What::DocumentOpened { .. }
        | What::FindingMade { .. }
        | What::FindingConfirmed { .. }
        | What::FindingOverruled { .. } => releasing::apply(state, happening, what),
        What::Announced { .. }
        | What::MaskLifted { .. }
        | What::LineConfirmed { .. }
        | What::LineDisputed { .. }
        | What::ObjectionsOpened { .. }
        | What::Objected { .. }
        | What::Replied { .. }
        | What::ObjectionsClosed { .. }
        | What::RecordMade { .. }
        | What::CorrectionAsked { .. }
        | What::RecordSigned { .. }
        | What::Countersigned { .. }
        | What::Closed { .. }
        | What::Rated { .. } => opened::apply(state, happening, what),
        What::SignedIn { .. }
        | What::SignInAllowed { .. }
        | What::OperatorChanged { .. }
        | What::Suspended { .. }
        | What::Resumed { .. }
        | What::OutageNoted { .. }
        | What::HelpAsked { .. }
        | What::HelpAnswered { .. }
        | What::Said { .. }
        | What::Asked { .. }
        | What::Answered { .. }
        | What::Remarked { .. }
        | What::Terminated { .. } => room::apply(state, happening, what),
    }
}

pub(crate) fn lot<'a>(state: &'a mut State, id: &LotId) -> Result<&'a mut Lot, RefusalCode> {
    state.lots.get_mut(id).ok_or(RefusalCode::NoSuchLot)
}

/// Does the same to several lots, each named once.
pub(crate) fn each(
    state: &mut State,
    ids: &[LotId],
    mut apply: impl FnMut(&mut Lot) -> Lawful,
) -> Lawful {
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    if ids.is_empty() || distinct.len() != ids.len() {
        return Err(RefusalCode::NoLots);
    }
    for id in ids {
        apply(lot(state, id)?)?;
    }
    Ok(())
}

pub(crate) fn by(happening: &Happening, allowed: &[By]) -> Lawful {
    if allowed.contains(&happening.by) {
        Ok(())
    } else {
        Err(RefusalCode::NotPermitted)
    }
}

pub(crate) fn ensure(holds: bool, code: RefusalCode) -> Lawful {
    if holds { Ok(()) } else { Err(code) }
}
