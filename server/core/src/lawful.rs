//! Which acts somebody may perform in a lot now, and for the others the refusal
//! that they would get: as far as state and standing decide it, and not the
//! words of an act. It asks what `evolve` asks, and folds nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::act::Finding;
use crate::asks::Asks;
use crate::book::Book;
use crate::command::Actor;
use crate::complaints::{self, Complaint};
use crate::evolve::gates;
use crate::ids::{LotId, Millis, Party};
use crate::permissions::{Capacity, capacity, complainant};
use crate::refusal::RefusalCode as Code;
use crate::role::By;
use crate::state::{Bidder, Found, Lot, RecordState, Stage, State};

/// What would be answered to an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is lawful.
    Allowed,
    /// It would be refused.
    Refused(Code),
}

/// The acts that somebody's role has in a lot, by name.
pub fn lawful(
    actor: &Actor,
    state: &State,
    book: &Book,
    id: &LotId,
    now: Millis,
) -> BTreeMap<&'static str, Verdict> {
    let mut served = drafting(actor, state, book);
    let Some(lot) = state.lots.get(id) else {
        return served;
    };
    let own = book.handle(id, actor.organisation());
    let acts = ACTS.iter().filter_map(|(name, needs, allows)| {
        let by = match capacity(actor, *needs, state, book) {
            Ok(by) => by,
            // Other roles' acts are not listed.
            Err(Code::NotPermitted) => return None,
            Err(code) => return Some((*name, Verdict::Refused(code))),
        };
        let case = Case {
            state,
            lot,
            id,
            own: own.and_then(|own| Some((own, &**lot.parties.get(&own)?))),
            book,
            actor,
            by,
            now,
        };
        let verdict = allows(&case).map_or_else(Verdict::Refused, |()| Verdict::Allowed);
        Some((*name, verdict))
    });
    served.extend(acts);
    served.extend(complaining(actor, state, book, id, lot, now));
    served
}

/// Whether the actor may complain about the lot, in whatever capacity.
fn complaining(
    actor: &Actor,
    state: &State,
    book: &Book,
    id: &LotId,
    lot: &Lot,
    now: Millis,
) -> Option<(&'static str, Verdict)> {
    let by = complainant(actor, id, state, book).ok()?;
    let verdict = complaints::gate(state, lot, by, now)
        .and_then(|()| {
            if by == By::Public {
                let heard = state.complaints.hears_the_public(now);
                heard.map_err(|refusal| refusal.code)
            } else {
                Ok(())
            }
        })
        .and_then(|()| {
            let heard = complaints::hears(state, book, actor.organisation(), now);
            heard.map_err(|refusal| refusal.code)
        });
    let verdict = verdict.map_or_else(Verdict::Refused, |()| Verdict::Allowed);
    Some(("complain", verdict))
}

/// The acts that end with publication, and are of no lot.
fn drafting(actor: &Actor, state: &State, book: &Book) -> BTreeMap<&'static str, Verdict> {
    let verdict = match (
        capacity(actor, Capacity::Host, state, book),
        state.published,
    ) {
        (Err(_), _) => return BTreeMap::new(),
        (Ok(_), None) => Verdict::Allowed,
        (Ok(_), Some(_)) => Verdict::Refused(Code::AlreadyPublished),
    };
    [("edit", verdict), ("publish", verdict)].into()
}

/// A lot, and who wants to act in it.
struct Case<'a> {
    state: &'a State,
    lot: &'a Lot,
    id: &'a LotId,
    own: Option<(Party, &'a Bidder)>,
    book: &'a Book,
    actor: &'a Actor,
    by: By,
    now: Millis,
}

