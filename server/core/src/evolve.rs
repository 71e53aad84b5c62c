//! Folds an event's facts into the state, or says why they are unlawful. All
//! rules about what may happen when are here; `decide` asks this module, so a
//! stream that replays is a stream whose every event was allowed.

mod before;
mod checking;
mod complaints;
pub(crate) mod gates;
pub(crate) mod homes;
mod opened;
mod outages;
mod releasing;
mod room;
mod unlocking;

pub(crate) use before::EVIDENCE_CAP;
pub(crate) use opened::RATING;
pub(crate) use outages::{LAST_MINUTES, concerns, moved_t0, unserved};
pub(crate) use releasing::RELEASE_CAP;
pub(crate) use unlocking::{ATTEMPT_CAP, RESCUE_CAP};

use kaibiao_crypto::Digest;

use crate::disclosure;
use crate::due::due;
use crate::event::{Recorded, What};
use crate::ids::{LotId, Millis, Seq};
use crate::refusal::RefusalCode;
use crate::role::By;
use crate::state::{Lot, State};
use crate::stream::Unlawful;
use crate::tally;

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
    tally::keeping(state, &facts.what, |state| {
        apply(state, &happening, &facts.what)
    })?;
    state.events = event.seq;
    state.time = event.time;
    if state.ended_at.is_none()
        && !state.lots.is_empty()
        && state.lots.values().all(|lot| lot.stage.is_end())
    {
        state.ended_at = Some(event.time);
    }
    if state.evidence.is_none() && state.is_evidence() {
        state.evidence = Some(disclosure::evidence(state));
    }
    Ok(())
}

/// Checks that what is due by time comes first, and that time does only what is
/// due. A noted outage may come before that, since it may be the reason why
/// nothing happened in time.
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
        homes::preparing_and_bidding!() => before::apply(state, happening, what),
        homes::checking!() => checking::apply(state, happening, what),
        homes::unlocking!() | homes::rescuing!() => unlocking::apply(state, happening, what),
        homes::releasing!() => releasing::apply(state, happening, what),
        homes::announcing!() | homes::recording!() => opened::apply(state, happening, what),
        homes::attending!() | homes::talking!() => room::apply(state, happening, what),
        homes::complaining!() => complaints::apply(state, happening, what),
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
