//! Real processes, real faults: what was acknowledged is there, once, and who watches
//! misses nothing.
//!
//! `make test` has the short form of it, `make torture` the long one. Each prints its
//! seed; `SEED` repeats it.

#![allow(clippy::unwrap_used)]

mod counts;
mod dice;
mod journal;
mod node;
mod opening;
mod proxy;
mod services;
mod stand;
#[expect(dead_code, reason = "each test has a cluster of its own here")]
#[path = "../stands/postgres.rs"]
mod stands;
mod storms;
mod tender;
mod town;
mod watching;
#[path = "../stands/weed.rs"]
mod weed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::journal::Journal;
use crate::stand::Stand;
use crate::storms::{Fault, Size, an_opening, while_bids_come_in};

const SHORT: Size = Size {
    rounds: 1,
    kills: 5,
    dropped: 150,
    dropping: Duration::from_secs(20),
    at_once: 4,
    away: Duration::from_secs(4),
    document: 200_000,
    watchers: 3,
    notice: 8,
    last: Duration::from_secs(2),
};

/// Of the same with several nodes, where there are more faults.
const SHORTER: Size = Size {
    kills: 3,
    dropped: 50,
    dropping: Duration::from_secs(5),
    away: Duration::from_secs(2),
    ..SHORT
};

const LONG: Size = Size {
    rounds: 3,
    kills: 25,
    dropped: 1_000,
    dropping: Duration::from_mins(1),
    at_once: 4,
    away: Duration::from_secs(20),
    document: 4_000_000,
    watchers: 20,
    notice: 20,
    last: Duration::from_secs(2),
};

/// A number of the environment.
fn told(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|it| !it.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

fn seed() -> u64 {
    let seed =
        told("SEED").unwrap_or_else(|| u64::from(u32::from_le_bytes(kaibiao_os::random::bytes())));
    eprintln!("SEED={seed}");
    seed
}

async fn one_process(journal: &Arc<Journal>, dice: Dice, bidders: usize, size: &Size) {
    let mut stand = Stand::single(journal.clone(), dice, bidders).await;
    let projects = [
        while_bids_come_in(&mut stand, Fault::OF_ONE, size).await,
        an_opening(&mut stand, Fault::Killed, size).await,
    ];
    stand.count(&projects).await;
}

async fn nodes(journal: &Arc<Journal>, dice: Dice, bidders: usize, size: &Size) {
    let mut stand = Stand::nodes(journal.clone(), dice, bidders, 2).await;
    let projects = [
        while_bids_come_in(&mut stand, Fault::BETWEEN_NODES, size).await,
        an_opening(&mut stand, Fault::PostgresCut, size).await,
    ];
    stand.count(&projects).await;
}

fn told_and_clean(journal: &Journal) {
    eprintln!("{journal}");
    assert!(journal.is_clean(), "{journal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_loses_nothing() {
    let journal = Arc::new(Journal::new());
    one_process(&journal, Dice::new(seed()), 8, &SHORT).await;
    told_and_clean(&journal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_lose_nothing() {
    let journal = Arc::new(Journal::new());
    nodes(&journal, Dice::new(seed()), 8, &SHORTER).await;
    told_and_clean(&journal);
}

/// Goes on for `MINUTES`, with so many `BIDDERS`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make torture"]
async fn torture() {
    let journal = Arc::new(Journal::new());
    let dice = Dice::new(seed());
    let minutes = told("MINUTES").unwrap_or(30);
    let bidders = told("BIDDERS").map_or(60, |it| usize::try_from(it).unwrap());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(minutes) && journal.is_clean() {
        nodes(&journal, dice.split(), bidders, &LONG).await;
        one_process(&journal, dice.split(), bidders, &LONG).await;
        eprintln!("after {:?}\n{journal}", begun.elapsed());
    }
    told_and_clean(&journal);
}
