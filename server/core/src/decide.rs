//! Answers a command with events, or refuses it. What is due by time comes
//! first, and then every event is put to `evolve`, which knows the rules; this
//! module only translates acts into facts.

mod complaining;
mod noting;
mod opening;
mod preparing;
mod room;
mod several;
mod submitting;
mod system;
pub(crate) mod texts;

use crate::act::Act;
use crate::book::{Book, Known};
use crate::command::{Away, Clock, Command, Context, Performed, System};
use crate::details::{Details, Extra};
use crate::due::{due, next_due};
use crate::event::{Event, Facts, Recorded, What};
use crate::evolve::{concerns, evolve, moved_t0, unserved};
use crate::ids::Organisation;
use crate::permissions::permits;
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::state::State;

pub use self::submitting::MEMBERS;

/// A command that is refused, and what it leaves on the stream all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{refusal}")]
pub struct RefusedCommand {
    /// What the actor is told.
    pub refusal: Refusal,
    /// Events that the caller must append although the command is refused: what
    /// was due by time, and the refusal itself where it is evidence. Often none.
    pub evidence: Vec<Event>,
}

impl From<RefusedCommand> for Refusal {
    fn from(refused: RefusedCommand) -> Self {
        refused.refusal
    }
}

/// The events a command makes.
///
/// # Errors
/// The refusal, and the evidence that must be appended all the same.
pub fn decide(
    state: &State,
    book: &Book,
    command: &Command,
    context: &Context,
) -> Result<Vec<Event>, RefusedCommand> {
    let mut work = Work {
        origin: state,
        state: state.clone(),
        book,
        context,
        events: Vec::new(),
    };
    match run(&mut work, command) {
        Ok(()) => {
            work.catch_up();
            Ok(work.events)
        }
        Err(refusal) => {
            work.catch_up();
            Err(RefusedCommand {
                refusal,
                evidence: work.events,
            })
        }
    }
}

fn run(work: &mut Work<'_>, command: &Command) -> Result<(), Refusal> {
    // Before anything that was due meanwhile, because it may postpone that.
    work.note_away()?;
    if matches!(command, Command::System(System::Tick)) {
        return Ok(());
    }
    work.believe_the_clock()?;
    work.catch_up();
    match command {
        Command::Act(performed) => perform(work, performed),
        Command::System(system) => system::run(work, system),
    }
}

