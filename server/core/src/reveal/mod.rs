//! What an event lets whom know: items for the feeds.

mod news;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::book::Book;
use crate::event::Recorded;
use crate::state::State;
use crate::viewer::Audience;

/// One piece of news for one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Whom it is for.
    pub to: Audience,
    /// What it is about; the kind of its event, or of what it discloses.
    pub kind: String,
    /// What it tells, a JSON object.
    pub body: Value,
}

/// What one event lets whom know. `state` and `book` are those after it.
///
/// Before T0 items carry no event number, which would count the bids, and
/// nothing of any bid but to its own bidder. What T0 discloses is new items of
/// the event that records T0.
pub fn reveal(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
    news::of(state, book, event)
}
