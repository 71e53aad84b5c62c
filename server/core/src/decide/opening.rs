//! The acts of an opening's course, from checking to closing.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;

use super::texts::SHORT;
use super::{Acting, Work};
use crate::act::{
    Announce, AskRescue, Close, CloseObjections, ConfirmFault, Extend, ImportDeposits, LiftMask,
    OpenObjections, OrderQuorum, OrderRescue, OverruleFault, PublishList, Release, Rescue,
    RevealReference, Share, StartWindow, Unlock, Withheld,
};
use crate::command::Checked;
use crate::details::Extra;
use crate::event::{Order, What};
use crate::evolve::{ATTEMPT_CAP, RELEASE_CAP, RESCUE_CAP, gates};
use crate::ids::{LotId, Party, millis};
use crate::permissions::custodian_of;
use crate::refusal::{Refusal, RefusalCode};
use crate::state::Lot;
use crate::text::is_text;

pub(super) fn publish_list(work: &Work<'_>, body: &PublishList) -> Result<What, Refusal> {
    Ok(What::ListPublished {
        lot: body.lot.clone(),
        bids: work.lot(&body.lot)?.counted_bids(),
    })
}

pub(super) fn start_window(work: &Work<'_>, body: &StartWindow) -> Result<What, Refusal> {
    let usual = shortest(work, &body.lots, |lot| lot.rules.stays.window)?;
    let seconds = body.seconds.unwrap_or(usual);
    Ok(What::WindowStarted {
        lots: body.lots.clone(),
        ends: work.context.now + millis(seconds),
    })
}

pub(super) fn extend(body: &Extend) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    Ok(What::WindowExtended {
        lots: body.lots.clone(),
        seconds: body.seconds,
    })
}

pub(super) fn ask_rescue(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &AskRescue,
) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    Ok(What::RescueAsked {
        lot: body.lot.clone(),
        party: own(work, acting, &body.lot)?,
        bid: body.bid,
    })
}

pub(super) fn order_rescue(body: &OrderRescue) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    Ok(What::RescueOrdered {
        lot: body.lot.clone(),
        party: body.party,
        bid: body.bid,
    })
}

pub(super) fn order_quorum(body: &OrderQuorum) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    let lot = body.lot.clone();
    Ok(What::QuorumOrdered { lot })
}

pub(super) fn confirm_fault(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &ConfirmFault,
) -> Result<What, Refusal> {
    is_anothers(work, acting, &body.lot, body.x)?;
    Ok(What::FaultConfirmed {
        lot: body.lot.clone(),
        x: body.x,
        bid: body.bid,
        fault: body.fault,
    })
}

/// Nobody decides on what was found of itself.
fn is_anothers(work: &Work<'_>, acting: &Acting<'_>, lot: &LotId, x: u8) -> Result<(), Refusal> {
    gates::decision(work.lot(lot)?)?;
    let own = acting.performed.actor.organisation();
    Ok(gates::ruling(work.book.is_custodian_as(lot, x, own))?)
}

pub(super) fn overrule_fault(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &OverruleFault,
) -> Result<What, Refusal> {
    is_anothers(work, acting, &body.lot, body.x)?;
    is_text(&body.reason, SHORT)?;
    Ok(What::FaultOverruled {
        lot: body.lot.clone(),
        x: body.x,
        bid: body.bid,
        stands: body.stands,
    })
}

/// A value that is not spelt as the lot's price is none, whatever was committed to.
pub(super) fn reveal_reference(work: &Work<'_>, body: &RevealReference) -> Result<What, Refusal> {
    gates::reference(work.lot(&body.lot)?)?;
    let draft = work.book.draft.as_ref();
    let lot = draft.and_then(|draft| draft.lots.get(&body.lot));
    if !lot.is_some_and(|lot| lot.schema.is_price(&body.value)) {
        return Err(RefusalCode::ReferenceDiffers.into());
    }
    Ok(What::ReferenceRevealed {
        lot: body.lot.clone(),
        value: body.value.clone(),
        salt: body.salt,
    })
}