/// Performs an act, if it was not received before, the actor may, and it is signed
/// where it must be.
fn perform(work: &mut Work<'_>, performed: &Performed) -> Result<(), Refusal> {
    let Performed { actor, act, .. } = performed;
    // What is on the stream is answered as such, whatever its actor may do now.
    if work.state.acts.contains(&performed.signed.digest()) {
        return Err(RefusalCode::Replayed.into());
    }
    let by = permits(actor, act, &work.state, work.book)?;
    if act.must_be_signed() && performed.signed.signature.is_none() {
        return Err(RefusalCode::SignatureRequired.into());
    }
    let acting = &Acting { performed, by };
    let what = match act {
        Act::DraftProject(body) => return preparing::draft(work, acting, &body.draft, true),
        Act::EditDraft(body) => return preparing::draft(work, acting, &body.draft, false),
        Act::ImportDraft(body) => return preparing::import(work, acting, &body.draft),
        Act::CertifyKey(body) => return preparing::certify(work, acting, body),
        Act::InviteCustodian(body) => preparing::invite(work, body)?,
        Act::Publish(body) => return preparing::publish(work, acting, body),
        Act::Clarify(body) => preparing::clarify(work, body)?,
        Act::AmendTerms(body) => return preparing::amend(work, acting, body),
        Act::Postpone(body) => preparing::postpone(work, body)?,
        Act::Cancel(body) => preparing::cancel(work, body)?,

        Act::Submit(body) => return submitting::submit(work, acting, body),
        Act::Withdraw(body) => submitting::withdraw(work, acting, body)?,

        Act::SignIn(body) => room::sign_in(work, acting, body)?,
        Act::AllowSignIn(body) => return several::allow_sign_in(work, acting, body),
        Act::HandOver(body) => room::hand_over(work, body)?,
        Act::TakeOver(body) => room::take_over(work, body)?,

        Act::MarkDeposit(body) => return several::mark_deposit(work, acting, body),
        Act::ImportDeposits(body) => return opening::import_deposits(work, acting, body),
        Act::RefuseBid(body) => return several::refuse_bid(work, acting, body),
        Act::PublishList(body) => opening::publish_list(work, body)?,
        Act::StartWindow(body) => opening::start_window(work, body)?,
        Act::Extend(body) => opening::extend(body)?,
        Act::Suspend(body) => room::suspend(work, acting, body)?,
        Act::Resume(body) => room::resume(body)?,
        Act::Unlock(body) => return opening::unlock(work, acting, body),
        Act::AskRescue(body) => opening::ask_rescue(work, acting, body)?,
        Act::OrderRescue(body) => opening::order_rescue(body)?,
        Act::Rescue(body) => return opening::rescue(work, acting, body),
        Act::Release(body) => return opening::release(work, acting, body),
        Act::OrderQuorum(body) => opening::order_quorum(body)?,
        Act::ConfirmFinding(body) => return several::confirm_finding(work, acting, body),
        Act::OverruleFinding(body) => return several::overrule_finding(work, acting, body),
        Act::ConfirmFault(body) => opening::confirm_fault(work, acting, body)?,
        Act::OverruleFault(body) => opening::overrule_fault(work, acting, body)?,

        Act::Announce(body) => opening::announce(work, body)?,
        Act::LiftMask(body) => opening::lift_mask(body),
        Act::Confirm(body) => room::confirm(work, acting, body)?,
        Act::Dispute(body) => room::dispute(work, acting, body)?,
        Act::OpenObjections(body) => opening::open_objections(work, body)?,
        Act::Object(body) => room::object(work, acting, body)?,
        Act::Reply(body) => room::reply(body)?,
        Act::CloseObjections(body) => opening::close_objections(body),
        Act::SignRecord(body) => room::sign_record(body),
        Act::Countersign(body) => room::countersign(work, acting, body)?,
        Act::CorrectRecord(body) => room::correct_record(work, body)?,
        Act::Close(body) => opening::close(body),
        Act::Rate(body) => room::rate(work, acting, body)?,

        Act::RemarkLine(body) => noting::remark_line(body)?,
        Act::MarkAbsence(body) => return several::mark_absence(work, acting, body),
        Act::PrivateMessage(body) => noting::private_message(work, acting, body)?,
        Act::Mute(body) => noting::mute(body)?,
        Act::Unmute(body) => noting::unmute(body)?,
        Act::NoObjection(body) => noting::no_objection(work, acting, body)?,
        Act::RevealReference(body) => opening::reveal_reference(work, body)?,

        Act::Complain(body) => complaining::complain(work, acting, body)?,
        Act::TakeUpComplaint(body) => complaining::take_up(work, body)?,
        Act::DeclineComplaint(body) => complaining::decline(work, body)?,
        Act::AnswerComplaint(body) => complaining::answer(work, body)?,

        Act::Help(body) => room::help(work, acting, body)?,
        Act::AnswerHelp(body) => room::answer_help(body)?,
        Act::Message(body) => room::message(work, body)?,
        Act::Question(body) => room::question(work, acting, body)?,
        Act::Answer(body) => room::answer(body)?,
        Act::Remark(body) => room::remark(work, body)?,
        Act::Terminate(body) => room::terminate(work, body)?,

        // These belong to the platform's own stream.
        Act::Login(_)
        | Act::BindRole(_)
        | Act::RevokeRole(_)
        | Act::LinkAuthority(_)
        | Act::UnlinkAuthority(_)
        | Act::Register(_)
        | Act::SetClock(_)
        | Act::BridgeList(_)
        | Act::CallDesk(_)
        | Act::AnswerCall(_)
        | Act::AuthoriseAgent(_)
        | Act::RevokeAgent(_)
        | Act::EraseDetails(_)
        | Act::Export(_) => return Err(RefusalCode::NotPermitted.into()),
    };
    work.act(acting, what)
}

/// An act and the capacity in which it is performed.
#[derive(Clone, Copy)]
struct Acting<'a> {
    performed: &'a Performed,
    by: By,
}

impl Acting<'_> {
    fn facts(&self, what: What) -> Facts {
        Facts {
            by: self.by,
            act: Some(self.performed.signed.digest()),
            what,
        }
    }

    fn details(&self, extra: Option<Extra>) -> Details {
        Details {
            author: Some(self.performed.actor.author.clone()),
            signed: Some(self.performed.signed.clone()),
            extra,
        }
    }
}

/// The state as it becomes while a command is decided.
struct Work<'a> {
    origin: &'a State,
    state: State,
    book: &'a Book,
    context: &'a Context,
    events: Vec<Event>,
}

