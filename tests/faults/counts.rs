//! One fault at a time until there were so many of it: `make torture ONLY=kills`, and so on.
//!
//! `WORLD=nodes` has several nodes over PostgreSQL, Redis and a bucket, else there is one
//! process over a data directory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::journal::Journal;
use crate::stand::Stand;
use crate::storms::{Fault, Size, an_opening, while_bids_come_in};
use crate::tender::Tender;
use crate::watching::Watch;
use crate::{LONG, seed, told, told_and_clean};

async fn world(journal: &Arc<Journal>, dice: Dice, bidders: usize) -> Stand {
    match std::env::var("WORLD").as_deref() {
        Ok("nodes") => Stand::nodes(journal.clone(), dice, bidders, 2).await,
        _ => Stand::single(journal.clone(), dice, bidders).await,
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    told(name).unwrap_or(otherwise)
}

fn minutes() -> Duration {
    Duration::from_mins(number("MINUTES", 60))
}

/// Makes a fault until it was made so often or time is up, while bids come in and while
/// everybody unlocks, in one project after the other.
async fn until_made(fault: Fault, wanted: u64, bidders: usize, size: impl Fn(u64) -> Size) {
    let journal = Arc::new(Journal::new());
    let dice = Dice::new(seed());
    let (mut all, mut broken) = (0, 0);
    let begun = Instant::now();
    let left = || wanted.saturating_sub(journal.times(fault.name()));
    while left() > 0 && begun.elapsed() < minutes() && journal.is_clean() {
        let mut stand = world(&journal, dice.split(), bidders).await;
        let size = size(left());
        let projects = [
            while_bids_come_in(&mut stand, &[fault], &size).await,
            an_opening(&mut stand, fault, &size).await,
        ];
        let counted = stand.gate.counted.clone();
        stand.count(&projects).await;
        all += counted.connections.load(Ordering::Relaxed);
        broken += counted.broken.load(Ordering::Relaxed);
        eprintln!("after {:?}, counted\n{journal}", begun.elapsed());
    }
    eprintln!("{broken} of {all} connections of clients were broken");
    told_and_clean(&journal);
}

/// `KILLS` of a node, at random moments.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make torture ONLY=kills"]
async fn kills() {
    until_made(Fault::Killed, number("KILLS", 500), 16, |left| Size {
        rounds: 1,
        kills: left.min(50),
        at_once: 8,
        document: 1_000_000,
        notice: 30,
        last: Duration::from_secs(15),
        ..LONG
    })
    .await;
}

/// `DROPS` of a client's connection in the middle of what it asks, or is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make torture ONLY=drops"]
async fn drops() {
    until_made(Fault::Dropped, number("DROPS", 10_000), 60, |left| Size {
        rounds: 1,
        dropped: left.min(5_000),
        dropping: Duration::from_mins(8),
        at_once: 30,
        document: 60_000,
        // All are in time, so that all unlock.
        notice: 50,
        last: Duration::from_secs(30),
        ..LONG
    })
    .await;
}

/// `BIDDERS` hand in within two seconds about T0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make torture ONLY=last_seconds"]
async fn last_seconds() {
    let journal = Arc::new(Journal::new());
    let bidders = usize::try_from(number("BIDDERS", 500)).unwrap();
    let mut stand = world(&journal, Dice::new(seed()), bidders).await;
    let size = Size {
        rounds: 1,
        watchers: 10,
        // Everybody seals and logs in meanwhile.
        notice: 20 + i64::try_from(bidders).unwrap() / 5,
        ..LONG
    };
    let project = an_opening(&mut stand, Fault::Killed, &size).await;
    stand.count(&[project]).await;
    told_and_clean(&journal);
}

/// `WATCHERS` of a room while each of three nodes is killed in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make torture ONLY=watchers"]
async fn watchers() {
    const NODES: usize = 3;
    let journal = Arc::new(Journal::new());
    let many = number("WATCHERS", 2_000);
    let mut stand = Stand::nodes(journal.clone(), Dice::new(seed()), 1, NODES).await;
    let town = stand.town.clone();
    let tender = Arc::new(Tender::publish(&town, &journal, 86_400).await);
    let host = town.host().session(&journal).await;
    let watch = Watch::start(
        &host.server,
        &tender.id,
        usize::try_from(many).unwrap(),
        &journal,
    );
    let returns = watch.returns.clone();
    let all_inside = async || {
        let begun = Instant::now();
        while returns.inside.load(Ordering::Relaxed) < many {
            assert!(
                begun.elapsed() < Duration::from_mins(3),
                "some never came in"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        begun.elapsed()
    };
    eprintln!("{many} are in after {:?}", all_inside().await);
    let _ = returns.take();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (clarifying, stopped) = (tender.clone(), stop.clone());
    let clarifying = tokio::spawn(async move { clarifying.clarify_on(&stopped).await });
    journal.during(Fault::Killed.name());
    for at in 0..NODES {
        stand.dice.pause(1000, 2000).await;
        stand.nodes[at].kill();
        journal.made(Fault::Killed.name());
        // Each learns of the cut in a moment of its own.
        tokio::time::sleep(Duration::from_millis(500)).await;
        all_inside().await;
        let away = returns.take();
        let of_hundred = |percent: usize| away[(away.len() - 1) * percent / 100];
        eprintln!(
            "node {at} is killed: {} of {many} were cut off, half of them back within {:?}, \
             99 of 100 within {:?}, all within {:?}",
            away.len(),
            of_hundred(50),
            of_hundred(99),
            of_hundred(100),
        );
        stand.mend().await;
    }
    stop.store(true, Ordering::Relaxed);
    clarifying.await.unwrap();
    watch.end().await;
    let project = tender.id.clone();
    stand.count(&[project]).await;
    told_and_clean(&journal);
}
