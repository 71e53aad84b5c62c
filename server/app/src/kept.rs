//! What the store keeps sealed of bids beside a project's stream: under which
//! names, and how long.

use kaibiao_core::event::{Event, Outcome, What};
use kaibiao_core::role::By;
use kaibiao_core::state::{Bidder, Lot, State};
use kaibiao_crypto::Digest;

/// A bid's header. It is kept sealed because it names the bidder.
pub fn header_name(bid: &Digest) -> String {
    format!("header/{bid}")
}

/// A bid's b, from its bidder or by rescue.
pub fn unlock_name(bid: &Digest) -> String {
    format!("unlock/{bid}")
}

/// A custodian's share of r.
pub fn share_name(bid: &Digest, x: u8) -> String {
    format!("share/{bid}/{x}")
}

/// A custodian's share of b.
pub fn rescue_name(bid: &Digest, x: u8) -> String {
    format!("rescue/{bid}/{x}")
}

/// What a custodian sent in place of its share of r: evidence against it.
pub fn wrong_name(bid: &Digest, x: u8) -> String {
    format!("wrong/{bid}/{x}")
}

/// The secrets of a lot's bids that nobody needs once all that they open is on
/// disk. Where a check failed, what repeats it is kept for whom it concerns.
pub fn needless(lot: &Lot) -> Vec<String> {
    let names = lot.closing.iter().flat_map(|bid| {
        let bidder = lot.party_of(bid).and_then(|it| lot.parties.get(&it));
        let (b, shares) = bidder.map_or((false, false), |bidder| repeats(lot, bidder, bid));
        let b = (!b).then(|| unlock_name(bid));
        let judged = bidder.is_some_and(|bidder| bidder.outcome.is_some());
        let custodians = 1..=lot.rules.custodians;
        let shares = custodians.clone().filter(move |_| !shares);
        let wrong = custodians.filter(move |x| !(judged && lot.said_otherwise(*x, bid)));
        b.into_iter()
            .chain(shares.map(|x| share_name(bid, x)))
            .chain(wrong.map(|x| wrong_name(bid, x)))
    });
    names.collect()
}

/// Whether b, and whether the shares of r, are needed to repeat what failed.
fn repeats(lot: &Lot, bidder: &Bidder, bid: &Digest) -> (bool, bool) {
    let documents = bidder.documents.iter();
    let documents = documents.clone().any(|it| it.lies_with == By::Bidder);
    let disputed = (1..=lot.rules.custodians).any(|x| lot.said_otherwise(x, bid));
    match bidder.outcome {
        None | Some(Outcome::StoreCorrupt | Outcome::NotOpened) => (false, false),
        Some(Outcome::Opened) => (documents, documents || disputed),
        Some(
            Outcome::SharesMissing
            | Outcome::ReleaseMismatch
            | Outcome::RescueMismatch
            | Outcome::DealingMismatch,
        ) => (false, true),
        Some(
            Outcome::KeyMismatch
            | Outcome::Unreadable
            | Outcome::PlaintextMismatch
            | Outcome::Malformed
            | Outcome::ManifestMismatch,
        ) => (true, true),
    }
}

/// Custodians' shares of b that these events leave without a use: a rescue ends
/// with the accepted set of its lot, or with the lot, whether or not enough of
/// them came in.
pub fn rescues_over(state: &State, events: &[Event]) -> Vec<String> {
    let over = events.iter().flat_map(|event| match &event.facts.what {
        What::AcceptedFixed { lot, .. } => std::slice::from_ref(lot),
        What::Terminated { lots, .. } => lots,
        _ => &[],
    });
    // Those of a rescue that was dealt wrongly are what shows it.
    let bidders = over
        .filter_map(|lot| state.lots.get(lot))
        .flat_map(|lot| lot.parties.values())
        .filter(|bidder| bidder.rescue.failed.is_none());
    let names = bidders.flat_map(|bidder| {
        let shares = bidder.rescue.shares.iter();
        let bid = bidder.live;
        shares.filter_map(move |x| Some(rescue_name(&bid?, *x)))
    });
    names.collect()
}
