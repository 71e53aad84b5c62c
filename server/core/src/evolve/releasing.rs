//! Custodians' releases, the opening of the sheets, and the findings on what
//! did not open.

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;

use super::{Happening, Lawful, by, ensure, gates, homes, lot};
use crate::act::{Finding, Withheld};
use crate::event::{Opening, Outcome, What};
use crate::ids::{LotId, Party, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{FailedDocument, FindingState, Found, Lot, Release, Stage, State, Withholds};

/// How many releases that are not good for every bid one custodian is heard
/// with.
pub(crate) const RELEASE_CAP: u32 = 10;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::Released { lot: id, .. } => {
            by(happening, &[By::Custodian])?;
            released(lot(state, id)?, happening, what)
        }
        What::ReleaseExtended { lot: id } => {
            by(happening, &[By::Time])?;
            let lot = lot(state, id)?;
            lot.release_extended = true;
            lot.due = Some(happening.time + millis(lot.rules.stays.releasing));
            Ok(())
        }
        What::ReleaseClosed { lot: id } => {
            by(happening, &[By::Time])?;
            let lot = lot(state, id)?;
            lot.release_closed = Some(happening.seq);
            lot.due = Some(happening.time + millis(lot.rules.stays.opening));
            Ok(())
        }
        What::Opened { lot: id, results } => {
            by(happening, &[By::Platform])?;
            opened(lot(state, id)?, happening, results)
        }
        What::OpeningClosed { lot: id } => {
            by(happening, &[By::Time])?;
            opening_closed(lot(state, id)?, happening);
            Ok(())
        }
        What::DocumentOpened {
            lot: id,
            bid,
            segment,
            outcome,
        } => {
            by(happening, &[By::Platform])?;
            let lot = lot(state, id)?;
            ensure(lot.opened.is_some(), Code::WrongStage)?;
            ensure(lot.accepted.contains(bid), Code::NoSuchBid)?;
            let party = lot.party_of(bid).ok_or(Code::NoSuchBid)?;
            let documents = &mut lot.bidder(&party)?.documents;
            documents.retain(|failed| failed.segment != *segment);
            documents.extend(outcome.lies_with().map(|lies_with| FailedDocument {
                seq: happening.seq,
                segment: *segment,
                outcome: *outcome,
                lies_with,
            }));
            Ok(())
        }
        What::FindingMade {
            lot: id,
            party,
            finding,
            rule,
            cites,
            ..
        } => {
            by(happening, &[By::Time])?;
            lot(state, id)?.bidder(party)?.finding = Some(FindingState {
                seq: happening.seq,
                finding: *finding,
                first: *finding,
                rule: *rule,
                cites: cites.clone(),
                decided: None,
            });
            Ok(())
        }
        What::CustodianFound {
            lot: id,
            x,
            bid,
            fault,
            cites,
        } => {
            by(happening, &[By::Time])?;
            let release = lot(state, id)?.releases.get_mut(x);
            let release = release.ok_or(Code::UnknownCustodian)?;
            let found = Found {
                seq: happening.seq,
                fault: *fault,
                cites: cites.clone(),
                stands: true,
                decided: None,
            };
            release.faults.insert(*bid, found);
            Ok(())
        }
        What::FindingConfirmed {
            lot: id,
            party,
            finding,
        } => {
            let made = standing(state, happening, id, party)?;
            ensure(made.finding == *finding, Code::FindingDiffers)?;
            ensure(made.finding != Finding::Open, Code::FindingDiffers)?;
            ensure(made.decided.is_none(), Code::AlreadyDone)?;
            made.decided = Some(happening.seq);
            lot(state, id)?.rule(happening.seq);
            Ok(())
        }
        What::FindingOverruled {
            lot: id,
            party,
            finding,
        } => {
            let made = standing(state, happening, id, party)?;
            ensure(made.finding != *finding, Code::FindingDiffers)?;
            made.finding = *finding;
            made.decided = Some(happening.seq);
            lot(state, id)?.rule(happening.seq);
            Ok(())
        }
        What::FaultConfirmed {
            lot: id,
            x,
            bid,
            fault,
        } => {
            let found = found(state, happening, id, *x, bid)?;
            ensure(found.fault == *fault, Code::FindingDiffers)?;
            gates::confirmation(found)?;
            found.decided = Some(happening.seq);
            lot(state, id)?.rule(happening.seq);
            Ok(())
        }
        What::FaultOverruled {
            lot: id,
            x,
            bid,
            stands,
        } => {
            let found = found(state, happening, id, *x, bid)?;
            ensure(found.stands != *stands, Code::FindingDiffers)?;
            found.stands = *stands;
            found.decided = Some(happening.seq);
            lot(state, id)?.rule(happening.seq);
            Ok(())
        }
        homes::preparing_and_bidding!()
        | homes::checking!()
        | homes::unlocking!()
        | homes::rescuing!()
        | homes::announcing!()
        | homes::recording!()
        | homes::attending!()
        | homes::complaining!()
        | homes::talking!() => Err(Code::FactsDiffer),
    }
}

