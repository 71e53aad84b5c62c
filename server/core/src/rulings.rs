//! First findings on bids that did not open: which rule applies to the recorded
//! evidence, and which events it rests on. The supervisor confirms or overrules.
//! And what is found of custodians once the dealing of a bid is known to hold.

use kaibiao_crypto::Digest;

use crate::act::Finding;
use crate::event::{Cause, Check, Fault, Outcome, Rule, What};
use crate::ids::{LotId, Millis, Party, Seq, millis};
use crate::state::{Bidder, Lot, Outage, Release, State};

/// A finding, the rule it applies and the events it cites.
type Ruling = (Finding, Rule, Vec<Seq>);

/// The next finding that the evidence demands and that is not made.
pub(crate) fn missing(state: &State, id: &LotId, lot: &Lot) -> Option<What> {
    lot.accepted_at?;
    missing_on_bids(state, id, lot).or_else(|| missing_on_custodians(id, lot))
}

fn missing_on_bids(state: &State, id: &LotId, lot: &Lot) -> Option<What> {
    let party = *lot.tally.findings.first()?;
    let bidder = lot.parties.get(&party)?;
    let bid = bidder.live?;
    let (finding, rule, cites) = ruling(state, lot, &party, bidder, &bid)?;
    Some(What::FindingMade {
        lot: id.clone(),
        party,
        bid,
        finding,
        rule,
        cites,
    })
}

/// Whether a finding on this counted bid is due and not made: the accepted set
/// is fixed without it, or it is accepted and did not open.
pub(crate) fn is_owed(lot: &Lot, bidder: &Bidder, bid: &Digest) -> bool {
    let failed =
        !lot.accepted.contains(bid) || bidder.outcome.is_some_and(|it| it != Outcome::Opened);
    lot.accepted_at.is_some() && bidder.finding.is_none() && failed
}

/// With r known and its dealing recomputed, a share that did not match and a
/// complaint about a wrap are both their custodian's own fault: the bidder dealt
/// well.
fn missing_on_custodians(id: &LotId, lot: &Lot) -> Option<What> {
    let (party, x) = *lot.tally.faults.first()?;
    let bid = lot.parties.get(&party)?.live?;
    let (fault, cites) = fault(lot.releases.get(&x)?, &bid)?;
    Some(What::CustodianFound {
        lot: id.clone(),
        x,
        bid,
        fault,
        cites: cites.into_iter().chain(lot.opened).collect(),
    })
}

/// The custodians on whom a finding about this counted bid is due and not made.
pub(crate) fn at_fault(lot: &Lot, bidder: &Bidder, bid: &Digest) -> Vec<u8> {
    let holds = bidder.outcome.is_some_and(Outcome::is_dealt_well);
    if !holds || !lot.accepted.contains(bid) {
        return Vec::new();
    }
    let releases = lot.releases.iter();
    let at_fault = releases.filter(|(_, release)| fault(release, bid).is_some());
    at_fault.map(|(x, _)| *x).collect()
}

/// What a custodian did wrong about a bid that was dealt well, and by which
/// events. The right share makes good for a wrong one. A complaint accuses
/// another, and stays what it was whatever its custodian said later.
fn fault(release: &Release, bid: &Digest) -> Option<(Fault, Vec<Seq>)> {
    if release.faults.contains_key(bid) {
        return None;
    }
    if let Some(complaints) = release.complaints.get(bid) {
        let cites = complaints.iter().map(|said| said.seq).collect();
        return Some((Fault::FalseComplaint, cites));
    }
    let wrong = release
        .wrong
        .get(bid)
        .filter(|_| !release.good.contains(bid));
    wrong.map(|seq| (Fault::WrongShare, vec![*seq]))
}

fn ruling(
    state: &State,
    lot: &Lot,
    party: &Party,
    bidder: &Bidder,
    bid: &Digest,
) -> Option<Ruling> {
    if !lot.accepted.contains(bid) {
        return Some(not_unlocked(state, lot, party, bidder));
    }
    not_opened(lot, bidder, bid, bidder.outcome?)
}

/// Why a bid was not unlocked in its window.
fn not_unlocked(state: &State, lot: &Lot, party: &Party, bidder: &Bidder) -> Ruling {
    let mut cites: Vec<Seq> = lot.window.into_iter().collect();
    let store_failed = bidder
        .attempts
        .iter()
        .any(|attempt| attempt.check == Check::StoreFailed);
    cites.extend(bidder.attempts.iter().map(|attempt| attempt.seq));
    let mut helps = own_helps(lot, party);
    helps.extend(unanswered(bidder));
    helps.sort_unstable();
    let outages = outages_in_window(state, lot);
    let ruling = if store_failed {
        (Finding::Returned, Rule::StoreFailed)
    } else if unwell_throughout(state, lot) {
        cites.extend(outages);
        (Finding::Returned, Rule::PlatformUnwell)
    } else if let Some(failed) = bidder.rescue.failed {
        cites.push(failed);
        (Finding::Forfeited, Rule::RescueFails)
    } else if !helps.is_empty() && !explains(bidder, &helps) {
        cites.extend(helps);
        (Finding::Open, Rule::Unexplained)
    } else if bidder.attempts.is_empty() {
        (Finding::Forfeited, Rule::NoAttempt)
    } else {
        (Finding::Forfeited, Rule::WrongKey)
    };
    cites.extend(lot.accepted_at);
    cites.sort_unstable();
    cites.dedup();
    (ruling.0, ruling.1, cites)
}

