//! What must hold before an event, apart from what it says itself: the part of
//! the rules that both `evolve` and [`crate::lawful`] ask. Nothing is changed
//! here.

use super::{Lawful, ensure};
use crate::event::Outcome;
use crate::ids::{LotId, Millis, Party};
use crate::reference::SealedReference;
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Bidder, Found, Lot, RecordState, Stage, State};

/// Stages whose clocks can be stopped. Releasing is not among them: once the
/// accepted set is fixed, nobody may hold it up.
const SUSPENDABLE: [Stage; 6] = [
    Stage::Checking,
    Stage::Unlocking,
    Stage::Opened,
    Stage::Announced,
    Stage::Objections,
    Stage::Signing,
];

/// A change to what was published: before T0, while a lot is still to come.
pub(crate) fn change(state: &State) -> Lawful {
    before_t0(state)?;
    ensure(state.ended_at.is_none(), Code::WrongStage)
}

pub(crate) fn before_t0(state: &State) -> Lawful {
    ensure(state.published.is_some(), Code::WrongStage)?;
    ensure(state.deadline.is_none(), Code::WrongStage)
}

pub(crate) fn after_t0(state: &State) -> Lawful {
    ensure(state.deadline.is_some(), Code::AfterOpeningOnly)
}

/// A bid is in time when it comes before `deadline_reached` in the stream,
/// whatever any clock says.
pub(crate) fn in_time(state: &State) -> Lawful {
    ensure(state.published.is_some(), Code::WrongStage)?;
    ensure(state.deadline.is_none(), Code::Late)
}

/// Deposits and refusals, until the list is published.
pub(crate) fn unlisted(lot: &Lot) -> Lawful {
    lot.runs_in(&[Stage::Checking])?;
    ensure(lot.listed.is_none(), Code::ListPublished)
}

/// The start of the window; `stands` says whether the closing statement does.
pub(crate) fn window(lot: &Lot, stands: bool) -> Lawful {
    lot.runs_in(&[Stage::Checking])?;
    ensure(lot.listed.is_some(), Code::ListMissing)?;
    ensure(stands, Code::NotCosigned)
}

/// The window itself is running and not merely kept open for a rescue.
pub(crate) fn open_window(lot: &Lot, time: Millis) -> Lawful {
    if lot.stage > Stage::Unlocking && !lot.stage.is_end() {
        return Err(Code::AcceptedFixed);
    }
    lot.runs_in(&[Stage::Unlocking])?;
    ensure(lot.due.is_some_and(|due| time < due), Code::WindowOver)
}

pub(crate) fn suspension(lot: &Lot) -> Lawful {
    let fixed = lot.stage == Stage::Releasing;
    ensure(!fixed, Code::AcceptedFixed)?;
    lot.runs_in(&SUSPENDABLE)
}

/// Host and centre have a time for all of their suspensions, the supervisor has one for
/// each.
pub(crate) fn suspension_by(lot: &Lot, by: By) -> Lawful {
    suspension(lot)?;
    let left = by == By::Supervisor || lot.suspension_left() > 0;
    ensure(left, Code::SuspensionSpent)
}

/// What the supervisor ordered only the supervisor, or time, lifts.
pub(crate) fn resumption(lot: &Lot, by: By) -> Lawful {
    let suspension = lot.suspended.ok_or(Code::NotSuspended)?;
    let ordered = suspension.by == By::Supervisor;
    let may = !ordered || matches!(by, By::Supervisor | By::Time);
    ensure(may, Code::OrderedBySupervisor)
}

pub(crate) fn termination(lot: &Lot) -> Lawful {
    ensure(!lot.stage.is_end(), Code::WrongStage)
}

/// A leave to sign in after T0.
pub(crate) fn leave(bidder: &Bidder) -> Lawful {
    ensure(bidder.live.is_some(), Code::NoSuchParty)?;
    let first = bidder.signed_in.is_none() && !bidder.sign_in_allowed;
    ensure(first, Code::AlreadyDone)
}

pub(crate) fn sign_in(state: &State, time: Millis, bidder: &Bidder) -> Lawful {
    ensure(bidder.live.is_some(), Code::NoStanding)?;
    let before = state.deadline.is_none();
    let is_open = before && time >= state.sign_in_from();
    let allowed = is_open || (!before && bidder.sign_in_allowed);
    ensure(allowed, Code::SignInClosed)?;
    ensure(bidder.signed_in.is_none(), Code::AlreadyDone)
}

