//! What time does by itself: the facts that are due at an instant, one after
//! another, and when the next ones will be. Nobody's silence holds an opening.

use crate::event::{Bids, Failure, Order, Termination, What};
use crate::ids::{LotId, Millis, millis};
use crate::number::count_u32;
use crate::rulings;
use crate::state::{Lot, Stage, State};

/// The first fact that is due at `now` and has not happened. Whoever appends an
/// event appends these before it, one by one, until there is none.
pub fn due(state: &State, now: Millis) -> Option<What> {
    state.published?;
    if state.deadline.is_none() {
        let is_bidding = state.lots.values().any(|lot| lot.stage == Stage::Bidding);
        return (is_bidding && now >= state.t0).then(|| deadline_reached(state));
    }
    state
        .lots
        .iter()
        .find_map(|(id, lot)| due_in(state, id, lot, now))
}

/// When time acts next if nobody does.
pub fn next_due(state: &State) -> Option<Millis> {
    state.published?;
    if state.deadline.is_none() {
        let is_bidding = state.lots.values().any(|lot| lot.stage == Stage::Bidding);
        return is_bidding.then_some(state.t0);
    }
    if due(state, state.time).is_some() {
        return Some(state.time);
    }
    state
        .lots
        .values()
        .filter_map(|lot| next_due_in(state, lot))
        .min()
}

fn next_due_in(state: &State, lot: &Lot) -> Option<Millis> {
    if lot.stage.is_end() {
        return None;
    }
    if let Some(suspension) = &lot.suspended {
        return Some(suspension.due);
    }
    match lot.stage {
        Stage::Checking if lot.listed.is_some() && !state.closing.stands => lot.quorum_due,
        Stage::Releasing if !lot.statement.stands => lot.quorum_due,
        Stage::Unlocking => lot.pending_rescues().chain(lot.due).max(),
        Stage::Checking
        | Stage::Releasing
        | Stage::Opened
        | Stage::Announced
        | Stage::Objections
        | Stage::Signing => lot.due,
        // Bidding ends by T0, which is the project's; the others are ends.
        Stage::Preparing
        | Stage::Bidding
        | Stage::Closed
        | Stage::Cancelled
        | Stage::FailedFewBids
        | Stage::FailedAfterUnlock
        | Stage::Terminated => None,
    }
}

fn deadline_reached(state: &State) -> What {
    let lots = state
        .lots
        .iter()
        .filter(|(_, lot)| lot.stage == Stage::Bidding)
        .map(|(id, lot)| Bids {
            lot: id.clone(),
            bids: lot.live(),
        })
        .collect();
    What::DeadlineReached { t0: state.t0, lots }
}

fn due_in(state: &State, id: &LotId, lot: &Lot, now: Millis) -> Option<What> {
    if let Some(suspension) = &lot.suspended {
        let lots = vec![id.clone()];
        return (now >= suspension.due).then_some(What::Resumed { lots });
    }
    let is_over = lot.due.is_some_and(|due| now >= due);
    let lot_id = id.clone();
    match lot.stage {
        Stage::Checking => due_in_checking(state, id, lot, now),
        Stage::Unlocking => {
            let fixes = lot.all_in() || (is_over && !lot.awaits_rescue(now));
            fixes.then(|| What::AcceptedFixed {
                lot: lot_id,
                bids: lot.unlocked_bids(),
            })
        }
        Stage::Releasing => due_in_releasing(state, id, lot, now),
        Stage::Opened => rulings::missing(state, id, lot)
            .or_else(|| few_opened(id, lot, lot.tally.opened))
            .or_else(|| {
                is_over.then(|| What::Announced {
                    lots: vec![Order {
                        lot: lot_id,
                        parties: lot.reading_order(),
                    }],
                })
            }),
        Stage::Announced => is_over.then(|| What::ObjectionsOpened {
            lots: vec![lot_id],
            ends: now.saturating_add(millis(lot.rules.stays.objections)),
        }),
        Stage::Objections => is_over.then(|| What::ObjectionsClosed { lots: vec![lot_id] }),
        Stage::Signing => is_over.then(|| What::Closed { lots: vec![lot_id] }),
        Stage::FailedAfterUnlock => rulings::missing(state, id, lot),
        Stage::Preparing
        | Stage::Bidding
        | Stage::Closed
        | Stage::Cancelled
        | Stage::FailedFewBids
        | Stage::Terminated => None,
    }
}

fn due_in_checking(state: &State, id: &LotId, lot: &Lot, now: Millis) -> Option<What> {
    let lot_id = id.clone();
    let closed = count_u32(lot.closing.len());
    let counted = lot.tally.counted();
    let count = if lot.listed.is_some() {
        counted
    } else {
        closed
    };
    if count == 0 || count < lot.rules.minimum {
        let failure = Failure::FewBids;
        return Some(What::LotFailed {
            lot: lot_id,
            failure,
            count,
        });
    }
    let is_over = lot.due.is_some_and(|due| now >= due);
    if lot.listed.is_none() {
        return is_over.then(|| What::ListPublished {
            lot: lot_id,
            bids: lot.counted_bids(),
        });
    }
    if state.closing.stands {
        return is_over.then(|| What::WindowStarted {
            lots: vec![lot_id],
            ends: now.saturating_add(millis(lot.rules.stays.window)),
        });
    }
    no_quorum(id, lot, now)
}

fn due_in_releasing(state: &State, id: &LotId, lot: &Lot, now: Millis) -> Option<What> {
    let is_over = lot.due.is_some_and(|due| now >= due);
    let lot_id = id.clone();
    rulings::missing(state, id, lot)
        .or_else(|| few_opened(id, lot, count_u32(lot.accepted.len())))
        .or_else(|| {
            if !lot.statement.stands {
                no_quorum(id, lot, now)
            } else if lot.may_open() {
                is_over.then_some(What::OpeningClosed { lot: lot_id })
            } else if lot.is_answered() && (is_over || !lot.may_be_proved()) {
                Some(What::ReleaseClosed { lot: lot_id })
            } else if lot.release_extended {
                is_over.then_some(What::ReleaseClosed { lot: lot_id })
            } else {
                is_over.then_some(What::ReleaseExtended { lot: lot_id })
            }
        })
}

fn few_opened(id: &LotId, lot: &Lot, count: u32) -> Option<What> {
    lot.too_few(count).then(|| What::LotFailed {
        lot: id.clone(),
        failure: Failure::FewOpened,
        count,
    })
}

fn no_quorum(id: &LotId, lot: &Lot, now: Millis) -> Option<What> {
    let is_over = lot.quorum_due.is_some_and(|due| now >= due);
    is_over.then(|| What::Terminated {
        lots: vec![id.clone()],
        cause: Termination::NoQuorum,
        ending: None,
    })
}
