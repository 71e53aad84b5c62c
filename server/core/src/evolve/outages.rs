//! Times in which nobody was served, or some were answered with errors alone: what
//! they make later. All of them count, in sum, however short each is; none is at a
//! bidder's cost.

use std::collections::BTreeMap;

use super::{Happening, Lawful, by, ensure};
use crate::command::{Away, Unserved};
use crate::due::due;
use crate::event::{Cause, What};
use crate::ids::{Millis, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Lot, Outage, Stage, State};

/// What is lost in the last 30 minutes before T0 is made up for.
pub(crate) const LAST_MINUTES: Millis = 30 * 60 * 1000;
/// A stall up to this long is noted only where something fell due in it, in
/// milliseconds.
const SHORT_STALL: Millis = 1_000;
/// A stall up to this long cuts nobody off, in milliseconds.
const HARMLESS_STALL: Millis = 2_000;
/// Absences with no more than this between them are one to whoever tries to come
/// back, in milliseconds.
const ROW: Millis = 30_000;
/// So much is made up for errors alone in a project, in milliseconds. What has not been
/// put right by then, people decide about.
const LONGEST: Millis = 60 * 60 * 1000;

/// Whether an absence makes anything later in this project, or could have.
pub(crate) fn concerns(state: &State, away: &Away) -> bool {
    if away.from >= away.to || state.published.is_none() || state.ended_at.is_some() {
        return false;
    }
    let matters = match away.cause {
        Cause::Stopped | Cause::Killed => true,
        Cause::Stalled => away.millis() > SHORT_STALL || due(state, away.to).is_some(),
        // Until something falls due by either clock, a doubtful one stops nobody.
        Cause::Clock => due(state, away.reach).is_some(),
        Cause::Unserved => {
            let is_long = away.millis() > SHORT_STALL || due(state, away.to).is_some();
            is_long && away.millis() <= left(state)
        }
    };
    let counts = match state.deadline {
        Some(_) => true,
        None => away.from < state.t0 && away.to > state.t0 - LAST_MINUTES,
    };
    matters && counts
}

/// A run of errors as an absence, once it is over, or when something falls due
/// before anybody can know that it is.
pub(crate) fn unserved(state: &State, run: Unserved, now: Millis) -> Option<Away> {
    let lasts = run.lasts(now);
    if lasts && due(state, now).is_none() {
        return None;
    }
    let to = if lasts { now } else { run.to };
    let counted_until = state.outages.last().map(|last| last.to);
    // All of it lies in an outage that is on record, and nothing came after.
    if counted_until.is_some_and(|until| run.to <= until) {
        return None;
    }
    let counts_from = match state.deadline {
        Some(_) => Millis::MIN,
        None => state.t0 - LAST_MINUTES,
    };
    let from = run.from.max(to - left(state)).max(counts_from);
    Some(Away {
        from: counted_until.map_or(from, |until| from.max(until)),
        to,
        cause: Cause::Unserved,
        reach: to,
    })
}

/// How much may still be made up for errors alone. A short one that gives people time to
/// come back costs that time.
fn left(state: &State) -> Millis {
    let noted = state.outages.iter();
    let noted = noted.filter(|outage| outage.cause == Cause::Unserved);
    LONGEST - noted.map(|outage| outage.cost).sum::<Millis>()
}

/// Where an absence moves T0: to the return plus all that was lost in the last 30
/// minutes before T0, if that is later; and where T0 itself lay in it, so far that
/// people can come back.
pub(crate) fn moved_t0(state: &State, away: &Away) -> Option<Millis> {
    if state.deadline.is_some() || !state.outage_moves_t0 || away.from >= state.t0 {
        return None;
    }
    let lost_in = |from: Millis, to: Millis| {
        let in_last_minutes = to.min(state.t0) - from.max(state.t0 - LAST_MINUTES);
        in_last_minutes.max(0)
    };
    let before: Millis = state
        .outages
        .iter()
        .map(|outage| lost_in(outage.from, outage.to))
        .sum();
    let lost = before + lost_in(away.from, away.to);
    let over_t0 = away.to >= t0_before(state, away);
    let returning = state
        .lots
        .values()
        .filter(|lot| lot.stage == Stage::Bidding && over_t0)
        .map(|lot| returning(lot, away))
        .max();
    let t0 = away.to + lost.max(returning.unwrap_or_default());
    (t0 > state.t0).then_some(t0)
}

/// The T0 that stood before an absence, or before the first of a row of absences
/// with no time between them to come back.
fn t0_before(state: &State, away: &Away) -> Millis {
    let last = state.outages.last();
    let in_a_row = last.filter(|last| away.from - last.to <= ROW);
    in_a_row.map_or(state.t0, |last| last.t0_before)
}

/// The least time that is left to come back after an absence over the end of a
/// stay. Nobody has to come back who was not cut off.
fn returning(lot: &Lot, away: &Away) -> Millis {
    if away.cause == Cause::Stalled && away.millis() <= HARMLESS_STALL {
        0
    } else {
        millis(lot.rules.stays.returning)
    }
}

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let What::OutageNoted {
        from,
        to,
        cause,
        t0,
    } = what
    else {
        return Err(Code::FactsDiffer);
    };
    by(happening, &[By::Platform])?;
    let away = Away {
        from: *from,
        to: *to,
        cause: *cause,
        // How far a wrong clock was ahead is not on record.
        reach: if *cause == Cause::Clock {
            Millis::MAX
        } else {
            *to
        },
    };
    // While errors are answered to some, others are served.
    let since = match (cause, state.outages.last()) {
        (Cause::Unserved, last) => last.map_or(Millis::MIN, |last| last.to),
        (Cause::Stopped | Cause::Killed | Cause::Stalled | Cause::Clock, _) => state.time,
    };
    let is_ours = away.from >= since && away.to <= happening.time;
    ensure(is_ours, Code::OutOfOrder)?;
    ensure(concerns(state, &away), Code::NotDue)?;
    ensure(moved_t0(state, &away) == *t0, Code::FactsDiffer)?;
    let t0_before = t0_before(state, &away);
    let mut cost = away.millis();
    if let Some(t0) = *t0 {
        cost = cost.max(t0 - state.t0);
        state.t0 = t0;
    }
    let mut ends = BTreeMap::new();
    for (id, lot) in &mut state.lots {
        let after_t0 = lot.stage > Stage::Bidding && !lot.stage.is_end();
        if !after_t0 || lot.suspended.is_some() {
            continue;
        }
        let before = lot.due;
        cost = cost.max(make_up(lot, &away));
        if let Some(due) = lot
            .due
            .filter(|due| before.is_some_and(|before| before < *due))
        {
            ends.insert(id.clone(), due);
        }
    }
    state.outages.push(Outage {
        seq: happening.seq,
        from: *from,
        to: *to,
        cause: *cause,
        cost,
        t0_before,
        t0: *t0,
        ends,
    });
    Ok(())
}

/// Makes every running deadline of a lot later by what was lost; one that lay in
/// the absence so far that people can come back. Answers by how much at most.
fn make_up(lot: &mut Lot, away: &Away) -> Millis {
    let lost = away.to - away.from.max(lot.since);
    let returning = returning(lot, away);
    lot.postpone(|due| {
        let later = due + lost;
        if away.from < due && due <= away.to {
            later.max(away.to + returning)
        } else {
            later
        }
    })
}