fn released(lot: &mut Lot, happening: &Happening, what: &What) -> Lawful {
    let What::Released {
        x,
        good,
        wrong,
        withheld,
        ..
    } = what
    else {
        return Err(Code::FactsDiffer);
    };
    lot.runs_in(&[Stage::Releasing])?;
    ensure(lot.statement.stands, Code::NotCosigned)?;
    ensure(lot.release_closed.is_none(), Code::WrongStage)?;
    ensure(
        (1..=lot.rules.custodians).contains(x),
        Code::UnknownCustodian,
    )?;
    let refused = withheld.iter().map(|it| &it.bid);
    let named: BTreeSet<_> = good.iter().chain(wrong).chain(refused).copied().collect();
    let is_exact =
        named == *lot.accepted && named.len() == good.len() + wrong.len() + withheld.len();
    ensure(is_exact, Code::WrongShares)?;
    let release = lot.releases.entry(*x).or_default();
    ensure(release.good != *lot.accepted, Code::AlreadyDone)?;
    if good.len() < named.len() {
        ensure(release.failures < RELEASE_CAP, Code::NotDue)?;
        release.failures += 1;
    }
    release.good.extend(good);
    for bid in wrong {
        release.wrong.entry(*bid).or_insert(happening.seq);
    }
    // A share that has matched is there, whatever its custodian says later.
    for Withheld { bid, why } in withheld {
        let said = Withholds {
            seq: happening.seq,
            why: *why,
        };
        release.say(bid, said);
    }
    let Release { good, withheld, .. } = &mut **release;
    withheld.retain(|bid, _| !good.contains(bid));
    let all_openable = lot.accepted.iter().all(|bid| lot.openable(bid));
    if all_openable && lot.ready.is_none() {
        lot.ready = Some(happening.seq);
        lot.due = Some(happening.time + millis(lot.rules.stays.opening));
    }
    Ok(())
}

fn opened(lot: &mut Lot, happening: &Happening, results: &[Opening]) -> Lawful {
    lot.runs_in(&[Stage::Releasing])?;
    ensure(lot.may_open(), Code::WrongStage)?;
    let bids: Vec<_> = results.iter().map(|result| result.bid).collect();
    let accepted: Vec<_> = lot.accepted.iter().copied().collect();
    ensure(bids == accepted, Code::FactsDiffer)?;
    let is_last_try = lot.last_try().is_some_and(|from| happening.time >= from);
    for result in results {
        let shares_missing = result.outcome == Outcome::SharesMissing;
        ensure(
            shares_missing != lot.openable(&result.bid),
            Code::FactsDiffer,
        )?;
        let may_pass = matches!(result.outcome, Outcome::StoreCorrupt | Outcome::NotOpened);
        ensure(!may_pass || is_last_try, Code::NotDue)?;
        let bidder = lot.counted_bidder(&result.party, &result.bid)?;
        bidder.outcome = Some(result.outcome);
    }
    let due = happening.time + millis(lot.rules.stays.announcing);
    lot.opened = Some(happening.seq);
    lot.enter(Stage::Opened, happening.seq, happening.time, Some(due));
    Ok(())
}

fn opening_closed(lot: &mut Lot, happening: &Happening) {
    let accepted: Vec<_> = lot
        .counted()
        .filter(|(_, _, bid)| lot.accepted.contains(bid))
        .map(|(party, _, bid)| (*party, lot.openable(&bid)))
        .collect();
    for (party, openable) in accepted {
        if let Some(bidder) = lot.parties.get_mut(&party) {
            bidder.outcome = Some(if openable {
                Outcome::NotOpened
            } else {
                Outcome::SharesMissing
            });
        }
    }
    lot.enter(
        Stage::FailedAfterUnlock,
        happening.seq,
        happening.time,
        None,
    );
}

/// The finding on a party's bid, while a supervisor may still decide on it.
fn standing<'a>(
    state: &'a mut State,
    happening: &Happening,
    id: &LotId,
    party: &Party,
) -> Result<&'a mut FindingState, Code> {
    by(happening, &[By::Supervisor])?;
    let lot = lot(state, id)?;
    gates::decision(lot)?;
    lot.bidder(party)?.finding.as_mut().ok_or(Code::NoFinding)
}

/// What was found of a custodian about a bid, while a supervisor may still decide on
/// it.
fn found<'a>(
    state: &'a mut State,
    happening: &Happening,
    id: &LotId,
    x: u8,
    bid: &Digest,
) -> Result<&'a mut Found, Code> {
    by(happening, &[By::Supervisor])?;
    let lot = lot(state, id)?;
    gates::decision(lot)?;
    let release = lot.releases.get_mut(&x).ok_or(Code::NoFinding)?;
    release.faults.get_mut(bid).ok_or(Code::NoFinding)
}
