//! A kind of stream small enough to see through: numbers are added, none twice.

use std::collections::BTreeSet;

use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::stream::{Event, Recorded, Stream, Unlawful};
use kaibiao_store::{Commit, EventOf, StreamId};
use serde::{Deserialize, Serialize};

pub struct Ledger;

/// A name that the rules panic over while folding.
pub const PANICS: &str = "a name that panics";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub entries: BTreeSet<u64>,
    pub order: Vec<u64>,
    pub due: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub entry: u64,
    pub due: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub name: String,
}

impl Stream for Ledger {
    const KIND: &'static str = "ledger";
    type State = State;
    /// Names in order.
    type Book = Vec<String>;
    type Facts = Facts;
    type Details = Details;
    type Summary = (usize, Option<String>);

    fn evolve(mut state: State, event: &Recorded<Facts, Details>) -> Result<State, Unlawful> {
        if !state.entries.insert(event.facts.entry) {
            return Err(Unlawful {
                seq: event.seq,
                code: RefusalCode::ALL[0],
                why: "entered before".into(),
            });
        }
        state.order.push(event.facts.entry);
        state.due = event.facts.due;
        Ok(state)
    }

    fn note(mut book: Vec<String>, event: &Recorded<Facts, Details>) -> Vec<String> {
        let panics = |details: &Details| details.name == PANICS;
        assert!(!event.details.as_ref().is_some_and(panics), "on purpose");
        book.extend(event.details.as_ref().map(|details| details.name.clone()));
        book
    }

    fn next_due(state: &State) -> Option<i64> {
        state.due
    }

    fn summary(state: &State, book: &Vec<String>) -> Self::Summary {
        (state.entries.len(), book.last().cloned())
    }
}

/// The same events under another kind's name.
pub struct Other;

impl Stream for Other {
    const KIND: &'static str = "other";
    type State = State;
    type Book = Vec<String>;
    type Facts = Facts;
    type Details = Details;
    type Summary = (usize, Option<String>);

    fn evolve(state: State, event: &Recorded<Facts, Details>) -> Result<State, Unlawful> {
        Ledger::evolve(state, event)
    }

    fn note(book: Vec<String>, event: &Recorded<Facts, Details>) -> Vec<String> {
        Ledger::note(book, event)
    }

    fn next_due(state: &State) -> Option<i64> {
        state.due
    }

    fn summary(state: &State, book: &Vec<String>) -> Self::Summary {
        Ledger::summary(state, book)
    }
}

/// The same, where each event puts the stream on the shelf of whom it names.
pub struct Shelved;

impl Stream for Shelved {
    const KIND: &'static str = "shelved";
    type State = State;
    type Book = Vec<String>;
    type Facts = Facts;
    type Details = Details;
    type Summary = (usize, Option<String>);

    fn evolve(state: State, event: &Recorded<Facts, Details>) -> Result<State, Unlawful> {
        Ledger::evolve(state, event)
    }

    fn note(book: Vec<String>, event: &Recorded<Facts, Details>) -> Vec<String> {
        Ledger::note(book, event)
    }

    fn next_due(state: &State) -> Option<i64> {
        state.due
    }

    fn summary(state: &State, book: &Vec<String>) -> Self::Summary {
        Ledger::summary(state, book)
    }

    fn owner(_: &Vec<String>, event: &Recorded<Facts, Details>) -> Option<String> {
        event.details.as_ref().map(|details| details.name.clone())
    }
}

pub fn entry(entry: u64, name: &str) -> EventOf<Ledger> {
    Event {
        facts: Facts { entry, due: None },
        details: Details { name: name.into() },
    }
}

pub fn due_entry(entry: u64, due: Option<i64>) -> EventOf<Ledger> {
    Event {
        facts: Facts { entry, due },
        details: Details { name: "due".into() },
    }
}

pub fn commit(events: Vec<EventOf<Ledger>>) -> Commit<Ledger> {
    Commit::new(events, ())
}

pub fn stream(name: &str) -> StreamId {
    StreamId::new(name).unwrap()
}
