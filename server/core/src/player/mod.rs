//! The supervisor's player: a stream of the past shown as the room was at any
//! instant, to anybody who was in it (docs/spec/replay.md).
//!
//! What is shown is made by the functions by which the live room makes it: [`view`]
//! of the state and the book after the last event by then, and [`reveal`] of each
//! event. Only what a viewer may do is left out: nobody acts in the past.

mod onlooker;
mod proof;
mod reel;
mod shapes;
mod sources;

pub use onlooker::{NotAnOnlooker, Onlooker, onlookers};
pub use proof::EventProof;
pub use reel::Reel;
pub use shapes::{HeardItem, OnlookerView, Scene, Step};

use std::collections::BTreeMap;

use crate::book::{self, Book};
use crate::event::Recorded;
use crate::evolve;
use crate::ids::{Millis, Seq};
use crate::reveal::reveal;
use crate::state::State;
use crate::stream::Unlawful;
use crate::view::view;

/// A project after one of its events.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Folded from the facts of all events up to it.
    pub state: State,
    /// Folded from their details.
    pub book: Book,
}

impl Frame {
    /// After which event; 0 before the first.
    pub const fn seq(&self) -> Seq {
        self.state.events
    }

    /// After one more event.
    ///
    /// # Errors
    /// Where the event does not follow lawfully.
    pub fn after(self, event: &Recorded) -> Result<Self, Unlawful> {
        Ok(Self {
            state: evolve(self.state, event)?,
            book: book::note(self.book, event),
        })
    }

    /// The room as somebody saw it at the instant `now`, which is not before this
    /// event and not after the next one.
    pub fn seen(&self, onlooker: &Onlooker, now: Millis) -> Scene {
        let viewer = onlooker.viewer(&self.book);
        let view = view(&self.state, &self.book, &viewer, None, now);
        let sources = view.as_ref().map_or_else(BTreeMap::new, |view| {
            sources::of(&self.state, &self.book, view)
        });
        Scene {
            seq: self.seq(),
            time: self.state.time,
            now,
            onlooker: onlooker.to_string(),
            view,
            sources,
        }
    }

    /// What somebody was told of the event that led to this frame, in order.
    pub fn heard(&self, onlooker: &Onlooker, event: &Recorded) -> Vec<HeardItem> {
        let viewer = onlooker.viewer(&self.book);
        let items = reveal(&self.state, &self.book, event).into_iter();
        let heard = items.filter(|item| viewer.hears(&item.to));
        let told = heard.map(|item| HeardItem {
            seq: event.seq,
            time: event.time,
            kind: item.kind().to_owned(),
            body: item.body(),
        });
        told.collect()
    }

    /// The event that led to this frame as a step of the cursor; `before` is the
    /// frame that it met.
    pub fn step(&self, before: &Self, event: &Recorded) -> Step {
        let entry = self.book.entry(event.seq);
        let author = entry.and_then(|entry| entry.author.as_ref());
        let what = &event.facts.what;
        let former = |lot| before.state.lots.get(lot).map(|it| it.stage);
        let moved = self.state.lots.iter();
        let moved = moved.filter(|(id, lot)| former(*id) != Some(lot.stage));
        Step {
            seq: event.seq,
            time: event.time,
            kind: what.kind().to_owned(),
            by: event.facts.by,
            organisation: author.map(|it| it.organisation.clone()),
            who: author.map(|it| format!("{} {}", it.name, it.person)),
            lots: what
                .lot()
                .map_or_else(|| what.lots(), |lot| Vec::from([lot])),
            party: what.party(),
            name: what.party().map(|party| self.book.name(&party)),
            stages: moved.map(|(id, lot)| (id.clone(), lot.stage)).collect(),
        }
    }
}
