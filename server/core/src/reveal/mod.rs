//! Decides what each audience learns from an event, as items for the feeds.

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

/// The items by which each audience learns of one event. `state` and `book` are
/// those after it.
///
/// Before T0 items carry no event number, because numbers would count the bids,
/// and they tell of a bid only to its own bidder. What T0 discloses comes as
/// new items of the event that records T0.
pub fn reveal(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
    news::of(state, book, event)
}