pub(super) fn announce(work: &Work<'_>, body: &Announce) -> Result<What, Refusal> {
    let order = |id: &LotId| {
        Ok(Order {
            lot: id.clone(),
            parties: work.lot(id)?.reading_order(),
        })
    };
    let lots = body
        .lots
        .iter()
        .map(order)
        .collect::<Result<_, Refusal>>()?;
    Ok(What::Announced { lots })
}

pub(super) fn lift_mask(body: &LiftMask) -> What {
    let lots = body.lots.clone();
    What::MaskLifted { lots }
}

pub(super) fn open_objections(work: &Work<'_>, body: &OpenObjections) -> Result<What, Refusal> {
    let usual = shortest(work, &body.lots, |lot| lot.rules.stays.objections)?;
    let seconds = body.seconds.unwrap_or(usual);
    for id in &body.lots {
        if seconds < work.lot(id)?.rules.stays.objecting() {
            return Err(RefusalCode::WindowShort.into());
        }
    }
    Ok(What::ObjectionsOpened {
        lots: body.lots.clone(),
        ends: work.context.now + millis(seconds),
    })
}

pub(super) fn close_objections(body: &CloseObjections) -> What {
    let lots = body.lots.clone();
    What::ObjectionsClosed { lots }
}

pub(super) fn close(body: &Close) -> What {
    let lots = body.lots.clone();
    What::Closed { lots }
}

/// Takes the deposits of organisations that have bid. Nothing is recorded of
/// others.
pub(super) fn import_deposits(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &ImportDeposits,
) -> Result<(), Refusal> {
    if work.state.deadline.is_none() {
        return Err(RefusalCode::AfterOpeningOnly.into());
    }
    let lot = work.lot(&body.lot)?;
    let mut deposits = BTreeMap::new();
    for entry in &body.deposits {
        let party = work.book.handle(&body.lot, &entry.organisation);
        let bidder = party.and_then(|party| Some((party, lot.parties.get(&party)?)));
        if let Some((party, bidder)) = bidder
            && bidder.live.is_some()
            && bidder.deposit != Some(entry.deposit)
        {
            deposits.insert(party, entry.deposit);
        }
    }
    for (index, (party, deposit)) in deposits.into_iter().enumerate() {
        let lot = body.lot.clone();
        let what = What::DepositMarked {
            lot,
            party,
            deposit,
        };
        let mut facts = acting.facts(what);
        let mut details = acting.details(None);
        if index > 0 {
            // One act makes several events, and the first of them carries the
            // act.
            facts.act = None;
            details.signed = None;
        }
        work.push(facts, details)?;
    }
    Ok(())
}

pub(super) fn unlock(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Unlock,
) -> Result<(), Refusal> {
    let Checked::Key {
        failed,
        milliseconds,
    } = &acting.performed.checked
    else {
        return Err(RefusalCode::NotPermitted.into());
    };
    let lot = body.lot.clone();
    let party = own(work, acting, &lot)?;
    let bid = body.bid;
    let extra = Extra::Attempt {
        milliseconds: *milliseconds,
        note: String::new(),
    };
    let Some(check) = *failed else {
        let what = What::Unlocked { lot, party, bid };
        return work.act_with(acting, what, extra);
    };
    let attempts = work.lot(&lot)?.parties.get(&party);
    if attempts.is_none_or(|bidder| bidder.attempts.len() < ATTEMPT_CAP) {
        let what = What::UnlockFailed {
            lot: lot.clone(),
            party,
            bid,
            check,
        };
        work.act_with(acting, what, extra)?;
        let capped = work.lot(&lot)?.parties.get(&party);
        if capped.is_some_and(|it| it.attempts.len() == ATTEMPT_CAP && !it.capped) {
            work.platform(What::EvidenceCapped { lot, party }, None)?;
        }
    }
    Err(check.refusal().into())
}

pub(super) fn rescue(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Rescue,
) -> Result<(), Refusal> {
    let lot = body.lot.clone();
    let (x, verdicts) = shares(work, acting, &lot, std::slice::from_ref(&body.share))?;
    let good = verdicts[0];
    let bid = body.share.bid;
    let party = work
        .lot(&lot)?
        .party_of(&bid)
        .ok_or(RefusalCode::NoSuchBid)?;
    let failures = lot_failures(work, &lot, &party)?;
    if !good && failures >= RESCUE_CAP {
        return Err(RefusalCode::ShareMismatch.into());
    }
    let what = What::RescueShared {
        lot,
        party,
        bid,
        x,
        good,
    };
    work.act(acting, what)?;
    if good {
        Ok(())
    } else {
        Err(RefusalCode::ShareMismatch.into())
    }
}

