//! A project in the hands of tests: actors, a clock that is set by hand, and a
//! stream that is folded as the store does it.

mod acts;
mod cast;

pub use acts::*;
pub use cast::*;

use kaibiao_core::act::*;
use kaibiao_core::book::{Book, note};
use kaibiao_core::command::*;
use kaibiao_core::decide::RefusedCommand;
use kaibiao_core::due::{due, next_due};
use kaibiao_core::event::*;
use kaibiao_core::ids::*;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::register::Register;
use kaibiao_core::state::{Lot, Stage, State};
use kaibiao_core::terms::*;
use kaibiao_core::{decide, evolve};
use kaibiao_crypto::Digest;

/// Nine o'clock on some morning.
pub const T0: Millis = 1_800_000_000_000;
pub const SECOND: Millis = 1000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

pub struct World {
    pub now: Millis,
    pub clock: Clock,
    /// When nobody was served last.
    pub away: Option<Away>,
    /// Errors that were answered last.
    pub unserved: Option<Unserved>,
    /// Whom the platform knows.
    pub register: Register,
    pub state: State,
    pub book: Book,
    pub stream: Vec<Recorded>,
    /// The state after each event.
    pub count: u64,
}

impl World {
    pub fn new() -> Self {
        Self {
            now: T0 - 24 * HOUR,
            clock: Clock::Steady,
            away: None,
            unserved: None,
            register: seats(),
            state: State::default(),
            book: Book::default(),
            stream: Vec::new(),
            count: 0,
        }
    }

    /// A published project as `change` makes its draft.
    pub fn published_as(change: impl FnOnce(&mut Draft)) -> Self {
        let mut world = Self::new();
        let mut draft = draft();
        change(&mut draft);
        world.ok(&host(), |nonce| DraftProject { nonce, draft });
        for custodian in [host(), centre(), supervisor()] {
            world.certify(&custodian).unwrap();
        }
        world.publish(&host()).unwrap();
        world
    }

    pub fn published() -> Self {
        Self::published_as(|_| ())
    }

    /// T0 has passed; so many bidders have bid in lot 1.
    pub fn checking(bidders: usize) -> Self {
        let mut world = Self::published();
        world.close_with(bidders);
        world
    }

    pub fn close_with(&mut self, bidders: usize) {
        for number in 1..=bidders {
            self.submit(number, "1").unwrap();
        }
        self.now = T0;
        self.tick();
        assert!(self.state.deadline.is_some());
        self.sign_statement(None);
    }

    /// The window of lot 1 is running.
    pub fn unlocking(bidders: usize) -> Self {
        let mut world = Self::checking(bidders);
        world.start_window();
        world
    }

