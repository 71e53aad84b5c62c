//! The unlocking window: attempts, rescues, and the accepted set that ends it.

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;

use super::gates::open_window;
use super::{Happening, Lawful, by, each, ensure, gates, homes, lot};
use crate::event::{Check, Outcome, What};
use crate::ids::{LotId, Party, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Attempt, Bidder, Lot, Stage, State};

/// How many failed attempts of one party are recorded singly.
pub(crate) const ATTEMPT_CAP: usize = 20;

/// How many shares for one rescue are recorded that do not match.
pub(crate) const RESCUE_CAP: u32 = 30;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::WindowStarted { lots, ends } => {
            by(happening, &[By::Host, By::Centre, By::Time])?;
            let shortest = state.legal.map_or(0, |legal| millis(legal.window)).max(1);
            let stands = state.closing.stands;
            let (seq, time) = (happening.seq, happening.time);
            each(state, lots, |lot| {
                gates::window(lot, stands)?;
                let length = ends - time;
                let fits = length >= shortest && length <= millis(lot.rules.stays.window);
                ensure(fits, Code::WindowShort)?;
                lot.enter(Stage::Unlocking, seq, time, Some(*ends));
                lot.window = Some(seq);
                lot.window_from = time;
                Ok(())
            })
        }
        What::WindowExtended { lots, seconds } => {
            by(happening, &[By::Host, By::Centre, By::Supervisor])?;
            let time = happening.time;
            each(state, lots, |lot| {
                open_window(lot, time)?;
                let extended = lot.extended.saturating_add(*seconds);
                let fits = *seconds > 0 && extended <= lot.rules.stays.extensions;
                ensure(fits, Code::ExtensionSpent)?;
                lot.extended = extended;
                lot.due = lot.due.map(|due| due + millis(*seconds));
                Ok(())
            })
        }
        What::Unlocked {
            lot: id,
            party,
            bid,
        } => {
            by(happening, &[By::Bidder])?;
            let bidder = unlocking(state, happening, id, party, bid)?;
            bidder.unlocked = Some(happening.seq);
            Ok(())
        }
        What::UnlockFailed {
            lot: id,
            party,
            bid,
            check,
        } => {
            let unanswered = *check == Check::Unanswered;
            let finder = if unanswered { By::Platform } else { By::Bidder };
            by(happening, &[finder])?;
            let bidder = unlocking(state, happening, id, party, bid)?;
            ensure(bidder.attempts.len() < ATTEMPT_CAP, Code::NotDue)?;
            bidder.attempts.push(Attempt {
                seq: happening.seq,
                check: *check,
            });
            Ok(())
        }
        What::AcceptedFixed { lot: id, bids } => {
            by(happening, &[By::Time])?;
            let lot = lot(state, id)?;
            lot.enter(Stage::Releasing, happening.seq, happening.time, None);
            lot.quorum_due = Some(happening.time + millis(lot.rules.stays.quorum));
            lot.accepted_at = Some(happening.seq);
            lot.accepted = bids.iter().copied().collect::<BTreeSet<_>>().into();
            Ok(())
        }
        homes::rescuing!() => rescue(state, happening, what),
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

fn rescue(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::RescueAsked {
            lot: id,
            party,
            bid,
        } => {
            by(happening, &[By::Bidder])?;
            rescuable(state, id, bid)?;
            let bidder = unlocking(state, happening, id, party, bid)?;
            ensure(bidder.rescue.asked.is_none(), Code::AlreadyDone)?;
            bidder.rescue.asked = Some(happening.seq);
            Ok(())
        }
        What::RescueOrdered {
            lot: id,
            party,
            bid,
        } => {
            by(happening, &[By::Supervisor])?;
            let longest = rescuable(state, id, bid)?;
            let bidder = unlocking(state, happening, id, party, bid)?;
            gates::rescue_order(bidder)?;
            bidder.rescue.ordered = Some(happening.seq);
            bidder.rescue.until = Some(happening.time + longest);
            Ok(())
        }
        What::RescueShared {
            lot: id,
            party,
            bid,
            x,
            good,
        } => {
            by(happening, &[By::Custodian])?;
            let lot = lot(state, id)?;
            rescuing(lot)?;
            ensure(
                (1..=lot.rules.custodians).contains(x),
                Code::UnknownCustodian,
            )?;
            let bidder = ordered(lot, party, bid)?;
            ensure(!bidder.rescue.shares.contains(x), Code::AlreadyDone)?;
            if *good {
                bidder.rescue.shares.insert(*x);
            } else {
                ensure(bidder.rescue.failures < RESCUE_CAP, Code::NotDue)?;
                bidder.rescue.failures += 1;
            }
            Ok(())
        }
        What::Rescued {
            lot: id,
            party,
            bid,
            matches,
        } => {
            by(happening, &[By::Platform])?;
            let lot = lot(state, id)?;
            rescuing(lot)?;
            let enough = lot.rules.rescue.map_or(usize::MAX, usize::from);
            let bidder = ordered(lot, party, bid)?;
            ensure(bidder.rescue.shares.len() >= enough, Code::WrongShares)?;
            if *matches {
                bidder.unlocked = Some(happening.seq);
            } else {
                bidder.rescue.failed = Some(happening.seq);
                bidder.outcome = Some(Outcome::RescueMismatch);
            }
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::releasing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

/// The bidder, who may unlock this bid now.
fn unlocking<'a>(
    state: &'a mut State,
    happening: &Happening,
    id: &LotId,
    party: &Party,
    bid: &Digest,
) -> Result<&'a mut Bidder, Code> {
    let lot = lot(state, id)?;
    open_window(lot, happening.time)?;
    let bidder = lot.counted_bidder(party, bid)?;
    ensure(bidder.unlocked.is_none(), Code::AlreadyDone)?;
    Ok(bidder)
}

/// How long a rescue of this bid may take, where terms and bid allow one.
fn rescuable(state: &mut State, id: &LotId, bid: &Digest) -> Result<i64, Code> {
    let lot = lot(state, id)?;
    let party = lot.party_of(bid);
    let bidder = party.and_then(|party| lot.parties.get(&party));
    let link = bidder.and_then(|bidder| bidder.standing());
    let allowed = lot.rules.rescue.is_some() && link.is_some_and(|link| link.rescue);
    ensure(allowed, Code::RescueNotAllowed)?;
    Ok(millis(lot.rules.stays.rescue))
}

/// Checks that the accepted set is not fixed yet, because rescues end with it.
fn rescuing(lot: &Lot) -> Lawful {
    if lot.accepted_at.is_some() {
        return Err(Code::AcceptedFixed);
    }
    lot.runs_in(&[Stage::Unlocking])
}

fn ordered<'a>(lot: &'a mut Lot, party: &Party, bid: &Digest) -> Result<&'a mut Bidder, Code> {
    let bidder = lot.counted_bidder(party, bid)?;
    ensure(bidder.rescue.ordered.is_some(), Code::RescueNotOrdered)?;
    let is_open = bidder.unlocked.is_none() && bidder.rescue.failed.is_none();
    ensure(is_open, Code::AlreadyDone)?;
    Ok(bidder)
}