/// An order to rescue a bid that its bidder failed to unlock, or asked for.
pub(crate) fn rescue_order(bidder: &Bidder) -> Lawful {
    ensure(bidder.rescue.ordered.is_none(), Code::AlreadyDone)?;
    let is_called_for = bidder.rescue.asked.is_some() || !bidder.attempts.is_empty();
    ensure(is_called_for, Code::RescueTooSoon)
}

/// A supervisor may still decide on the findings of this lot.
pub(crate) fn decision(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
        Stage::Signing,
        Stage::FailedAfterUnlock,
    ])
}

/// A ruling on what was found of a custodian is not that custodian's own.
pub(crate) fn ruling(is_own: bool) -> Lawful {
    ensure(!is_own, Code::OwnFault)
}

/// What was found of a custodian stands, and nobody has decided on it.
pub(crate) fn confirmation(found: &Found) -> Lawful {
    ensure(found.stands, Code::FindingDiffers)?;
    ensure(found.decided.is_none(), Code::AlreadyDone)
}

pub(crate) fn unmasking(lot: &Lot) -> Lawful {
    ensure(lot.masked, Code::AlreadyDone)
}

/// A bidder's word on its own line, which is one of those that were opened.
pub(crate) fn line(bidder: &Bidder) -> Lawful {
    ensure(bidder.outcome == Some(Outcome::Opened), Code::NoSuchBid)?;
    ensure(bidder.line.is_none(), Code::AlreadyDone)
}

/// The host remarks on lines from the opening to its signature on the record.
pub(crate) fn remarks(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
        Stage::Signing,
    ])?;
    unsigned(lot)
}

/// The host reveals the reference value that it has sealed from the opening to its
/// signature on the record, once; answers what it has sealed.
pub(crate) fn reference(lot: &Lot) -> Result<SealedReference, Code> {
    let sealed = lot.rules.reference.ok_or(Code::NoReference)?;
    remarks(lot)?;
    ensure(lot.reference.is_none(), Code::AlreadyDone)?;
    Ok(sealed)
}

/// What is noted has its place in the record, so it comes before the host's
/// signature, or after a corrected record was asked for.
fn unsigned(lot: &Lot) -> Lawful {
    let signed = lot.records.last().is_some_and(|it| it.signed.is_some());
    ensure(!signed || lot.correction.is_some(), Code::RecordSigned)
}

/// Why somebody stays away is noted from T0 on.
pub(crate) fn absences(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Checking,
        Stage::Unlocking,
        Stage::Releasing,
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
        Stage::Signing,
    ])?;
    unsigned(lot)
}

/// How often the reason of one bidder's absence can be noted.
const ABSENCES: u32 = 20;

pub(crate) fn absence(bidder: &Bidder) -> Lawful {
    ensure(bidder.signed_in.is_none(), Code::NotAbsent)?;
    let times = bidder.absence.map_or(0, |it| it.times);
    ensure(times < ABSENCES, Code::TooMany)
}

/// How much host and centre write to one bidder, and it to them, each.
const PRIVATE: usize = 50;

/// A line between host or centre and one bidder; `by` writes it.
pub(crate) fn private(bidder: &Bidder, by: By) -> Lawful {
    let said = if by == By::Bidder {
        &bidder.private.from
    } else {
        &bidder.private.to
    };
    ensure(said.len() < PRIVATE, Code::TooMany)
}

/// How often one bidder is muted.
const MUTES: u32 = 20;

pub(crate) fn mute(bidder: &Bidder) -> Lawful {
    ensure(bidder.muted.is_none(), Code::AlreadyDone)?;
    ensure(bidder.mutes < MUTES, Code::TooMany)
}

pub(crate) fn unmute(bidder: &Bidder) -> Lawful {
    ensure(bidder.muted.is_some(), Code::AlreadyDone)
}

/// Questions are taken of this party. Objections and requests for help always are.
pub(crate) fn question(lot: &Lot, party: Party) -> Lawful {
    heard(lot, party)?;
    let muted = lot.parties.get(&party).and_then(|bidder| bidder.muted);
    ensure(muted.is_none(), Code::Muted)
}