    pub fn start_window(&mut self) {
        self.ok(&host(), |nonce| PublishList {
            nonce,
            lot: lot("1"),
        });
        self.ok(&host(), |nonce| StartWindow {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
    }

    /// All bidders have unlocked; the accepted statement stands.
    pub fn releasing(bidders: usize) -> Self {
        let mut world = Self::unlocking(bidders);
        for number in 1..=bidders {
            world.unlock(number).unwrap();
        }
        world.sign_statement(Some("1"));
        world
    }

    pub fn opened(bidders: usize) -> Self {
        let mut world = Self::releasing(bidders);
        world.release(&host()).unwrap();
        world.release(&centre()).unwrap();
        world.open(|_| Outcome::Opened).unwrap();
        world
    }

    pub fn announced(bidders: usize) -> Self {
        let mut world = Self::opened(bidders);
        world.ok(&host(), |nonce| Announce {
            nonce,
            lots: vec![lot("1")],
        });
        world
    }

    pub fn signing(bidders: usize) -> Self {
        let mut world = Self::announced(bidders);
        world.ok(&host(), |nonce| OpenObjections {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
        world.ok(&host(), |nonce| CloseObjections {
            nonce,
            lots: vec![lot("1")],
        });
        world
    }

    // Commands.

    pub fn run(&mut self, command: &Command) -> Result<Vec<Event>, RefusedCommand> {
        self.count += 1;
        let context = self.context();
        let before = self.state.clone();
        let answer = decide(&self.state, &self.book, command, &context);
        assert_eq!(self.state, before);
        let events = match &answer {
            Ok(events) => events.clone(),
            Err(refused) => refused.evidence.clone(),
        };
        for event in events {
            self.append(event);
        }
        if self.clock == Clock::Steady {
            assert_eq!(due(&self.state, self.now), None, "nothing due is left");
        }
        answer
    }

    pub fn context(&self) -> Context {
        let fresh = digest(&format!("handle {}", self.count)).into_bytes();
        Context {
            project: project(),
            now: self.now,
            clock: self.clock,
            away: self.away,
            unserved: self.unserved,
            fresh: Party(fresh[..16].try_into().unwrap()),
            legal: LEGAL,
            trust: trust(),
            register: self.register.clone(),
        }
    }

    fn append(&mut self, event: Event) {
        let recorded = Recorded {
            seq: self.state.events + 1,
            time: self.now,
            facts: event.facts,
            details: Some(event.details),
        };
        self.state = evolve(self.state.clone(), &recorded).expect("what is decided is lawful");
        self.book = note(std::mem::take(&mut self.book), &recorded);
        self.stream.push(recorded);
    }

    pub fn nonce(&self) -> Nonce {
        let bytes = digest(&format!("nonce {}", self.count)).into_bytes();
        Nonce(bytes[..16].try_into().unwrap())
    }

    pub fn checked<A: Into<Act>>(
        &mut self,
        actor: &Actor,
        checked: Checked,
        act: impl FnOnce(Nonce) -> A,
    ) -> Result<Vec<Event>, RefusedCommand> {
        self.count += 1;
        let act = act(self.nonce()).into();
        let command = performed(actor, act, checked);
        self.run(&command)
    }

    pub fn act<A: Into<Act>>(
        &mut self,
        actor: &Actor,
        act: impl FnOnce(Nonce) -> A,
    ) -> Result<Vec<Event>, RefusedCommand> {
        self.checked(actor, Checked::Nothing, act)
    }

    #[track_caller]
    pub fn ok<A: Into<Act>>(&mut self, actor: &Actor, act: impl FnOnce(Nonce) -> A) {
        self.act(actor, act).unwrap();
    }

    #[track_caller]
    pub fn refused<A: Into<Act>>(
        &mut self,
        code: RefusalCode,
        actor: &Actor,
        act: impl FnOnce(Nonce) -> A,
    ) {
        let before = self.stream.len();
        let refused = self.act(actor, act).unwrap_err();
        assert_eq!(refused.refusal.code, code);
        assert_eq!(self.stream.len(), before + refused.evidence.len());
    }

    pub fn system(&mut self, system: System) -> Result<Vec<Event>, RefusedCommand> {
        self.run(&Command::System(system))
    }

    pub fn tick(&mut self) {
        self.system(System::Tick).unwrap();
    }

    /// The same, told in full.
    pub fn away_as(&mut self, away: Away) {
        self.now = self.now.max(away.to);
        self.away = Some(away);
    }

    /// Nobody is served for a while; what is decided next notes it.
    pub fn absent(&mut self, from: Millis, to: Millis, cause: Cause) {
        self.away_as(Away {
            from,
            to,
            cause,
            reach: to,
        });
    }

    /// Lets time pass up to the next thing it does.
    pub fn wait(&mut self) -> bool {
        match next_due(&self.state) {
            Some(next) => {
                self.now = next.max(self.now);
                self.tick();
                true
            }
            None => false,
        }
    }

    // Questions.

    pub fn lot1(&self) -> &Lot {
        &self.state.lots[&lot("1")]
    }

    pub fn stage(&self) -> Stage {
        self.lot1().stage
    }

    pub fn party(&self, number: usize, id: &str) -> Option<Party> {
        let organisation = bidder(number).author.organisation;
        self.book.handle(&lot(id), &organisation)
    }

    pub fn live(&self, number: usize, id: &str) -> Option<Digest> {
        let party = self.party(number, id)?;
        self.state.lots[&lot(id)].parties[&party].live
    }

    pub fn finding(&self, number: usize) -> Option<(Finding, Rule)> {
        let party = self.party(number, "1").unwrap();
        let finding = self.lot1().parties[&party].finding.as_ref()?;
        Some((finding.finding, finding.rule))
    }

    pub fn kinds(&self) -> Vec<&'static str> {
        let kinds = self.stream.iter().map(|event| event.facts.what.kind());
        kinds.collect()
    }

    pub fn last_kind(&self) -> &'static str {
        self.kinds().pop().unwrap_or_default()
    }

    pub fn last_seq(&self) -> Seq {
        self.state.events
    }
}
