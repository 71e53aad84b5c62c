//! Answers a command with events, or refuses it. What is due by time comes
//! first, and then every event is put to `evolve`, which knows the rules; this
//! module only translates acts into facts.

mod opening;
mod preparing;
mod room;
mod submitting;
mod system;

use crate::act::Act;
use crate::book::Book;
use crate::command::{Clock, Command, Context, Performed, System};
use crate::details::{Details, Extra};
use crate::due::{due, next_due};
use crate::event::{Event, Facts, Recorded, What};
use crate::evolve::evolve;
use crate::permissions::permits;
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::state::State;

/// The events a command makes.
///
/// # Errors
/// A refusal, whose evidence must be appended all the same.
pub fn decide(
    state: &State,
    book: &Book,
    command: &Command,
    context: &Context,
) -> Result<Vec<Event>, Refusal> {
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
            Err(Refusal {
                evidence: work.events,
                ..refusal
            })
        }
    }
}

fn run(work: &mut Work<'_>, command: &Command) -> Result<(), Refusal> {
    if let Command::System(system @ (System::Tick | System::Outage { .. })) = command {
        return system::outage(work, system);
    }
    work.believe_the_clock()?;
    work.catch_up();
    match command {
        Command::Act(performed) => perform(work, performed),
        Command::System(system) => system::run(work, system),
    }
}

/// An act by somebody: may they, is it signed, and what does it make.
fn perform(work: &mut Work<'_>, performed: &Performed) -> Result<(), Refusal> {
    let Performed { actor, act, .. } = performed;
    let by = permits(actor, act, &work.state, work.book)?;
    if act.must_be_signed() && performed.signed.signature.is_none() {
        return Err(RefusalCode::SignatureRequired.into());
    }
    if work.state.acts.contains(&performed.signed.digest()) {
        return Err(RefusalCode::Replayed.into());
    }
    let acting = Acting { performed, by };
    match act {
        Act::DraftProject(_)
        | Act::EditDraft(_)
        | Act::ImportDraft(_)
        | Act::CertifyKey(_)
        | Act::Publish(_)
        | Act::Clarify(_)
        | Act::AmendTerms(_)
        | Act::Postpone(_)
        | Act::Cancel(_) => preparing::perform(work, &acting),
        Act::Submit(body) => submitting::submit(work, &acting, body),
        Act::Withdraw(body) => submitting::withdraw(work, &acting, body),
        Act::MarkDeposit(_)
        | Act::ImportDeposits(_)
        | Act::RefuseBid(_)
        | Act::PublishList(_)
        | Act::StartWindow(_)
        | Act::Extend(_)
        | Act::Unlock(_)
        | Act::AskRescue(_)
        | Act::OrderRescue(_)
        | Act::Rescue(_)
        | Act::Release(_)
        | Act::OrderQuorum(_)
        | Act::ConfirmFinding(_)
        | Act::OverruleFinding(_)
        | Act::Announce(_)
        | Act::LiftMask(_)
        | Act::OpenObjections(_)
        | Act::CloseObjections(_)
        | Act::Close(_) => opening::perform(work, &acting),
        _ => room::perform(work, &acting),
    }
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

    /// Appends all that time does by now. A doubtful clock does nothing.
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

    /// A doubtful clock judges nothing that it could judge wrongly: neither T0
    /// nor a late refusal, but "try again".
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

    fn lot(&self, id: &crate::ids::LotId) -> Result<&crate::state::Lot, Refusal> {
        self.state
            .lots
            .get(id)
            .ok_or_else(|| RefusalCode::NoSuchLot.into())
    }
}