impl Work<'_> {
    /// Adds an event if it is lawful; the state is as before if it is not.
    fn push(&mut self, facts: Facts, details: Details) -> Result<(), Refusal> {
        let recorded = Recorded {
            seq: self.state.events + 1,
            time: self.context.now,
            facts,
            details: None,
        };
        match evolve(std::mem::take(&mut self.state), &recorded) {
            Ok(state) => {
                self.state = state;
                let facts = recorded.facts;
                self.events.push(Event { facts, details });
                Ok(())
            }
            Err(unlawful) => {
                self.state = self.again();
                Err(unlawful.code.into())
            }
        }
    }

    /// The state after the events so far, folded anew.
    fn again(&self) -> State {
        let mut state = self.origin.clone();
        for event in &self.events {
            let recorded = Recorded {
                seq: state.events + 1,
                time: self.context.now,
                facts: event.facts.clone(),
                details: None,
            };
            state = evolve(state, &recorded).expect("what was lawful once is so again");
        }
        state
    }

    fn act(&mut self, acting: &Acting<'_>, what: What) -> Result<(), Refusal> {
        self.push(acting.facts(what), acting.details(None))
    }

    fn act_with(&mut self, acting: &Acting<'_>, what: What, extra: Extra) -> Result<(), Refusal> {
        self.push(acting.facts(what), acting.details(Some(extra)))
    }

    fn platform(&mut self, what: What, extra: Option<Extra>) -> Result<(), Refusal> {
        let facts = Facts {
            by: By::Platform,
            act: None,
            what,
        };
        let details = Details {
            extra,
            ..Details::default()
        };
        self.push(facts, details)
    }

    /// Notes times in which nobody was served, or errors were all that some were
    /// answered, where they matter here; nothing while the clock is doubtful.
    fn note_away(&mut self) -> Result<(), Refusal> {
        if self.context.clock != Clock::Steady {
            return Ok(());
        }
        if let Some(away) = self.context.away {
            self.note_outage(Away {
                from: away.from.max(self.state.time),
                to: away.to.min(self.context.now),
                ..away
            })?;
        }
        let run = self.context.unserved;
        match run.and_then(|run| unserved(&self.state, run, self.context.now)) {
            Some(away) => self.note_outage(away),
            None => Ok(()),
        }
    }

    fn note_outage(&mut self, away: Away) -> Result<(), Refusal> {
        if !concerns(&self.state, &away) {
            return Ok(());
        }
        let t0 = moved_t0(&self.state, &away);
        let Away {
            from, to, cause, ..
        } = away;
        let what = What::OutageNoted {
            from,
            to,
            cause,
            t0,
        };
        self.platform(what, None)
    }

    /// Appends all that is due by now; nothing while the clock is doubtful.
    fn catch_up(&mut self) {
        if self.context.clock != Clock::Steady {
            return;
        }
        while let Some(what) = due(&self.state, self.context.now) {
            let facts = Facts {
                by: By::Time,
                act: None,
                what,
            };
            if self.push(facts, Details::default()).is_err() {
                return;
            }
        }
    }

    /// Refuses to judge what a doubtful clock could judge wrongly: it decides
    /// neither that T0 has passed nor that a bid is late, but says "try again".
    fn believe_the_clock(&self) -> Result<(), Refusal> {
        let Clock::Doubtful { by } = self.context.clock else {
            return Ok(());
        };
        let next = next_due(&self.state);
        if next.is_some_and(|due| due <= self.context.now.saturating_add(by.saturating_abs())) {
            return Err(RefusalCode::ClockUnsteady.into());
        }
        Ok(())
    }

    /// Whether an organisation has a bid in the project, alone, as a lead or as a
    /// member.
    fn bids(&self, organisation: &Organisation) -> bool {
        let takes_part = |known: &Known| {
            let mut members = known.members.iter();
            known.organisation == *organisation
                || members.any(|member| member.organisation == *organisation)
        };
        self.book.parties.iter().any(|(party, known)| {
            let lot = self.state.lots.get(&known.lot);
            takes_part(known) && lot.is_some_and(|lot| lot.has_standing(*party))
        })
    }

    fn lot(&self, id: &crate::ids::LotId) -> Result<&crate::state::Lot, Refusal> {
        self.state
            .lots
            .get(id)
            .ok_or_else(|| RefusalCode::NoSuchLot.into())
    }
}
