//! From announcing to closing: lines, objections, the record and its
//! signatures.

use super::{Happening, Lawful, by, each, ensure, gates, homes, lot};
use crate::event::{Order, What};
use crate::ids::{LotId, Millis, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Line, Lot, RecordState, Revealed, Stage, State};

/// How long after the end the service can be rated: 30 days.
pub(crate) const RATING: Millis = 30 * 24 * 3600 * 1000;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let (seq, time) = (happening.seq, happening.time);
    match what {
        What::Announced { lots } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            let ids: Vec<_> = lots.iter().map(|order| order.lot.clone()).collect();
            each(state, &ids, |lot| lot.runs_in(&[Stage::Opened]))?;
            for Order { lot: id, parties } in lots {
                let lot = lot(state, id)?;
                ensure(lot.reading_order() == *parties, Code::FactsDiffer)?;
                let due = time + millis(lot.rules.stays.confirming);
                lot.order = parties.clone().into();
                lot.enter(Stage::Announced, seq, time, Some(due));
            }
            Ok(())
        }
        What::MaskLifted { lots } => {
            by(happening, &[By::Host, By::Centre])?;
            gates::after_t0(state)?;
            each(state, lots, |lot| {
                gates::unmasking(lot)?;
                lot.masked = false;
                Ok(())
            })
        }
        What::LineConfirmed {
            lot: id,
            party,
            bid,
        }
        | What::LineDisputed {
            lot: id,
            party,
            bid,
        } => {
            by(happening, &[By::Bidder])?;
            let lot = lot(state, id)?;
            lot.runs_in(&[Stage::Announced])?;
            let bidder = lot.counted_bidder(party, bid)?;
            gates::line(bidder)?;
            let disputed = matches!(what, What::LineDisputed { .. });
            bidder.line = Some(Line { seq, disputed });
            Ok(())
        }
        What::ObjectionsOpened { lots, ends } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            each(state, lots, |lot| {
                lot.runs_in(&[Stage::Announced])?;
                let length = ends - time;
                let fits = length > 0 && length <= millis(lot.rules.stays.objections);
                ensure(fits, Code::WindowShort)?;
                lot.enter(Stage::Objections, seq, time, Some(*ends));
                Ok(())
            })
        }
        What::Objected { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let lot = lot(state, id)?;
            gates::objectionable(lot)?;
            gates::heard(lot, *party)?;
            lot.objections.ask(seq, *party)
        }
        What::NoObjection { lot: id, party } => {
            by(happening, &[By::Bidder])?;
            let lot = lot(state, id)?;
            let bidder = lot.parties.get(party).ok_or(Code::NoStanding)?;
            gates::no_objection(lot, *party, bidder)?;
            lot.bidder(party)?.no_objection = Some(seq);
            Ok(())
        }
        What::Replied { lot: id, objection } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            gates::objectionable(lot)?;
            lot.objections.answer(*objection, seq)
        }
        What::ObjectionsClosed { lots } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            each(state, lots, |lot| {
                gates::objections_end(lot, happening.by)?;
                let due = time + millis(lot.rules.stays.signing);
                lot.enter(Stage::Signing, seq, time, Some(due));
                Ok(())
            })
        }
        What::Closed { lots } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            each(state, lots, |lot| {
                gates::closing(lot, happening.by)?;
                lot.enter(Stage::Closed, seq, time, None);
                Ok(())
            })
        }
        What::Rated { score } => {
            let ended = state.ended_at.ok_or(Code::RatingClosed)?;
            let fits = (1..=5).contains(score) && time - ended <= RATING;
            ensure(fits, Code::RatingClosed)
        }
        What::ReferenceRevealed {
            lot: id,
            value,
            salt,
        } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            let sealed = gates::reference(lot)?;
            ensure(sealed.is(id, value, *salt), Code::ReferenceDiffers)?;
            lot.reference = Some(Revealed {
                seq,
                value: value.clone(),
                salt: *salt,
            });
            lot.rule(seq);
            Ok(())
        }
        homes::recording!() => record(state, happening, what),
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

fn record(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let seq = happening.seq;
    match what {
        What::RecordMade {
            lot: id,
            record,
            pdf,
            corrects,
        } => {
            by(happening, &[By::Platform])?;
            let lot = recordable(state, id)?;
            let awaited = lot.records.is_empty() || lot.correction.is_some();
            ensure(awaited, Code::AlreadyDone)?;
            ensure(*corrects == lot.correction, Code::FactsDiffer)?;
            lot.correction = None;
            lot.records.push(RecordState {
                seq,
                record: *record,
                pdf: *pdf,
                corrects: *corrects,
                signed: None,
            });
            Ok(())
        }
        What::CorrectionAsked { lot: id, record } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = recordable(state, id)?;
            let last = lot.records.last().ok_or(Code::NoRecord)?;
            ensure(last.record == *record, Code::RecordDiffers)?;
            gates::correction(lot)?;
            lot.correction = Some(*record);
            lot.corrections += 1;
            Ok(())
        }
        What::RecordSigned { lot: id, record } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = recordable(state, id)?;
            gates::in_force(lot)?;
            let last = last_record(lot)?;
            ensure(last.record == *record, Code::RecordDiffers)?;
            gates::signature(last)?;
            last.signed = Some(seq);
            Ok(())
        }
        What::Countersigned {
            lot: id,
            party,
            record,
        } => {
            by(happening, &[By::Bidder])?;
            let lot = recordable(state, id)?;
            let last = last_record(lot)?.clone();
            ensure(last.record == *record, Code::RecordDiffers)?;
            gates::in_force(lot)?;
            let bidder = lot.bidder(party)?;
            gates::countersignature(&last, bidder)?;
            bidder.countersigned.insert(*record, seq);
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

/// A lot that gets a record: it is in signing, closed, or failed or ended after
/// T0.
fn recordable<'a>(state: &'a mut State, id: &LotId) -> Result<&'a mut Lot, Code> {
    let lot = lot(state, id)?;
    gates::recordable(lot)?;
    Ok(lot)
}

fn last_record(lot: &mut Lot) -> Result<&mut RecordState, Code> {
    lot.records.last_mut().ok_or(Code::NoRecord)
}
