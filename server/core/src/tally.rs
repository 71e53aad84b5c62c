//! How the bidders of a lot stand, in numbers and by what is still owed to them.
//! It is kept up while events are folded, so that no rule has to look at all
//! bidders for each of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Outcome, What};
use crate::ids::{LotId, Party};
use crate::refusal::RefusalCode;
use crate::rulings;
use crate::state::{Bidder, Lot, State};

/// The bidders of a lot by how they stand. Before T0 all is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Their bids were live at T0.
    pub closed: u32,
    /// Of these, refused.
    pub refused: u32,
    /// Of those that are not refused, unlocked.
    pub unlocked: u32,
    /// Of those that are neither, tried and not unlocked.
    pub failed: u32,
    /// Their bids were opened.
    pub opened: u32,
    /// Those whose rescue is ordered and not decided.
    pub rescues: BTreeSet<Party>,
    /// Those whose bid did not open and has no finding yet.
    pub findings: BTreeSet<Party>,
    /// Those whose bid was dealt well, with each custodian on whom the finding
    /// about it is due and not made.
    pub faults: BTreeSet<(Party, u8)>,
}

impl Tally {
    /// How many bids count: live at T0 and not refused.
    pub fn counted(&self) -> u32 {
        self.closed - self.refused
    }

    /// Counts all bidders of a lot.
    pub fn of(lot: &Lot) -> Self {
        let mut tally = Self::default();
        for (party, bidder) in &lot.parties {
            tally.add(*party, &Standing::of(lot, bidder));
        }
        tally
    }

    fn add(&mut self, party: Party, standing: &Standing) {
        for (number, counts) in self.numbers().into_iter().zip(standing.numbers()) {
            *number += u32::from(counts);
        }
        if standing.rescue {
            self.rescues.insert(party);
        }
        if standing.finding {
            self.findings.insert(party);
        }
        let faults = standing.faults.iter().map(|x| (party, *x));
        self.faults.extend(faults);
    }

    fn remove(&mut self, party: Party, standing: &Standing) {
        for (number, counts) in self.numbers().into_iter().zip(standing.numbers()) {
            *number -= u32::from(counts);
        }
        self.rescues.remove(&party);
        self.findings.remove(&party);
        for x in &standing.faults {
            self.faults.remove(&(party, *x));
        }
    }

    fn numbers(&mut self) -> [&mut u32; 5] {
        [
            &mut self.closed,
            &mut self.refused,
            &mut self.unlocked,
            &mut self.failed,
            &mut self.opened,
        ]
    }
}

/// How one bidder stands.
#[derive(Default)]
struct Standing {
    closed: bool,
    refused: bool,
    unlocked: bool,
    failed: bool,
    opened: bool,
    rescue: bool,
    finding: bool,
    faults: Vec<u8>,
}

impl Standing {
    fn at(state: &State, id: &LotId, party: &Party) -> Self {
        let lot = state.lots.get(id);
        let bidder = lot.and_then(|lot| Some((lot, lot.parties.get(party)?)));
        bidder.map_or_else(Self::default, |(lot, bidder)| Self::of(lot, bidder))
    }

    fn of(lot: &Lot, bidder: &Bidder) -> Self {
        let Some(bid) = bidder.live.filter(|bid| lot.closing.contains(bid)) else {
            return Self::default();
        };
        let counts = bidder.refused.is_none();
        let unlocked = bidder.unlocked.is_some();
        Self {
            closed: true,
            refused: !counts,
            unlocked: counts && unlocked,
            failed: counts && !unlocked && !bidder.attempts.is_empty(),
            opened: bidder.outcome == Some(Outcome::Opened),
            rescue: counts
                && !unlocked
                && bidder.rescue.failed.is_none()
                && bidder.rescue.until.is_some(),
            finding: counts && rulings::is_owed(lot, bidder, &bid),
            faults: if counts {
                rulings::at_fault(lot, bidder, &bid)
            } else {
                Vec::new()
            },
        }
    }

    fn numbers(&self) -> [bool; 5] {
        [
            self.closed,
            self.refused,
            self.unlocked,
            self.failed,
            self.opened,
        ]
    }
}

/// Folds an event and keeps the tallies: it may change how its one bidder stands,
/// or, where it fixes a set or tells of a whole set, how all of a lot do.
///
/// # Errors
/// Those of `fold`.
pub(crate) fn keeping(
    state: &mut State,
    what: &What,
    fold: impl FnOnce(&mut State) -> Result<(), RefusalCode>,
) -> Result<(), RefusalCode> {
    let lot = what.lot();
    let one = lot.clone().zip(one(state, what));
    let before = one
        .as_ref()
        .map(|(id, party)| Standing::at(state, id, party));
    fold(state)?;
    if let (Some((id, party)), Some(before)) = (one, before) {
        let after = Standing::at(state, &id, &party);
        if let Some(lot) = state.lots.get_mut(&id) {
            lot.tally.remove(party, &before);
            lot.tally.add(party, &after);
        }
    } else if matches!(
        what,
        What::DeadlineReached { .. }
            | What::AcceptedFixed { .. }
            | What::Opened { .. }
            | What::OpeningClosed { .. }
    ) {
        for (id, of) in &mut state.lots {
            if lot.as_ref().is_none_or(|lot| lot == id) {
                of.tally = Tally::of(of);
            }
        }
    }
    Ok(())
}

/// The one bidder whose standing an event may change.
fn one(state: &State, what: &What) -> Option<Party> {
    if let What::CustodianFound { lot, bid, .. } = what {
        return state.lots.get(lot)?.party_of(bid);
    }
    what.party()
}