type Gate = fn(&Case<'_>) -> Result<(), Code>;

/// The acts, whose they are, and what must hold. `submit`, `release`, `rescue` and
/// `certify-key` are not among them: they rest on what the act brings.
const ACTS: &[(&str, Capacity, Gate)] = &[
    ("clarify", Capacity::Host, |it| gates::change(it.state)),
    ("postpone", Capacity::Host, |it| gates::change(it.state)),
    // An amendment that comes late for its legal time postpones T0 as well.
    ("amend", Capacity::Host, |it| {
        gates::change(it.state)?;
        it.lot.is_in(&[Stage::Bidding])
    }),
    ("cancel", Capacity::Host, |it| {
        gates::before_t0(it.state)?;
        it.lot.is_in(&[Stage::Bidding])
    }),
    ("hand-over", Capacity::Operator, |_| Ok(())),
    ("take-over", Capacity::Centre, |_| Ok(())),
    ("mark-deposit", Capacity::Operator, |it| {
        gates::unlisted(it.lot)
    }),
    ("refuse-bid", Capacity::Operator, |it| {
        gates::unlisted(it.lot)?;
        it.any_counted(Code::NotInWindow, |_| Ok(()))
    }),
    ("publish-list", Capacity::Operator, |it| {
        gates::unlisted(it.lot)
    }),
    ("allow-sign-in", Capacity::Operator, |it| {
        gates::after_t0(it.state)?;
        it.any(Code::NoSuchParty, gates::leave)
    }),
    ("start-window", Capacity::Operator, |it| {
        gates::window(it.lot, it.state.closing.stands)
    }),
    ("extend", Capacity::OperatorOrSupervisor, |it| {
        gates::open_window(it.lot, it.now)?;
        let left = it.lot.extended < it.lot.rules.stays.extensions;
        left.then_some(()).ok_or(Code::ExtensionSpent)
    }),
    ("suspend", Capacity::OperatorOrSupervisor, |it| {
        gates::suspension_by(it.lot, it.by)
    }),
    ("resume", Capacity::OperatorOrSupervisor, |it| {
        gates::resumption(it.lot, it.by)
    }),
    ("order-quorum", Capacity::Supervisor, |it| it.quorum_order()),
    ("order-rescue", Capacity::Supervisor, |it| it.rescue_order()),
    ("confirm-finding", Capacity::Supervisor, |it| {
        gates::decision(it.lot)?;
        it.any(Code::NoFinding, |bidder| {
            let made = bidder.finding.as_ref().ok_or(Code::NoFinding)?;
            if made.finding == Finding::Open {
                return Err(Code::FindingDiffers);
            }
            made.decided
                .is_none()
                .then_some(())
                .ok_or(Code::AlreadyDone)
        })
    }),
    ("overrule-finding", Capacity::Supervisor, |it| {
        gates::decision(it.lot)?;
        it.any(Code::NoFinding, |bidder| {
            bidder.finding.as_ref().map(|_| ()).ok_or(Code::NoFinding)
        })
    }),
    ("confirm-fault", Capacity::Supervisor, |it| {
        gates::decision(it.lot)?;
        it.any_fault(gates::confirmation)
    }),
    ("overrule-fault", Capacity::Supervisor, |it| {
        gates::decision(it.lot)?;
        it.any_fault(|_| Ok(()))
    }),
    ("announce", Capacity::Operator, |it| {
        it.lot.runs_in(&[Stage::Opened])
    }),
    ("lift-mask", Capacity::Operator, |it| {
        gates::after_t0(it.state)?;
        gates::unmasking(it.lot)
    }),
    ("open-objections", Capacity::Operator, |it| {
        it.lot.runs_in(&[Stage::Announced])
    }),
    ("reply", Capacity::Operator, |it| {
        gates::objectionable(it.lot)?;
        unanswered(&it.lot.objections)
    }),
    ("close-objections", Capacity::Operator, |it| {
        gates::objections_end(it.lot, it.by)
    }),
    ("sign-record", Capacity::Operator, |it| {
        gates::in_force(it.lot)?;
        gates::signature(it.record()?)
    }),
    ("correct-record", Capacity::Operator, |it| {
        it.record()?;
        gates::further_correction(it.lot)
    }),
    ("close", Capacity::Operator, |it| {
        gates::closing(it.lot, it.by)
    }),
    ("remark-line", Capacity::Operator, |it| {
        gates::remarks(it.lot)?;
        it.any_counted(Code::NoSuchParty, gates::remark)
    }),
    ("reveal-reference", Capacity::Operator, |it| {
        gates::reference(it.lot).map(|_| ())
    }),
    ("mark-absence", Capacity::Operator, |it| {
        gates::absences(it.lot)?;
        it.any_stood(gates::absence)
    }),
    ("mute", Capacity::Operator, |it| {
        gates::in_the_room(it.state, Some(it.id))?;
        it.any_stood(gates::mute)
    }),
    ("unmute", Capacity::Operator, |it| {
        gates::in_the_room(it.state, Some(it.id))?;
        it.any_stood(gates::unmute)
    }),
    // A bidder's own, or to one of the bidders.
    ("private-message", Capacity::HostCentreOrBidder, |it| {
        if it.by == By::Bidder {
            let (party, own) = it.own()?;
            gates::heard(it.lot, party)?;
            gates::in_the_room(it.state, Some(it.id))?;
            return gates::private(own, it.by);
        }
        gates::in_the_room(it.state, Some(it.id))?;
        it.any_stood(|bidder| gates::private(bidder, it.by))
    }),
    ("message", Capacity::HostOrCentre, |it| {
        gates::in_the_room(it.state, Some(it.id))
    }),
    ("answer", Capacity::HostOrCentre, |it| {
        gates::in_the_room(it.state, Some(it.id))?;
        unanswered(&it.lot.questions)
    }),
    ("answer-help", Capacity::HostOrCentre, |it| {
        gates::after_t0(it.state)?;
        unanswered(&it.lot.helps)
    }),
    ("remark", Capacity::Supervisor, |it| {
        gates::after_t0(it.state)
    }),
    ("take-up-complaint", Capacity::Supervisor, |it| {
        it.any_complaint(Complaint::can_be_decided)
    }),
    ("decline-complaint", Capacity::Supervisor, |it| {
        it.any_complaint(Complaint::can_be_decided)
    }),
    ("answer-complaint", Capacity::Supervisor, |it| {
        it.any_complaint(Complaint::can_be_answered)
    }),
    ("terminate", Capacity::Supervisor, |it| {
        gates::after_t0(it.state)?;
        gates::termination(it.lot)
    }),
    ("withdraw", Capacity::Bidder, |it| {
        gates::in_time(it.state)?;
        let (_, own) = it.own.ok_or(Code::NothingToWithdraw)?;
        it.lot.is_in(&[Stage::Bidding])?;
        own.live.map(|_| ()).ok_or(Code::NothingToWithdraw)
    }),
    ("sign-in", Capacity::Bidder, |it| {
        let (_, own) = it.own()?;
        gates::termination(it.lot)?;
        gates::sign_in(it.state, it.now, own)
    }),
    ("unlock", Capacity::Bidder, |it| it.unlock(it.own()?.1)),
    ("ask-rescue", Capacity::Bidder, |it| {
        let (_, own) = it.own()?;
        rescuable(it.lot, own)?;
        it.unlock(own)?;
        own.rescue
            .asked
            .is_none()
            .then_some(())
            .ok_or(Code::AlreadyDone)
    }),
    ("confirm", Capacity::Bidder, |it| it.line()),
    ("dispute", Capacity::Bidder, |it| it.line()),
    ("object", Capacity::Bidder, |it| {
        let (party, _) = it.own()?;
        gates::objectionable(it.lot)?;
        gates::heard(it.lot, party)?;
        it.lot.objections.hears(&party)
    }),
    ("no-objection", Capacity::Bidder, |it| {
        let (party, own) = it.own()?;
        gates::no_objection(it.lot, party, own)
    }),
    ("countersign", Capacity::Bidder, |it| {
        let (_, own) = it.own()?;
        gates::in_force(it.lot)?;
        gates::countersignature(it.record()?, own)
    }),
    ("help", Capacity::Bidder, |it| {
        let (party, _) = it.own()?;
        gates::help_in_the_room(it.state)?;
        gates::help(it.state, it.lot, it.now)?;
        gates::heard(it.lot, party)?;
        it.lot.helps.hears(&party)
    }),
    ("question", Capacity::Bidder, |it| {
        let (party, _) = it.own()?;
        gates::in_the_room(it.state, Some(it.id))?;
        gates::question(it.lot, party)?;
        it.lot.questions.hears(&party)
    }),
];

impl Case<'_> {
    /// The actor's own part in the lot.
    fn own(&self) -> Result<(Party, &Bidder), Code> {
        self.own.ok_or(Code::NoStanding)
    }

    /// Lawful for one of the bidders; otherwise what the first is refused for.
    fn any(&self, none: Code, allows: impl Fn(&Bidder) -> Result<(), Code>) -> Result<(), Code> {
        let mut refused = None;
        for bidder in self.lot.parties.values() {
            match allows(bidder) {
                Ok(()) => return Ok(()),
                Err(code) => refused = refused.or(Some(code)),
            }
        }
        Err(refused.unwrap_or(none))
    }

    /// Lawful for one of the findings on custodians; otherwise what the first is
    /// refused for.
    fn any_fault(&self, allows: impl Fn(&Found) -> Result<(), Code>) -> Result<(), Code> {
        let mut refused = None;
        let releases = self.lot.releases.iter();
        let faults = releases.flat_map(|(x, release)| {
            let faults = release.faults.values();
            faults.map(|found| (*x, found))
        });
        for (x, found) in faults {
            let own = self.actor.organisation();
            let is_own = self.book.is_custodian_as(self.id, x, own);
            match gates::ruling(is_own).and_then(|()| allows(found)) {
                Ok(()) => return Ok(()),
                Err(code) => refused = refused.or(Some(code)),
            }
        }
        Err(refused.unwrap_or(Code::NoFinding))
    }

    /// The same for those whose bids count.
    fn any_counted(
        &self,
        none: Code,
        allows: impl Fn(&Bidder) -> Result<(), Code>,
    ) -> Result<(), Code> {
        self.any(none, |bidder| {
            counts(self.lot, bidder)?;
            allows(bidder)
        })
    }

    /// The same for those whose bids stood at T0.
    fn any_stood(&self, allows: impl Fn(&Bidder) -> Result<(), Code>) -> Result<(), Code> {
        self.any(Code::NoSuchParty, |bidder| {
            let live = bidder.live.ok_or(Code::NoSuchParty)?;
            let stood = self.lot.closing.contains(&live);
            stood.then_some(()).ok_or(Code::NoSuchParty)?;
            allows(bidder)
        })
    }

    /// Lawful for one of the complaints about the lot; otherwise what the first is
    /// refused for.
    fn any_complaint(&self, allows: fn(&Complaint) -> Result<(), Code>) -> Result<(), Code> {
        let mut refused = None;
        let all = self.state.complaints.values();
        for complaint in all.filter(|it| it.lot == *self.id) {
            match allows(complaint) {
                Ok(()) => return Ok(()),
                Err(code) => refused = refused.or(Some(code)),
            }
        }
        Err(refused.unwrap_or(Code::NoSuchEvent))
    }

    fn unlock(&self, bidder: &Bidder) -> Result<(), Code> {
        unlock(self.lot, bidder, self.now)
    }

    fn rescue_order(&self) -> Result<(), Code> {
        self.any(Code::RescueNotAllowed, |bidder| {
            rescue_order(self.lot, bidder, self.now)
        })
    }

    /// The lot's accepted statement is signed and does not stand yet.
    fn quorum_order(&self) -> Result<(), Code> {
        self.lot.is_in(&[Stage::Releasing])?;
        if self.lot.statement.stands {
            return Err(Code::AlreadyDone);
        }
        let signed = self.lot.statement.digest;
        signed.map(|_| ()).ok_or(Code::NotCosigned)
    }

    fn line(&self) -> Result<(), Code> {
        let (_, own) = self.own()?;
        self.lot.runs_in(&[Stage::Announced])?;
        counts(self.lot, own)?;
        gates::line(own)
    }

    /// The record in force.
    fn record(&self) -> Result<&RecordState, Code> {
        gates::recordable(self.lot)?;
        self.lot.records.last().ok_or(Code::NoRecord)
    }
}