/// Why an accepted bid did not open.
fn not_opened(lot: &Lot, bidder: &Bidder, bid: &Digest, outcome: Outcome) -> Option<Ruling> {
    let (finding, rule) = match outcome {
        Outcome::Opened => return None,
        Outcome::SharesMissing => not_released(lot, bid),
        Outcome::StoreCorrupt => (Finding::Returned, Rule::StoreFailed),
        Outcome::NotOpened => (Finding::Returned, Rule::NotOpenedInTime),
        Outcome::ReleaseMismatch | Outcome::DealingMismatch => {
            (Finding::Forfeited, Rule::DealingFails)
        }
        Outcome::RescueMismatch => (Finding::Forfeited, Rule::RescueFails),
        Outcome::KeyMismatch
        | Outcome::Unreadable
        | Outcome::PlaintextMismatch
        | Outcome::Malformed
        | Outcome::ManifestMismatch => (Finding::Forfeited, Rule::ContentFails),
    };
    Some((finding, rule, release_cites(lot, bidder, bid)))
}

/// Whose fault it is that too few shares match, so that r and its dealing stay
/// unknown. Several custodians, each of its own wrap, speak against the sealer;
/// one alone proves nothing, and neither does what nobody could prove.
fn not_released(lot: &Lot, bid: &Digest) -> (Finding, Rule) {
    match lot.withheld(bid).filter(|it| it.accuses()).count() {
        0 if lot.lacks_proof(bid) => (Finding::Open, Rule::NotProved),
        0 => (Finding::Returned, Rule::ShareMissing),
        1 => (Finding::Open, Rule::OneComplaint),
        _ => (Finding::Forfeited, Rule::WrapsFail),
    }
}

fn release_cites(lot: &Lot, bidder: &Bidder, bid: &Digest) -> Vec<Seq> {
    let wrong = lot
        .releases
        .values()
        .filter_map(|release| release.wrong.get(bid).copied());
    let mut cites: Vec<Seq> = wrong
        .chain(lot.withheld(bid).map(|said| said.seq))
        .chain(bidder.unlocked)
        .chain(lot.accepted_at)
        .chain(lot.release_closed)
        .chain(lot.ready)
        .chain(lot.opened)
        .collect();
    cites.sort_unstable();
    cites.dedup();
    cites
}

fn own_helps(lot: &Lot, party: &Party) -> Vec<Seq> {
    let own = lot.helps.of(party).iter().copied();
    own.filter(|seq| lot.window.is_some_and(|from| *seq > from))
        .collect()
}

/// Calls that the platform answered with an error of its own: it was reached, and
/// what reached it might have matched.
fn unanswered(bidder: &Bidder) -> impl Iterator<Item = Seq> {
    bidder
        .attempts
        .iter()
        .filter(|attempt| attempt.check == Check::Unanswered)
        .map(|attempt| attempt.seq)
}

/// A call for help, or one that was not answered, is explained by a wrong key that
/// was sent after it: the platform was reached, and what reached it did not match.
fn explains(bidder: &Bidder, helps: &[Seq]) -> bool {
    let last_help = helps.last().copied().unwrap_or_default();
    let is_wrong = |check| matches!(check, Check::KeyMismatch | Check::DigestMismatch);
    bidder
        .attempts
        .iter()
        .any(|attempt| attempt.seq > last_help && is_wrong(attempt.check))
}

fn outages_in_window(state: &State, lot: &Lot) -> Vec<Seq> {
    let window = lot.window_from..=lot.since;
    state
        .outages
        .iter()
        .filter(|outage| outage.to > *window.start() && outage.from < *window.end())
        .map(|outage| outage.seq)
        .collect()
}

/// The service was away for longer, inside the window, than the window's own
/// length: no extension made that good.
fn unwell_throughout(state: &State, lot: &Lot) -> bool {
    let nobody = |outage: &&Outage| outage.cause != Cause::Unserved;
    let away: Millis = state
        .outages
        .iter()
        .filter(nobody)
        .map(|outage| outage.to.min(lot.since) - outage.from.max(lot.window_from))
        .filter(|inside| *inside > 0)
        .sum();
    away > millis(lot.rules.stays.window)
}