fn lot_failures(work: &Work<'_>, lot: &LotId, party: &Party) -> Result<u32, Refusal> {
    let bidder = work.lot(lot)?.parties.get(party);
    Ok(bidder.map_or(0, |bidder| bidder.rescue.failures))
}

pub(super) fn release(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Release,
) -> Result<(), Refusal> {
    let id = body.lot.clone();
    let (x, verdicts) = shares(work, acting, &id, &body.shares)?;
    own_wraps(acting, x, &body.withheld)?;
    let lot = work.lot(&id)?;
    if lot.statement.digest.is_some_and(|it| it != body.accepted) {
        return Err(RefusalCode::WrongStatement.into());
    }
    let split = |is_good: bool| -> Vec<Digest> {
        let mut bids: Vec<_> = body
            .shares
            .iter()
            .zip(&verdicts)
            .filter(|(_, good)| **good == is_good)
            .map(|(share, _)| share.bid)
            .collect();
        bids.sort_unstable();
        bids
    };
    let (good, wrong) = (split(true), split(false));
    let mut withheld = body.withheld.clone();
    withheld.sort_unstable_by_key(|it| it.bid);
    let all_wrong = good.is_empty() && !wrong.is_empty() && withheld.is_empty();
    let failures = lot.releases.get(&x).map_or(0, |it| it.failures);
    if !wrong.is_empty() && failures >= RELEASE_CAP {
        return Err(RefusalCode::ShareMismatch.into());
    }
    let what = What::Released {
        lot: id,
        x,
        good,
        wrong,
        withheld,
    };
    work.act(acting, what)?;
    if all_wrong {
        Err(RefusalCode::ShareMismatch.into())
    } else {
        Ok(())
    }
}

/// A custodian complains of the wrap that was made for it, and of no other.
fn own_wraps(acting: &Acting<'_>, x: u8, withheld: &[Withheld]) -> Result<(), Refusal> {
    let Checked::Shares { wraps, .. } = &acting.performed.checked else {
        return Err(RefusalCode::WrongEvidence.into());
    };
    let complaints = withheld.iter().filter(|it| it.why.wrap().is_some());
    if complaints.count() == wraps.len() && wraps.iter().all(|of| *of == x) {
        Ok(())
    } else {
        Err(RefusalCode::WrongEvidence.into())
    }
}

/// The custodian's x, and the verdict on each share it sent.
fn shares(
    work: &Work<'_>,
    acting: &Acting<'_>,
    lot: &LotId,
    shares: &[Share],
) -> Result<(u8, Vec<bool>), Refusal> {
    let x = custodian_of(&acting.performed.actor, lot, work.book)
        .ok_or(RefusalCode::UnknownCustodian)?;
    let Checked::Shares { good, .. } = &acting.performed.checked else {
        return Err(RefusalCode::WrongShares.into());
    };
    let is_own = |share: &Share| share.x == x && share.envelope == 0;
    if good.len() != shares.len() || !shares.iter().all(is_own) {
        return Err(RefusalCode::WrongShares.into());
    }
    Ok((x, good.clone()))
}

/// The handle of the actor's own organisation in a lot.
pub(super) fn own(work: &Work<'_>, acting: &Acting<'_>, lot: &LotId) -> Result<Party, Refusal> {
    work.lot(lot)?;
    work.book
        .handle(lot, acting.performed.actor.organisation())
        .ok_or_else(|| RefusalCode::NoStanding.into())
}

/// The shortest of a stay over several lots.
fn shortest(work: &Work<'_>, lots: &[LotId], stay: impl Fn(&Lot) -> u32) -> Result<u32, Refusal> {
    let stays = lots
        .iter()
        .map(|id| work.lot(id).map(&stay))
        .collect::<Result<Vec<_>, _>>()?;
    stays
        .into_iter()
        .min()
        .ok_or_else(|| RefusalCode::NoLots.into())
}