/// Whether a rescue of this bidder's bid can be ordered now.
pub(crate) fn may_order_rescue(lot: &Lot, bidder: &Bidder, now: Millis) -> bool {
    rescue_order(lot, bidder, now).is_ok()
}

fn rescue_order(lot: &Lot, bidder: &Bidder, now: Millis) -> Result<(), Code> {
    rescuable(lot, bidder)?;
    unlock(lot, bidder, now)?;
    gates::rescue_order(bidder)
}

/// The bidder may unlock its bid now.
fn unlock(lot: &Lot, bidder: &Bidder, now: Millis) -> Result<(), Code> {
    gates::open_window(lot, now)?;
    counts(lot, bidder)?;
    let sealed = bidder.unlocked.is_none();
    sealed.then_some(()).ok_or(Code::AlreadyDone)
}

/// Terms and bid allow a rescue.
fn rescuable(lot: &Lot, bidder: &Bidder) -> Result<(), Code> {
    let opted = bidder.standing().is_some_and(|link| link.rescue);
    let allowed = lot.rules.rescue.is_some() && opted;
    allowed.then_some(()).ok_or(Code::RescueNotAllowed)
}

/// Its bid stood at T0 and was not refused.
fn counts(lot: &Lot, bidder: &Bidder) -> Result<(), Code> {
    let live = bidder.live.ok_or(Code::NoSuchBid)?;
    let counts = bidder.refused.is_none() && lot.closing.contains(&live);
    counts.then_some(()).ok_or(Code::NotInWindow)
}

