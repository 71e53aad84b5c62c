//! A stream of events: written, folded, seen and told.

use kaibiao_core::book::{Book, note};
use kaibiao_core::event::Recorded;
use kaibiao_core::evolve;
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::State;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};
use kaibiao_crypto::canonical;
use kaibiao_crypto::merkle::Frontier;
use kaibiao_crypto::shell::{Shell, details_digest, facts_digest};

use crate::feed::Feeds;
use crate::world::{World, bidder, supervisor};
use crate::{Path, Work, work};

pub const PATHS: &[Path] = &[
    Path {
        name: "write events into a tree",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: writing,
    },
    Path {
        name: "fold an opening",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: folding,
    },
    Path {
        name: "view of the supervisor, cold",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: seen_by_the_supervisor,
    },
    Path {
        name: "view of a bidder, cold",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: seen_by_a_bidder,
    },
    Path {
        name: "tell a room of an unlock",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: |bidders| telling(bidders, "unlocked"),
    },
    Path {
        name: "tell a room what is announced",
        sizes: &[10, 100],
        unit: "bidders",
        prepare: |bidders| telling(bidders, "announced"),
    },
];

/// An opening up to the announced table.
fn stream(bidders: usize) -> Vec<Recorded> {
    World::announced(bidders).stream
}

/// What is made of each event before it is stored: canonical bytes, salted digests, the
/// shell, its leaf; the root at the end.
fn writing(bidders: usize) -> Work {
    let stream = stream(bidders);
    work(move || {
        let mut frontier = Frontier::new();
        for event in &stream {
            let facts = canonical::to_bytes(&event.facts);
            let details = canonical::to_bytes(&event.details);
            let shell = Shell {
                seq: event.seq,
                time: event.time,
                facts: facts_digest(&[1; 32], &facts),
                details: details_digest(&[2; 32], &details),
            };
            frontier.append(shell.leaf());
        }
        frontier.root()
    })
}

/// The state before an event is still held while the one after it is made, as a room does
/// it: what they do not share is copied.
fn folding(bidders: usize) -> Work {
    let stream = stream(bidders);
    work(move || {
        let (mut state, mut book) = (State::default(), Book::default());
        for event in &stream {
            state = evolve(state.clone(), event).unwrap();
            book = note(book, event);
        }
        (state, book)
    })
}

fn seen_by_the_supervisor(bidders: usize) -> Work {
    let world = World::announced(bidders);
    let viewer = Viewer::at(Seat::Supervisor, None);
    work(move || {
        let view = view(
            &world.state,
            &world.book,
            &viewer,
            Some(&supervisor()),
            world.now,
        );
        serde_json::to_string(&view.unwrap()).unwrap()
    })
}

fn seen_by_a_bidder(bidders: usize) -> Work {
    let world = World::announced(bidders);
    let actor = bidder(1);
    let viewer = Viewer::at(Seat::Bidder, Some(actor.organisation().clone()));
    work(move || {
        let view = view(&world.state, &world.book, &viewer, Some(&actor), world.now);
        serde_json::to_string(&view.unwrap()).unwrap()
    })
}

/// The last event of a kind, in a room that has heard what was before: what each audience
/// is told is encoded, and what a few watchers are sent is taken.
fn telling(bidders: usize, kind: &str) -> Work {
    let mut stream = stream(bidders);
    let place = stream
        .iter()
        .rposition(|event| event.facts.what.kind() == kind)
        .unwrap();
    stream.truncate(place + 1);
    let event = stream.pop().unwrap();
    let (mut state, mut book) = (State::default(), Book::default());
    let mut feeds = Feeds::default();
    for event in &stream {
        state = evolve(state, event).unwrap();
        book = note(book, event);
        feeds.add(event.time, &reveal(&state, &book, event));
    }
    state = evolve(state, &event).unwrap();
    book = note(book, &event);
    let organisation = bidder(bidders).organisation().clone();
    let watchers = [
        Viewer::public(),
        Viewer::at(Seat::Bidder, Some(organisation)),
        Viewer::at(Seat::Supervisor, None),
    ];
    let heard = watchers.each_ref().map(|watcher| feeds.length(watcher));
    work(move || {
        feeds.add(event.time, &reveal(&state, &book, &event));
        let frames: Vec<_> = watchers
            .iter()
            .zip(heard)
            .flat_map(|(watcher, heard)| feeds.frames(watcher, heard, 100))
            .collect();
        assert!(!frames.is_empty());
        (state, book, feeds, frames)
    })
}
