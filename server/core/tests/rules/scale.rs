//! How the work grows with the number of bidders, counted and not timed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kaibiao_core::book::{Book, note};
use kaibiao_core::event::Outcome;
use kaibiao_core::record::{Head, record};
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::{Stage, State};
use kaibiao_core::terms::ReadingOrder;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};
use kaibiao_core::{act, evolve};
use kaibiao_crypto::Digest;

use crate::world::*;

#[cfg(debug_assertions)]
use kaibiao_core::shared::steps;

/// Steps are not counted where nothing is slowed down by it.
#[cfg(not(debug_assertions))]
fn steps() -> u64 {
    0
}

/// The steps of one part of an opening's work, and how long it took.
type Measured = (&'static str, u64, Duration);

/// Counts and times one part.
fn part(measured: &mut Vec<Measured>, name: &'static str, work: impl FnOnce()) {
    let (before, began) = (steps(), Instant::now());
    work();
    measured.push((name, steps() - before, began.elapsed()));
}

/// An opening in which a fifth does not unlock, half of these after asking for
/// help, a tenth does not open, and one custodian withholds shares or sends wrong ones.
fn opening(bidders: usize) -> (World, Vec<Measured>) {
    let mut measured = Vec::new();
    let mut world = World::published_as(|draft| {
        for lot in draft.lots.values_mut() {
            lot.policy.reading = ReadingOrder::Digest;
        }
    });
    part(&mut measured, "submitting", || world.close_with(bidders));
    let numbers: BTreeMap<_, _> = (1..=bidders)
        .map(|number| (world.live(number, "1").unwrap(), number))
        .collect();
    part(&mut measured, "unlocking", || {
        world.start_window();
        for number in 1..=bidders {
            if number % 5 > 0 {
                world.unlock(number).unwrap();
            } else if number % 2 > 0 {
                world.ok(&bidder(number), |nonce| act::Help {
                    nonce,
                    lot: lot("1"),
                    text: "解密失败".into(),
                    diagnosis: String::new(),
                });
            }
        }
    });
    part(&mut measured, "findings", || {
        while world.stage() == Stage::Unlocking {
            world.wait();
        }
    });
    part(&mut measured, "releasing and opening", || {
        world.sign_statement(Some("1"));
        // One custodian is at fault about half of the bids.
        let said = |index| match index % 4 {
            0 => Word::Share(false),
            1 => complaint(),
            _ => Word::Share(true),
        };
        world.answer(&host(), said).unwrap();
        world.release(&centre()).unwrap();
        world.release(&supervisor()).unwrap();
        let outcome = |index| match index % 10 {
            0 => Outcome::Unreadable,
            _ => Outcome::Opened,
        };
        world.open(outcome).unwrap();
    });
    part(&mut measured, "announcing and confirming", || {
        world.wait();
        assert_eq!(world.stage(), Stage::Announced);
        let order = world.lot1().order.clone();
        for party in order.iter() {
            let bid = world.lot1().parties[party].live.unwrap();
            world.ok(&bidder(numbers[&bid]), |nonce| act::Confirm {
                nonce,
                lot: lot("1"),
                bid,
            });
        }
    });
    (world, measured)
}

/// What reading it takes: a room folded from its first event, a view, a record.
fn reading(world: &World) -> Vec<Measured> {
    let mut measured = Vec::new();
    let (mut state, mut book) = (State::default(), Book::default());
    part(&mut measured, "a cold room", || {
        for event in &world.stream {
            state = evolve(std::mem::take(&mut state), event).unwrap();
            book = note(std::mem::take(&mut book), event);
            reveal(&state, &book, event);
        }
    });
    for (seat, actor) in [
        (Seat::Public, None),
        (Seat::Bidder, Some(bidder(1))),
        (Seat::Supervisor, Some(supervisor())),
    ] {
        let viewer = Viewer {
            seat,
            organisation: actor.as_ref().map(|it| it.organisation().clone()),
            custodian: false,
            invited: false,
            machine: false,
        };
        part(&mut measured, "a view", || {
            assert!(view(&state, &book, &viewer, actor.as_ref(), world.now).is_some());
        });
    }
    let head = Head {
        size: world.last_seq(),
        root: Digest::of(b"root"),
    };
    part(&mut measured, "a record", || {
        let record = record(project(), &lot("1"), &state, &book, head).unwrap();
        assert!(!record.rows.is_empty() && !record.unopened.is_empty());
    });
    measured
}

fn all(bidders: usize) -> Vec<Measured> {
    let (world, mut measured) = opening(bidders);
    measured.extend(reading(&world));
    measured
}

#[test]
fn four_times_the_bidders_are_little_more_than_four_times_the_work() {
    for ((name, few, _), (_, many, _)) in all(100).into_iter().zip(all(400)) {
        assert!(many < 8 * few + 1000, "{name}: {few} steps, then {many}");
    }
}

/// `cargo test --release -p kaibiao-core --test rules prints -- --ignored --nocapture`
#[test]
#[ignore = "asserts nothing: prints how long each part takes"]
fn prints_what_an_opening_costs() {
    for bidders in [100, 452, 1_000] {
        println!("{bidders} bidders");
        for (name, steps, took) in all(bidders) {
            println!("  {name:26} {steps:>10} steps {took:>12.1?}");
        }
    }
}
