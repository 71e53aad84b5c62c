//! From announcing to closing: lines, objections, the record and its
//! signatures.

use super::{Happening, Lawful, by, each, ensure, homes, lot};
use crate::event::{Order, Outcome, What};
use crate::ids::{LotId, Millis, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Line, Lot, RecordState, Stage, State};

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
            ensure(state.deadline.is_some(), Code::AfterOpeningOnly)?;
            each(state, lots, |lot| {
                ensure(lot.masked, Code::AlreadyDone)?;
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
            ensure(bidder.outcome == Some(Outcome::Opened), Code::NoSuchBid)?;
            ensure(bidder.line.is_none(), Code::AlreadyDone)?;
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
            objectionable(lot)?;
            let has_bid = !lot.bidder(party)?.chain.is_empty();
            ensure(has_bid, Code::NoStanding)?;
            lot.objections.ask(seq, *party)
        }
        What::Replied { lot: id, objection } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            objectionable(lot)?;
            lot.objections.answer(*objection, seq)
        }
        What::ObjectionsClosed { lots } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            let is_host = happening.by != By::Time;
            each(state, lots, |lot| {
                lot.runs_in(&[Stage::Objections])?;
                let replied = lot.objections.values().all(|it| it.answered.is_some());
                ensure(replied || !is_host, Code::ReplyFirst)?;
                let due = time + millis(lot.rules.stays.signing);
                lot.enter(Stage::Signing, seq, time, Some(due));
                Ok(())
            })
        }
        What::Closed { lots } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            let is_host = happening.by != By::Time;
            each(state, lots, |lot| {
                lot.runs_in(&[Stage::Signing])?;
                if is_host {
                    let record = lot.records.last().ok_or(Code::NoRecord)?;
                    ensure(record.signed.is_some(), Code::HostSignsFirst)?;
                }
                lot.enter(Stage::Closed, seq, time, None);
                Ok(())
            })
        }
        What::Rated { score } => {
            let ended = state.ended_at.ok_or(Code::RatingClosed)?;
            let fits = (1..=5).contains(score) && time - ended <= RATING;
            ensure(fits, Code::RatingClosed)
        }
        homes::recording!() => record(state, happening, what),
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::attending!()
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
            ensure(lot.correction.is_none(), Code::AlreadyDone)?;
            lot.correction = Some(*record);
            Ok(())
        }
        What::RecordSigned { lot: id, record } => {
            by(happening, &[By::Host, By::Centre])?;
            let last = last_record(recordable(state, id)?)?;
            ensure(last.record == *record, Code::RecordDiffers)?;
            ensure(last.signed.is_none(), Code::AlreadyDone)?;
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
            let last = last_record(lot)?;
            ensure(last.record == *record, Code::RecordDiffers)?;
            ensure(last.signed.is_some(), Code::HostSignsFirst)?;
            let bidder = lot.bidder(party)?;
            ensure(bidder.live.is_some(), Code::NoStanding)?;
            let first = bidder.countersigned.insert(*record, seq).is_none();
            ensure(first, Code::AlreadyDone)
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::attending!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

/// Objections are raised and answered from checking to objections.
fn objectionable(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Checking,
        Stage::Unlocking,
        Stage::Releasing,
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
    ])
}

/// A lot that gets a record: it is in signing, closed, or failed or ended after
/// T0.
fn recordable<'a>(state: &'a mut State, id: &LotId) -> Result<&'a mut Lot, Code> {
    let lot = lot(state, id)?;
    lot.is_in(&[
        Stage::Signing,
        Stage::Closed,
        Stage::FailedFewBids,
        Stage::FailedAfterUnlock,
        Stage::Terminated,
    ])?;
    Ok(lot)
}

fn last_record(lot: &mut Lot) -> Result<&mut RecordState, Code> {
    lot.records.last_mut().ok_or(Code::NoRecord)
}
