//! Decides what each audience learns from an event, as items for the feeds: the
//! one place where the platform's own events become news (`news`). Each part of
//! an opening has its file, as in `evolve`.

mod announcing;
mod before;
mod checking;
mod complaints;
mod noting;
mod releasing;
mod room;
mod telling;
mod unlocking;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::book::Book;
use crate::event::{Recorded, What};
use crate::evolve::homes;
use crate::ids::{Party, Seq};
use crate::news::News;
use crate::state::State;
use crate::viewer::Audience;

/// One piece of news for one audience.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Whom it is for.
    pub to: Audience,
    /// What it tells.
    pub news: News,
    /// The event's number, from T0 on.
    pub seq: Option<Seq>,
    /// What was written: a reason, a question.
    pub text: Option<String>,
    /// The bidder it is about, and what it is called before this audience; not
    /// where the audience is that bidder.
    pub bidder: Option<(Party, String)>,
}

impl Item {
    /// What it is about.
    pub const fn kind(&self) -> &'static str {
        self.news.kind()
    }

    /// What it tells, a JSON object.
    pub fn body(&self) -> Value {
        let mut body = self.news.body();
        if let Some(seq) = self.seq {
            body["seq"] = json!(seq);
        }
        if let Some(text) = &self.text {
            body["text"] = json!(text);
        }
        if let Some((party, name)) = &self.bidder {
            body["party"] = json!(party);
            body["name"] = json!(name);
        }
        body
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_struct("Item", 3)?;
        item.serialize_field("to", &self.to)?;
        item.serialize_field("kind", self.kind())?;
        item.serialize_field("body", &self.body())?;
        item.end()
    }
}

/// The items by which each audience learns of one event. `state` and `book` are
/// those after it.
///
/// Before T0 items carry no event number, because numbers would count the bids,
/// and they tell of a bid only to its own bidder. What T0 discloses comes as
/// new items of the event that records T0.
pub fn reveal(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
    let mut teller = Teller {
        state,
        book,
        event,
        items: Vec::new(),
    };
    teller.tell_all(&event.facts.what);
    teller.items
}

/// Makes the items of one event.
struct Teller<'a> {
    state: &'a State,
    book: &'a Book,
    event: &'a Recorded,
    items: Vec<Item>,
}

impl Teller<'_> {
    fn tell_all(&mut self, what: &What) {
        match what {
            homes::preparing_and_bidding!() => self.before(what),
            homes::checking!() => self.checking(what),
            homes::unlocking!() | homes::rescuing!() => self.unlocking(what),
            homes::releasing!() => self.releasing(what),
            homes::announcing!() | homes::recording!() => self.announcing(what),
            homes::attending!() | homes::talking!() => self.room(what),
            homes::complaining!() => self.complaining(what),
        }
    }
}
