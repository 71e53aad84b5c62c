//! Until T0: drafts, publication and its changes, submissions.

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;

use super::gates::{before_t0, in_time};
use super::{Happening, Lawful, by, ensure, gates, homes, lot};
use crate::event::{LotRules, What};
use crate::ids::{LotId, Millis, Party, millis};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Bidder, Link, Lot, Stage, State};

/// How many refused submissions of one party in one lot are recorded singly.
pub(crate) const EVIDENCE_CAP: u32 = 5;

/// How many versions of its bid one party may hand in for one lot.
const VERSION_CAP: usize = 50;

pub(super) fn apply(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    match what {
        What::Drafted { draft } => {
            by(happening, &[By::Host, By::Machine])?;
            ensure(state.events == 0, Code::AlreadyDone)?;
            state.draft = Some(*draft);
            Ok(())
        }
        What::Edited { draft } => {
            by(happening, &[By::Host, By::Machine])?;
            ensure(state.draft.is_some(), Code::WrongStage)?;
            ensure(state.published.is_none(), Code::AlreadyPublished)?;
            state.draft = Some(*draft);
            Ok(())
        }
        What::KeyCertified { .. } => {
            by(happening, &[By::Custodian])?;
            ensure(state.draft.is_some(), Code::WrongStage)?;
            ensure(state.deadline.is_none(), Code::WrongStage)
        }
        What::CustodianInvited => {
            by(happening, &[By::Host])?;
            ensure(state.published.is_some(), Code::WrongStage)?;
            before_t0(state)
        }
        What::Published { .. } => published(state, happening, what),
        What::Clarified { number } => {
            by(happening, &[By::Host])?;
            change(state, *number)
        }
        What::TermsAmended {
            number,
            rules,
            t0,
            stale,
        } => {
            by(happening, &[By::Host])?;
            change(state, *number)?;
            later(state, happening, *t0)?;
            let legal = state.legal.map_or(0, |legal| millis(legal.amendment));
            ensure(state.t0 - happening.time >= legal, Code::TooEarly)?;
            let lot = open_lot(state, &rules.lot)?;
            ensure(lot.rules.terms != rules.terms, Code::AlreadyDone)?;
            sane(rules)?;
            ensure(lot.live() == *stale, Code::FactsDiffer)?;
            for bid in stale {
                let party = *lot.bids.get(bid).ok_or(Code::NoSuchBid)?;
                lot.bidder(&party)?.live = None;
            }
            lot.masked = rules.masked;
            lot.rules = rules.clone();
            Ok(())
        }
        What::Postponed { number, t0 } => {
            by(happening, &[By::Host])?;
            change(state, *number)?;
            later(state, happening, Some(*t0))
        }
        What::Cancelled { lots } => {
            by(happening, &[By::Host])?;
            before_t0(state)?;
            let (seq, time) = (happening.seq, happening.time);
            super::each(state, lots, |lot| {
                lot.is_in(&[Stage::Bidding])?;
                lot.enter(Stage::Cancelled, seq, time, None);
                Ok(())
            })
        }
        What::BidReceived { .. } => received(state, happening, what),
        What::BidWithdrawn {
            lot: id,
            party,
            sequence,
            previous,
        } => {
            by(happening, &[By::Bidder])?;
            in_time(state)?;
            let lot = open_lot(state, id)?;
            let bidder = lot.bidder(party).map_err(|_| Code::NothingToWithdraw)?;
            ensure(bidder.live.is_some(), Code::NothingToWithdraw)?;
            follows(bidder, *sequence, Some(*previous))?;
            bidder.chain.push(Link {
                seq: happening.seq,
                time: happening.time,
                digest: happening.act.ok_or(Code::SignatureRequired)?,
                terms: None,
                rescue: false,
            });
            bidder.live = None;
            Ok(())
        }
        What::SubmissionRefused {
            lot: id,
            party,
            bid: _,
            code: _,
        } => {
            by(happening, &[By::Bidder])?;
            let bidder = known_or_new(state, id, party)?;
            ensure(bidder.evidence < EVIDENCE_CAP, Code::NotDue)?;
            bidder.evidence += 1;
            Ok(())
        }
        What::EvidenceCapped { lot: id, party } => {
            by(happening, &[By::Platform])?;
            let bidder = lot(state, id)?.bidder(party)?;
            ensure(!bidder.capped, Code::AlreadyDone)?;
            bidder.capped = true;
            Ok(())
        }
        What::RefusalsCounted {
            lot: id,
            party,
            count,
        } => {
            by(happening, &[By::Platform])?;
            ensure(*count > 0, Code::FactsDiffer)?;
            let bidder = lot(state, id)?.bidder(party)?;
            ensure(bidder.capped, Code::NotDue)
        }
        homes::checking!()
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

fn published(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let What::Published {
        t0,
        outage_moves_t0,
        legal,
        lots,
        sign_in,
    } = what
    else {
        return Err(Code::FactsDiffer);
    };
    by(happening, &[By::Host])?;
    ensure(state.draft.is_some(), Code::WrongStage)?;
    ensure(state.published.is_none(), Code::AlreadyPublished)?;
    let lead = t0 - happening.time;
    ensure(lead > 0 && lead >= millis(legal.notice), Code::TooEarly)?;
    let distinct: BTreeSet<_> = lots.iter().map(|rules| &rules.lot).collect();
    let is_whole = !lots.is_empty() && distinct.len() == lots.len();
    ensure(is_whole, Code::NoLots)?;
    for rules in lots {
        sane(rules)?;
        ensure(rules.stays.window >= legal.window.max(1), Code::WindowShort)?;
        let lot = Lot::published(rules.clone(), happening.seq, happening.time);
        state.lots.insert(rules.lot.clone(), lot);
    }
    state.t0 = *t0;
    state.outage_moves_t0 = *outage_moves_t0;
    state.sign_in = *sign_in;
    state.legal = Some(*legal);
    state.published = Some(happening.seq);
    Ok(())
}

/// Checks that the thresholds can be reached and that, where there are no
/// witnesses, two groups of custodians cannot both reach them.
fn sane(rules: &LotRules) -> Lawful {
    let release = (1..=rules.custodians).contains(&rules.release)
        && (rules.quorum > 0 || 2 * u16::from(rules.release) > u16::from(rules.custodians));
    let rescue = rules
        .rescue
        .is_none_or(|rescue| rescue > rules.release && rescue <= rules.custodians);
    ensure(release && rescue, Code::InvalidThreshold)
}

fn received(state: &mut State, happening: &Happening, what: &What) -> Lawful {
    let What::BidReceived {
        lot: id,
        party,
        bid,
        sequence,
        previous,
        terms,
        rescue,
    } = what
    else {
        return Err(Code::FactsDiffer);
    };
    by(happening, &[By::Bidder])?;
    in_time(state)?;
    let lot = open_lot(state, id)?;
    ensure(lot.rules.terms == *terms, Code::StaleTerms)?;
    ensure(!lot.bids.contains_key(bid), Code::SameBid)?;
    lot.bids.insert(*bid, *party);
    let bidder = lot.parties.get_or_default(party);
    follows(bidder, *sequence, *previous)?;
    let versions = bidder.chain.iter().filter(|link| link.terms.is_some());
    ensure(versions.count() < VERSION_CAP, Code::TooManyVersions)?;
    bidder.chain.push(Link {
        seq: happening.seq,
        time: happening.time,
        digest: *bid,
        terms: Some(*terms),
        rescue: *rescue,
    });
    bidder.live = Some(*bid);
    Ok(())
}

/// The chain of submissions has no fork.
fn follows(bidder: &Bidder, sequence: u32, previous: Option<Digest>) -> Lawful {
    let is_next = bidder.next_sequence() == sequence && bidder.last() == previous;
    ensure(is_next, Code::BrokenChain)
}

fn known_or_new<'a>(
    state: &'a mut State,
    id: &LotId,
    party: &Party,
) -> Result<&'a mut Bidder, Code> {
    Ok(lot(state, id)?.parties.get_or_default(party))
}

fn open_lot<'a>(state: &'a mut State, id: &LotId) -> Result<&'a mut Lot, Code> {
    let lot = lot(state, id)?;
    lot.is_in(&[Stage::Bidding])?;
    Ok(lot)
}

fn change(state: &mut State, number: u32) -> Lawful {
    gates::change(state)?;
    ensure(number == state.changes + 1, Code::FactsDiffer)?;
    state.changes = number;
    Ok(())
}

fn later(state: &mut State, happening: &Happening, t0: Option<Millis>) -> Lawful {
    if let Some(t0) = t0 {
        let is_later = t0 > state.t0 && t0 > happening.time;
        ensure(is_later, Code::OnlyLater)?;
        state.t0 = t0;
    }
    Ok(())
}
