//! A bundle with what its texts say, read once for all checks. Nothing here is
//! believed: what cannot be read is absent, and the check that asks for it says so.

use std::collections::BTreeMap;

use kaibiao_core::book::{Book, note};
use kaibiao_core::details::Details;
use kaibiao_core::event::{Facts, Recorded};
use kaibiao_core::evolve;
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::state::State;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::certificate::Lists;
use kaibiao_crypto::merkle::{self, Tree};
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::{Digest, canonical};

use crate::form::{Bundle, Edition, Line};
use crate::policy::Policy;

/// An event as far as a line tells it.
#[derive(Debug)]
pub(crate) struct Told {
    /// Whether its details are there, or were erased: nothing else rests on those.
    pub(crate) is_whole: bool,
    pub(crate) shell: Option<Shell>,
    /// Canonical, and what the shell commits to.
    pub(crate) facts: Option<Facts>,
    pub(crate) details: Option<Details>,
    /// Facts are there, and of no kind that the rules know.
    unknown: bool,
}

/// What all checks ask.
pub(crate) struct Reading<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) policy: &'a Policy,
    /// The project's id as text.
    pub(crate) project: String,
    pub(crate) events: Vec<Told>,
    /// Over the lines' shells as they stand.
    pub(crate) tree: Tree,
    /// The sealing terms that can be read, by the digests in their files' names.
    pub(crate) terms: BTreeMap<Digest, SealingTerms>,
    pub(crate) lists: Lists,
    /// How far the facts fold.
    pub(crate) end: Walk,
    /// Why no further.
    pub(crate) broken: Option<Seq>,
}

/// State and book after so many events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walk {
    pub(crate) state: State,
    pub(crate) book: Book,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(bundle: &'a Bundle, policy: &'a Policy) -> Self {
        let leaves = bundle.lines.iter();
        let leaves = leaves.map(|line| merkle::leaf_hash(line.shell.as_bytes()));
        let terms = bundle.terms.iter().filter_map(|(digest, bytes)| {
            let terms: SealingTerms = canonical::from_bytes(bytes).ok()?;
            Some((*digest, terms))
        });
        let mut lists = Lists::default();
        for list in bundle.crls.values() {
            lists.add(list);
        }
        let mut reading = Self {
            bundle,
            policy,
            project: bundle.head.project.to_string(),
            events: bundle.lines.iter().map(Told::of).collect(),
            tree: Tree::from_leaves(leaves),
            terms: terms.collect(),
            lists,
            end: Walk::default(),
            broken: None,
        };
        let mut walk = Walk::default();
        reading.broken = (1..)
            .zip(&reading.events)
            .find_map(|(seq, event)| (!walk.step(event)).then_some(seq));
        reading.end = walk;
        reading
    }

    pub(crate) fn is_public(&self) -> bool {
        self.bundle.head.edition == Edition::Public
    }

    /// Events whose facts are told, with their numbers and instants.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Seq, Millis, &Facts)> {
        let events = (1..).zip(&self.events);
        events.filter_map(|(seq, event)| {
            let shell = event.shell?;
            Some((seq, shell.time, event.facts.as_ref()?))
        })
    }

    /// The numbers of the events whose details were erased, in order.
    pub(crate) fn erased(&self) -> impl Iterator<Item = Seq> {
        let lines = (1..).zip(&self.bundle.lines);
        lines.filter_map(|(seq, line)| line.erased.map(|_| seq))
    }

    /// The event of a number.
    pub(crate) fn event(&self, seq: Seq) -> Option<&Told> {
        let at = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.events.get(at)
    }

    /// The instant of an event.
    pub(crate) fn time(&self, seq: Seq) -> Option<Millis> {
        Some(self.event(seq)?.shell?.time)
    }

    /// The instant of the last event.
    pub(crate) fn last_time(&self) -> Millis {
        let last = self.events.last().and_then(|event| event.shell);
        last.map_or(0, |shell| shell.time)
    }

    /// Whether the sealing terms know of a public log.
    pub(crate) fn has_log(&self) -> bool {
        self.terms.values().any(|it| it.trust.log_key.is_some())
    }

    /// The root over the first so many events.
    pub(crate) fn root(&self, size: u64) -> Option<Digest> {
        let fits = size <= self.tree.size();
        fits.then(|| merkle::cut::root(&self.tree, size)).flatten()
    }
}

impl Told {
    pub(crate) fn of(line: &Line) -> Self {
        let shell = Shell::from_bytes(line.shell.as_bytes()).ok();
        let facts = line.facts.as_ref().zip(line.facts_salt);
        let facts = facts.zip(shell).and_then(|((text, salt), shell)| {
            let holds = shell.holds_facts(&salt.0, text.as_bytes());
            holds.then(|| canonical::from_bytes(text.as_bytes()).ok())?
        });
        let details = line.details.as_ref().zip(line.details_salt);
        let details = details.zip(shell).and_then(|((text, salt), shell)| {
            let holds = shell.holds_details(&salt.0, text.as_bytes());
            holds.then(|| canonical::from_bytes(text.as_bytes()).ok())?
        });
        Self {
            is_whole: facts.is_some() && (details.is_some() || line.erased.is_some()),
            shell,
            unknown: line.facts.is_some() && facts.is_none(),
            facts,
            details,
        }
    }

    /// The event as the rules know it, where its facts are told.
    pub(crate) fn recorded(&self) -> Option<Recorded> {
        let shell = self.shell?;
        Some(Recorded {
            seq: shell.seq,
            time: shell.time,
            facts: self.facts.clone()?,
            details: self.details.clone(),
        })
    }
}

impl Walk {
    /// Goes on by one event; false where it is not lawful. An event whose facts are
    /// withheld is passed over: no lot depends on complaints.
    pub(crate) fn step(&mut self, event: &Told) -> bool {
        let Some(recorded) = event.recorded() else {
            let Some(shell) = event.shell.filter(|_| !event.unknown) else {
                return false;
            };
            if shell.seq != self.state.events + 1 || shell.time < self.state.time {
                return false;
            }
            self.state.events = shell.seq;
            self.state.time = shell.time;
            return true;
        };
        match evolve(std::mem::take(&mut self.state), &recorded) {
            Ok(state) => {
                self.state = state;
                self.book = note(std::mem::take(&mut self.book), &recorded);
                true
            }
            Err(_) => false,
        }
    }
}
