//! What goes on beside a lot's course: attendance, the operator's seat,
//! suspension, outages, help, messages, questions, remarks, termination.

use std::collections::BTreeMap;

use super::{Happening, Lawful, by, each, ensure, gates, homes, lot};
use crate::event::{Termination, What};
use crate::ids::{Millis, Party, Seq, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Asked, Lot, OperatorSeat, Outage, Stage, State, Suspension};

/// Sign-in opens 60 minutes before T0.
pub(super) const SIGN_IN: Millis = 60 * 60 * 1000;
/// In the last 30 minutes before T0 an outage of more than 30 s moves T0.
const LAST_MINUTES: Millis = 30 * 60 * 1000;
/// Outages up to this long do not move T0: 30 s, in milliseconds.
const SHORT_OUTAGE: Millis = 30 * 1000;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    match what {
        What::SignedIn { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let lot = state.lots.get(id).ok_or(Code::NoSuchLot)?;
            ensure(!lot.stage.is_end(), Code::WrongStage)?;
            let bidder = lot.parties.get(party).ok_or(Code::NoStanding)?;
            gates::sign_in(state, time, bidder)?;
            let bidder = self::lot(state, id)?.bidder(party)?;
            bidder.signed_in = Some(seq);
            Ok(())
        }
        What::SignInAllowed { lot: id, party } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::after_t0(state)?;
            let bidder = lot(state, id)?.bidder(party)?;
            gates::leave(bidder)?;
            bidder.sign_in_allowed = true;
            Ok(())
        }
        What::OperatorChanged { operator, seat } => {
            by(happening, &[By::Host, By::Centre])?;
            ensure(state.published.is_some(), Code::WrongStage)?;
            let next = state.operator.map_or(0, |seat| seat.operator + 1);
            ensure(next == *operator, Code::FactsDiffer)?;
            let (operator, seat) = (*operator, *seat);
            state.operator = Some(OperatorSeat { operator, seat });
            Ok(())
        }
        What::Suspended { lots } => {
            by(happening, &[By::Host, By::Centre, By::Supervisor])?;
            each(state, lots, |lot| {
                gates::suspension(lot)?;
                lot.suspended = Some(Suspension {
                    since: time,
                    due: time + millis(lot.rules.stays.suspension),
                    by: happening.by,
                });
                Ok(())
            })
        }
        What::Resumed { lots } => {
            by(happening, &[By::Host, By::Centre, By::Supervisor, By::Time])?;
            each(state, lots, |lot| resume(lot, happening))
        }
        What::OutageNoted { from, to, t0 } => {
            by(happening, &[By::Platform])?;
            outage(state, happening, *from, *to, *t0)
        }
        What::Terminated { lots, cause } => {
            let ordered = *cause == Termination::Ordered;
            by(
                happening,
                &[if ordered { By::Supervisor } else { By::Time }],
            )?;
            gates::after_t0(state)?;
            each(state, lots, |lot| {
                gates::termination(lot)?;
                lot.enter(Stage::Terminated, seq, time, None);
                Ok(())
            })
        }
        homes::talking!() => talk(state, happening, what),
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!() => Err(Code::FactsDiffer),
    }
}

fn resume(lot: &mut Lot, happening: &Happening) -> Lawful {
    gates::resumption(lot, happening.by)?;
    let suspension = lot.suspended.take().ok_or(Code::NotSuspended)?;
    lot.shift(happening.time - suspension.since);
    Ok(())
}

/// Where T0 moves when the service was away: to the return plus the time lost
/// in the last 30 minutes, if that is later.
pub(crate) fn moved_t0(state: &State, from: Millis, to: Millis) -> Option<Millis> {
    let applies = state.published.is_some()
        && state.deadline.is_none()
        && state.ended_at.is_none()
        && state.outage_moves_t0
        && to - from > SHORT_OUTAGE
        && from < state.t0
        && to > state.t0 - LAST_MINUTES;
    let lost = to.min(state.t0) - from.max(state.t0 - LAST_MINUTES);
    (applies && to + lost > state.t0).then_some(to + lost)
}

fn outage(
    state: &mut State,
    happening: &Happening,
    from: Millis,
    to: Millis,
    t0: Option<Millis>,
) -> Lawful {
    let is_ours = from >= state.time && from < to && to <= happening.time;
    ensure(is_ours, Code::OutOfOrder)?;
    ensure(moved_t0(state, from, to) == t0, Code::FactsDiffer)?;
    state.t0 = t0.unwrap_or(state.t0);
    for lot in state.lots.values_mut() {
        let after_t0 = lot.stage > Stage::Bidding && !lot.stage.is_end();
        if after_t0 && lot.suspended.is_none() {
            lot.shift(to - from.max(lot.since));
        }
    }
    state.outages.push(Outage {
        seq: happening.seq,
        from,
        to,
    });
    Ok(())
}

fn talk(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    match what {
        What::HelpAsked { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let lot = state.lots.get(id).ok_or(Code::NoSuchLot)?;
            gates::help(state, lot, time)?;
            let lot = self::lot(state, id)?;
            let party = *party;
            gates::heard(lot, party)?;
            ask(&mut lot.helps, seq, party)
        }
        What::HelpAnswered { lot: id, help } => {
            by(happening, &[By::Host, By::Centre])?;
            // Before T0 nobody is told the request's number, and finding it by
            // trying would count the bids.
            gates::after_t0(state)?;
            answer(&mut lot(state, id)?.helps, *help, seq)
        }
        What::Said { lot: id } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::in_the_room(state, id.as_ref())
        }
        What::Asked { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            gates::in_the_room(state, Some(id))?;
            let lot = lot(state, id)?;
            let party = *party;
            gates::heard(lot, party)?;
            ask(&mut lot.questions, seq, party)
        }
        What::Answered { lot: id, question } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::in_the_room(state, Some(id))?;
            answer(&mut lot(state, id)?.questions, *question, seq)
        }
        What::Remarked { lot: id } => {
            by(happening, &[By::Supervisor])?;
            gates::after_t0(state)?;
            id.as_ref().map_or(Ok(()), |id| lot(state, id).map(|_| ()))
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!() => Err(Code::FactsDiffer),
    }
}

/// How many help requests, questions or objections each of one party are heard
/// in a lot.
pub(super) const ASKED_CAP: usize = 50;

/// Notes something asked by a party.
pub(super) fn ask(asked: &mut BTreeMap<Seq, Asked>, seq: Seq, party: Party) -> Lawful {
    gates::another(asked, party)?;
    let answered = None;
    asked.insert(seq, Asked { party, answered });
    Ok(())
}

/// Marks something asked as answered, once.
pub(super) fn answer(asked: &mut BTreeMap<Seq, Asked>, which: Seq, seq: Seq) -> Lawful {
    let asked = asked.get_mut(&which).ok_or(Code::NoSuchEvent)?;
    ensure(asked.answered.is_none(), Code::AlreadyDone)?;
    asked.answered = Some(seq);
    Ok(())
}