fn unanswered(asked: &Asks) -> Result<(), Code> {
    if asked.is_empty() {
        return Err(Code::NoSuchEvent);
    }
    let open = asked.values().any(|it| it.answered.is_none());
    open.then_some(()).ok_or(Code::AlreadyDone)
}

impl Verdict {
    /// The refusal's code; none where the act is lawful.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Allowed => None,
            Self::Refused(code) => Some(code.code()),
        }
    }
}

/// Where a lot is on its way, in four words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Drafted and not published.
    Preparing,
    /// Published, before T0.
    Waiting,
    /// From T0 to its end.
    Opening,
    /// It has come to an end.
    Ended,
}

impl Phase {
    /// The phase that a stage belongs to.
    pub const fn of(stage: Stage) -> Self {
        match stage {
            Stage::Preparing => Self::Preparing,
            Stage::Bidding => Self::Waiting,
            Stage::Checking
            | Stage::Unlocking
            | Stage::Releasing
            | Stage::Opened
            | Stage::Announced
            | Stage::Objections
            | Stage::Signing => Self::Opening,
            Stage::Closed
            | Stage::Cancelled
            | Stage::FailedFewBids
            | Stage::FailedAfterUnlock
            | Stage::Terminated => Self::Ended,
        }
    }
}

/// The stage of the usual course that a lot has come to: its own, or where it ended
/// before its time the last one before that.
pub fn reached(book: &Book, id: &LotId, lot: &Lot) -> Stage {
    if Phase::of(lot.stage) != Phase::Ended || lot.stage == Stage::Closed {
        lot.stage
    } else if lot.stage == Stage::Cancelled {
        Stage::Bidding
    } else if !lot.order.is_empty() {
        after_announcing(book, id)
    } else if lot.opened.is_some() {
        Stage::Opened
    } else if lot.accepted_at.is_some() {
        Stage::Releasing
    } else if lot.window.is_some() {
        Stage::Unlocking
    } else {
        Stage::Checking
    }
}

fn after_announcing(book: &Book, id: &LotId) -> Stage {
    let entries = book.entries.values().filter(|entry| entry.concerns(id));
    let begun = entries.filter_map(|entry| match entry.kind.as_str() {
        "objections_closed" => Some(Stage::Signing),
        "objections_opened" => Some(Stage::Objections),
        "announced" => Some(Stage::Announced),
        _ => None,
    });
    begun.last().unwrap_or(Stage::Announced)
}
