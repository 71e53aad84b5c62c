//! What a stream of events is to those who store and replay it.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::{Millis, Seq};
use crate::refusal::RefusalCode;

/// An event before it has its place: what `decide` returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event<F, D> {
    /// What happened, without any name.
    pub facts: F,
    /// Names, texts and signatures.
    pub details: D,
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded<F, D> {
    /// From 1, without gaps.
    pub seq: Seq,
    /// Never less than the event before it.
    pub time: Millis,
    /// What happened, without any name.
    pub facts: F,
    /// Absent where they are withheld: state does not depend on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<D>,
}

/// Facts that could not lawfully happen in the state they met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} is not lawful here: {code:?} ({why})")]
pub struct Unlawful {
    /// The number of the event.
    pub seq: Seq,
    /// Why, as the actor would have been told.
    pub code: RefusalCode,
    /// The same in words, for logs.
    pub why: String,
}

/// A place on a list. Streams at the same instant follow each other as they began.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the list.
    pub list: String,
    /// Where on it, UTC ms; 0 throughout where streams stand as they began.
    pub at: Millis,
}

/// A kind of stream: the project's, or the platform's.
pub trait Stream: Send + Sync + 'static {
    /// "project" or "platform".
    const KIND: &'static str;
    /// Folded from facts alone; public from T0 on.
    type State: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Folded from details; confidential.
    type Book: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// An event's facts.
    type Facts: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// An event's details.
    type Details: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// The row by which a stream is listed and its timers are found.
    type Summary: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The state after one more event.
    ///
    /// # Errors
    /// Why the event is unlawful in that state.
    fn evolve(
        state: Self::State,
        event: &Recorded<Self::Facts, Self::Details>,
    ) -> Result<Self::State, Unlawful>;

    /// The book after one more event; without details nothing is learnt.
    fn note(book: Self::Book, event: &Recorded<Self::Facts, Self::Details>) -> Self::Book;

    /// When time acts next, if nobody does.
    fn next_due(state: &Self::State) -> Option<Millis>;

    /// The row of a stream, from its state and its book.
    fn summary(state: &Self::State, book: &Self::Book) -> Self::Summary;

    /// The lists on which a stream of this row stands. Whoever reads what is stored learns
    /// which streams stand on a list together, but not what the list is.
    fn lists(_summary: &Self::Summary) -> Vec<Place> {
        Vec::new()
    }

    /// On whose shelf an event puts the stream: whoever reads what is stored learns nothing
    /// of it. `book` knows of the event already.
    fn owner(_book: &Self::Book, _event: &Recorded<Self::Facts, Self::Details>) -> Option<String> {
        None
    }

    /// On whose shelves the stream is by now, each owner once.
    fn owners(_state: &Self::State, _book: &Self::Book) -> BTreeSet<String> {
        BTreeSet::new()
    }
}
