//! What goes on beside a lot's course: attendance, the operator's seat,
//! suspension, help, messages, questions, remarks, termination.

use super::{Happening, Lawful, by, each, ensure, homes, lot, outages};
use crate::event::{Termination, What};
use crate::ids::{LotId, Millis, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Lot, OperatorSeat, Stage, State, Suspension};

/// Sign-in opens 60 minutes before T0.
const SIGN_IN: Millis = 60 * 60 * 1000;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    match what {
        What::SignedIn { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let before = state.deadline.is_none();
            let is_open = before && time >= state.t0 - SIGN_IN;
            let lot = lot(state, id)?;
            ensure(!lot.stage.is_end(), Code::WrongStage)?;
            let bidder = lot.bidder(party).map_err(|_| Code::NoStanding)?;
            ensure(bidder.live.is_some(), Code::NoStanding)?;
            let allowed = is_open || (!before && bidder.sign_in_allowed);
            ensure(allowed, Code::SignInClosed)?;
            ensure(bidder.signed_in.is_none(), Code::AlreadyDone)?;
            bidder.signed_in = Some(seq);
            Ok(())
        }
        What::SignInAllowed { lot: id, party } => {
            by(happening, &[By::Host, By::Centre])?;
            ensure(state.deadline.is_some(), Code::AfterOpeningOnly)?;
            let bidder = lot(state, id)?.bidder(party)?;
            ensure(bidder.live.is_some(), Code::NoSuchParty)?;
            let first = bidder.signed_in.is_none() && !bidder.sign_in_allowed;
            ensure(first, Code::AlreadyDone)?;
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
                let fixed = lot.stage == Stage::Releasing;
                ensure(!fixed, Code::AcceptedFixed)?;
                lot.runs_in(&SUSPENDABLE)?;
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
        What::OutageNoted { .. } => outages::apply(state, happening, what),
        What::Terminated { lots, cause } => {
            let ordered = *cause == Termination::Ordered;
            by(
                happening,
                &[if ordered { By::Supervisor } else { By::Time }],
            )?;
            ensure(state.deadline.is_some(), Code::AfterOpeningOnly)?;
            each(state, lots, |lot| {
                ensure(!lot.stage.is_end(), Code::WrongStage)?;
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

/// Stages whose clocks can be stopped. Releasing is not among them: once the
/// accepted set is fixed, nobody may hold it up.
const SUSPENDABLE: [Stage; 6] = [
    Stage::Checking,
    Stage::Unlocking,
    Stage::Opened,
    Stage::Announced,
    Stage::Objections,
    Stage::Signing,
];

fn resume(lot: &mut Lot, happening: &Happening) -> Lawful {
    let suspension = lot.suspended.take().ok_or(Code::NotSuspended)?;
    let ordered = suspension.by == By::Supervisor;
    let may = !ordered || matches!(happening.by, By::Supervisor | By::Time);
    ensure(may, Code::OrderedBySupervisor)?;
    lot.shift(happening.time - suspension.since);
    Ok(())
}

fn talk(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    let after_t0 = state.deadline.is_some();
    match what {
        What::HelpAsked { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let is_open = after_t0 || time >= state.t0 - SIGN_IN;
            ensure(is_open, Code::SignInClosed)?;
            let lot = lot(state, id)?;
            ensure(!lot.stage.is_end(), Code::WrongStage)?;
            let party = *party;
            ensure(lot.parties.contains_key(&party), Code::NoStanding)?;
            lot.helps.ask(seq, party)
        }
        What::HelpAnswered { lot: id, help } => {
            by(happening, &[By::Host, By::Centre])?;
            // Before T0 nobody is told the request's number, and finding it by
            // trying would count the bids.
            ensure(after_t0, Code::AfterOpeningOnly)?;
            lot(state, id)?.helps.answer(*help, seq)
        }
        What::Said { lot: id } => {
            by(happening, &[By::Host, By::Centre])?;
            in_the_room(state, id.as_ref())
        }
        What::Asked { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            in_the_room(state, Some(id))?;
            let lot = lot(state, id)?;
            let party = *party;
            ensure(lot.parties.contains_key(&party), Code::NoStanding)?;
            lot.questions.ask(seq, party)
        }
        What::Answered { lot: id, question } => {
            by(happening, &[By::Host, By::Centre])?;
            in_the_room(state, Some(id))?;
            lot(state, id)?.questions.answer(*question, seq)
        }
        What::Remarked { lot: id } => {
            by(happening, &[By::Supervisor])?;
            ensure(after_t0, Code::AfterOpeningOnly)?;
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

/// From checking to signing, in this lot or in any.
fn in_the_room(state: &State, id: Option<&LotId>) -> Lawful {
    let is_open = |lot: &Lot| lot.stage > Stage::Bidding && !lot.stage.is_end();
    let open = match id {
        Some(id) => is_open(state.lots.get(id).ok_or(Code::NoSuchLot)?),
        None => state.lots.values().any(is_open),
    };
    ensure(open, Code::WrongStage)
}
