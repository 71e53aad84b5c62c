//! What an event lets whom know: items for the feeds.

mod news;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::book::Book;
use crate::event::Recorded;
use crate::ids::Organisation;
use crate::state::State;

/// Whom an item is for. Each audience sees what those before it see, but `Own`
/// is one organisation's only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "to", content = "organisation", rename_all = "snake_case")]
pub enum Audience {
    Public,
    /// Every registered bidder.
    Bidders,
    /// One bidder's own bids, attempts and receipts.
    Own(Organisation),
    /// Host and centre.
    Host,
    Supervisor,
}

/// One piece of news for one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub to: Audience,
    /// What it is about; the kind of its event, or of what it discloses.
    pub kind: String,
    pub body: Value,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub seat: Seat,
    pub organisation: Option<Organisation>,
}

/// In what capacity somebody looks at one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    Public,
    Bidder,
    Host,
    Centre,
    Supervisor,
}

impl Viewer {
    /// Somebody without a login.
    pub const fn public() -> Self {
        Self {
            seat: Seat::Public,
            organisation: None,
        }
    }

    /// Whether an item is for this viewer.
    pub fn hears(&self, to: &Audience) -> bool {
        match to {
            Audience::Public => true,
            Audience::Bidders => self.seat >= Seat::Bidder,
            Audience::Own(organisation) => {
                self.seat == Seat::Bidder && self.organisation.as_ref() == Some(organisation)
            }
            Audience::Host => self.seat >= Seat::Host,
            Audience::Supervisor => self.seat == Seat::Supervisor,
        }
    }
}

/// What one event lets whom know. `state` and `book` are those after it.
///
/// Before T0 items carry no event number, which would count the bids, and
/// nothing of any bid but to its own bidder. What T0 discloses is new items of
/// the event that records T0.
pub fn reveal(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
    news::of(state, book, event)
}
