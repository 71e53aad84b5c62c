//! What goes on beside a lot's course: attendance, the operator's seat,
//! suspension, help, messages, questions, remarks, termination.

use super::{Happening, Lawful, by, each, ensure, gates, homes, lot, outages};
use crate::event::{Termination, What};
use crate::ids::millis;
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{AbsenceMark, LineRemark, Lot, OperatorSeat, Stage, State, Suspension};

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
                let longest = if happening.by == By::Supervisor {
                    millis(lot.rules.stays.suspension)
                } else {
                    lot.suspension_left()
                };
                lot.suspended = Some(Suspension {
                    since: time,
                    due: time + longest,
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
        What::Terminated {
            lots,
            cause,
            ending,
        } => {
            let ordered = *cause == Termination::Ordered;
            by(
                happening,
                &[if ordered { By::Supervisor } else { By::Time }],
            )?;
            gates::after_t0(state)?;
            each(state, lots, |lot| {
                gates::termination(lot)?;
                lot.ending = *ending;
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
        | homes::complaining!()
        | homes::recording!() => Err(Code::FactsDiffer),
    }
}

fn resume(lot: &mut Lot, happening: &Happening) -> Lawful {
    gates::resumption(lot, happening.by)?;
    let suspension = lot.suspended.take().ok_or(Code::NotSuspended)?;
    let length = happening.time - suspension.since;
    if suspension.by != By::Supervisor {
        lot.suspended_for += length;
    }
    lot.shift(length);
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
            lot.helps.ask(seq, party)
        }
        What::HelpAnswered { lot: id, help } => {
            by(happening, &[By::Host, By::Centre])?;
            // Before T0 nobody is told the request's number, and finding it by
            // trying would count the bids.
            gates::after_t0(state)?;
            lot(state, id)?.helps.answer(*help, seq)
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
            gates::question(lot, party)?;
            lot.questions.ask(seq, party)
        }
        What::Answered { lot: id, question } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::in_the_room(state, Some(id))?;
            lot(state, id)?.questions.answer(*question, seq)
        }
        What::Remarked { lot: id } => {
            by(happening, &[By::Supervisor])?;
            gates::after_t0(state)?;
            id.as_ref().map_or(Ok(()), |id| lot(state, id).map(|_| ()))
        }
        What::SaidPrivately { lot: id, party } => {
            by(happening, &[By::Host, By::Centre, By::Bidder])?;
            gates::in_the_room(state, Some(id))?;
            let lot = lot(state, id)?;
            gates::private(lot.stood(party)?, happening.by)?;
            let private = &mut lot.bidder(party)?.private;
            if happening.by == By::Bidder {
                private.from.push(seq);
            } else {
                private.to.push(seq);
            }
            Ok(())
        }
        What::Muted { lot: id, party } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::in_the_room(state, Some(id))?;
            let lot = lot(state, id)?;
            gates::mute(lot.stood(party)?)?;
            let bidder = lot.bidder(party)?;
            bidder.muted = Some(seq);
            bidder.mutes += 1;
            Ok(())
        }
        What::Unmuted { lot: id, party } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::in_the_room(state, Some(id))?;
            let lot = lot(state, id)?;
            gates::unmute(lot.stood(party)?)?;
            lot.bidder(party)?.muted = None;
            Ok(())
        }
        What::AbsenceMarked {
            lot: id,
            party,
            absence,
        } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            gates::absences(lot)?;
            let bidder = lot.stood(party)?;
            gates::absence(bidder)?;
            let times = bidder.absence.map_or(0, |it| it.times) + 1;
            let absence = *absence;
            lot.bidder(party)?.absence = Some(AbsenceMark {
                seq,
                absence,
                times,
            });
            lot.rule(seq);
            Ok(())
        }
        What::LineRemarked {
            lot: id,
            party,
            exception,
        } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            gates::remarks(lot)?;
            let bidder = lot.counted_party(party)?;
            gates::remark(bidder)?;
            let exception = *exception;
            bidder.remarks.push(LineRemark { seq, exception });
            lot.rule(seq);
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::complaining!()
        | homes::attending!() => Err(Code::FactsDiffer),
    }
}
