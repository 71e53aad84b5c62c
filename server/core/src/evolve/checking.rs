//! T0 and checking: the closing list, the platform's statements, deposits,
//! refused bids, the published list, lots that fail.

use std::collections::BTreeSet;

use super::{Happening, Lawful, by, ensure, gates, homes, lot};
use crate::event::{Bids, Failure, What};
use crate::ids::{LotId, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Stage, State, Statement};

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::DeadlineReached { lots, .. } => {
            by(happening, &[By::Time])?;
            deadline(state, happening, lots)
        }
        What::StatementSigned { lot, statement } => {
            by(happening, &[By::Platform])?;
            let quorum = quorum(state, lot.as_ref())?;
            let signed = awaited(state, lot.as_ref())?;
            ensure(signed.digest.is_none(), Code::AlreadyDone)?;
            signed.digest = Some(*statement);
            if quorum == 0 {
                stands(state, happening, lot.as_ref())?;
            }
            Ok(())
        }
        What::QuorumReached {
            lot,
            statement,
            witnesses,
        } => {
            by(happening, &[By::Platform])?;
            let quorum = quorum(state, lot.as_ref())?;
            let signed = awaited(state, lot.as_ref())?;
            ensure(signed.digest == Some(*statement), Code::WrongStatement)?;
            ensure(*witnesses >= quorum, Code::NotCosigned)?;
            stands(state, happening, lot.as_ref())
        }
        What::QuorumOrdered { lot } => {
            by(happening, &[By::Supervisor])?;
            let signed = awaited(state, lot.as_ref())?;
            ensure(signed.digest.is_some(), Code::NotCosigned)?;
            stands(state, happening, lot.as_ref())
        }
        What::DepositMarked {
            lot: id,
            party,
            deposit,
        } => {
            by(happening, &[By::Host, By::Centre, By::Machine])?;
            let lot = lot(state, id)?;
            gates::unlisted(lot)?;
            lot.bidder(party)?.deposit = Some(*deposit);
            Ok(())
        }
        What::BidRefused {
            lot: id,
            party,
            bid,
        } => {
            by(happening, &[By::Host, By::Centre])?;
            let lot = lot(state, id)?;
            gates::unlisted(lot)?;
            let bidder = lot.counted_bidder(party, bid)?;
            bidder.refused = Some(happening.seq);
            Ok(())
        }
        What::ListPublished { lot: id, bids } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            let lot = lot(state, id)?;
            gates::unlisted(lot)?;
            ensure(lot.counted_bids() == *bids, Code::FactsDiffer)?;
            lot.listed = Some(happening.seq);
            lot.due = Some(happening.time + millis(lot.rules.stays.starting));
            Ok(())
        }
        What::LotFailed {
            lot: id, failure, ..
        } => {
            by(happening, &[By::Time])?;
            let stage = match failure {
                Failure::FewBids => Stage::FailedFewBids,
                Failure::FewOpened => Stage::FailedAfterUnlock,
            };
            let (seq, time) = (happening.seq, happening.time);
            lot(state, id)?.enter(stage, seq, time, None);
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

fn deadline(state: &mut State, happening: &Happening, lots: &[Bids]) -> Lawful {
    state.deadline = Some(happening.seq);
    state.deadline_at = happening.time;
    for Bids { lot: id, bids } in lots {
        let lot = lot(state, id)?;
        let stays = lot.rules.stays;
        let due = happening.time + millis(stays.checking);
        lot.enter(Stage::Checking, happening.seq, happening.time, Some(due));
        lot.quorum_due = Some(happening.time + millis(stays.quorum));
        lot.closing = bids.iter().copied().collect::<BTreeSet<_>>().into();
    }
    Ok(())
}

/// The largest quorum that any lot's terms ask for, or this lot's.
fn quorum(state: &State, id: Option<&LotId>) -> Result<u8, Code> {
    match id {
        Some(id) => {
            let lot = state.lots.get(id).ok_or(Code::NoSuchLot)?;
            Ok(lot.rules.quorum)
        }
        None => {
            let quorums = state.lots.values().map(|lot| lot.rules.quorum);
            Ok(quorums.max().unwrap_or(0))
        }
    }
}

/// A statement that may be signed or cosigned now and does not yet stand.
fn awaited<'a>(state: &'a mut State, id: Option<&LotId>) -> Result<&'a mut Statement, Code> {
    let statement = match id {
        Some(id) => {
            let lot = lot(state, id)?;
            lot.is_in(&[Stage::Releasing])?;
            &mut lot.statement
        }
        None => {
            ensure(state.deadline.is_some(), Code::AfterOpeningOnly)?;
            &mut state.closing
        }
    };
    ensure(!statement.stands, Code::AlreadyDone)?;
    Ok(statement)
}

fn stands(state: &mut State, happening: &Happening, id: Option<&LotId>) -> Lawful {
    match id {
        Some(id) => {
            let lot = lot(state, id)?;
            lot.quorum_due = None;
            lot.due = Some(happening.time + millis(lot.rules.stays.releasing));
            lot.statement.stands = true;
            lot.statement.since = happening.time;
        }
        None => {
            state.closing.stands = true;
            state.closing.since = happening.time;
        }
    }
    Ok(())
}