/// How many remarks a line takes.
const REMARKS: usize = 20;

pub(crate) fn remark(bidder: &Bidder) -> Lawful {
    ensure(bidder.remarks.len() < REMARKS, Code::TooMany)
}

/// A bidder says once, while objections are raised, that it has none. It has none
/// before it raises one.
pub(crate) fn no_objection(lot: &Lot, party: Party, bidder: &Bidder) -> Lawful {
    lot.runs_in(&[Stage::Objections])?;
    heard(lot, party)?;
    let silent = bidder.no_objection.is_none() && lot.objections.of(&party).is_empty();
    ensure(silent, Code::AlreadyDone)
}

/// Objections are raised and answered from checking to objections.
pub(crate) fn objectionable(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Checking,
        Stage::Unlocking,
        Stage::Releasing,
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
    ])
}

/// The end of objections; time waits for no reply.
pub(crate) fn objections_end(lot: &Lot, by: By) -> Lawful {
    lot.runs_in(&[Stage::Objections])?;
    let replied = lot.objections.values().all(|it| it.answered.is_some());
    ensure(replied || by == By::Time, Code::ReplyFirst)
}

pub(crate) fn closing(lot: &Lot, by: By) -> Lawful {
    lot.runs_in(&[Stage::Signing])?;
    if by == By::Time {
        return Ok(());
    }
    let record = lot.records.last().ok_or(Code::NoRecord)?;
    in_force(lot)?;
    ensure(record.signed.is_some(), Code::HostSignsFirst)
}

/// A lot that gets a record: it is in signing, closed, or failed or ended after
/// T0.
pub(crate) fn recordable(lot: &Lot) -> Lawful {
    lot.is_in(&[
        Stage::Signing,
        Stage::Closed,
        Stage::FailedFewBids,
        Stage::FailedAfterUnlock,
        Stage::Terminated,
    ])
}

/// How many corrected records a host may ask for in a lot.
const CORRECTIONS: usize = 20;

pub(crate) fn further_correction(lot: &Lot) -> Lawful {
    correction(lot)?;
    ensure(lot.corrections < CORRECTIONS, Code::TooMany)
}

pub(crate) fn correction(lot: &Lot) -> Lawful {
    ensure(lot.correction.is_none(), Code::AlreadyDone)
}

/// The last record is the one to sign: no other is about to take its place.
pub(crate) fn in_force(lot: &Lot) -> Lawful {
    ensure(lot.correction.is_none(), Code::RecordDiffers)
}

pub(crate) fn signature(record: &RecordState) -> Lawful {
    ensure(record.signed.is_none(), Code::AlreadyDone)
}

pub(crate) fn countersignature(record: &RecordState, bidder: &Bidder) -> Lawful {
    ensure(record.signed.is_some(), Code::HostSignsFirst)?;
    ensure(bidder.live.is_some(), Code::NoStanding)?;
    let first = !bidder.countersigned.contains_key(&record.record);
    ensure(first, Code::AlreadyDone)
}

/// From checking to signing, in this lot or in any.
pub(crate) fn in_the_room(state: &State, id: Option<&LotId>) -> Lawful {
    let is_open = |lot: &Lot| lot.stage > Stage::Bidding && !lot.stage.is_end();
    let open = match id {
        Some(id) => is_open(state.lots.get(id).ok_or(Code::NoSuchLot)?),
        None => state.lots.values().any(is_open),
    };
    ensure(open, Code::WrongStage)
}

/// Help is asked for from T0 on: before, the desk is called, which whoever is registered
/// may do and which says nothing of a bid.
pub(crate) fn help_in_the_room(state: &State) -> Lawful {
    ensure(state.deadline.is_some(), Code::CallTheDesk)
}

/// A request for help stands in a stream from sign-in to the lot's end. Those before T0
/// are of earlier versions.
pub(crate) fn help(state: &State, lot: &Lot, time: Millis) -> Lawful {
    let is_open = state.deadline.is_some() || time >= state.sign_in_from();
    ensure(is_open, Code::SignInClosed)?;
    ensure(!lot.stage.is_end(), Code::WrongStage)
}

/// Who has a bid in the lot is heard: from T0 on, one that was live then.
pub(crate) fn heard(lot: &Lot, party: Party) -> Lawful {
    ensure(lot.has_standing(party), Code::NoStanding)
}
