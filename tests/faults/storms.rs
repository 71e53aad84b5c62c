//! Faults while bids come in, and openings with faults in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::proxy::Weather;
use crate::stand::Stand;
use crate::tender::{Tender, now};
use crate::watching::Watch;

/// How much is tried.
#[derive(Clone, Copy)]
pub struct Size {
    /// How often each fault is made while one project takes bids.
    pub rounds: u64,
    pub kills: u64,
    /// Requests that are dropped in the middle.
    pub dropped: u64,
    /// For how long they are in one round at most: on a slow machine few are made.
    pub dropping: Duration,
    /// How many bidders hand in side by side.
    pub at_once: usize,
    /// How long what is away or stalled stays so, at most.
    pub away: Duration,
    /// Bytes of a document, at most.
    pub document: u64,
    pub watchers: usize,
    /// From publication to T0 in an opening, in seconds.
    pub notice: i64,
    /// For how long before T0 bids are handed in there.
    pub last: Duration,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Killed,
    Dropped,
    GateMute,
    GateHalfOpen,
    GateStalled,
    RedisStopped,
    RedisFlushed,
    RedisPaused,
    PostgresCrashed,
    PostgresCut,
    CommitUnanswered,
    CutOff,
    BucketSlow,
    BucketFailing,
    BucketCut,
    BucketMute,
}

impl Fault {
    pub const OF_ONE: &[Self] = &[
        Self::Killed,
        Self::Dropped,
        Self::GateMute,
        Self::GateHalfOpen,
        Self::GateStalled,
    ];

    pub const BETWEEN_NODES: &[Self] = &[
        Self::Killed,
        Self::RedisStopped,
        Self::RedisFlushed,
        Self::RedisPaused,
        Self::PostgresCut,
        Self::CommitUnanswered,
        Self::PostgresCrashed,
        Self::CutOff,
        Self::BucketSlow,
        Self::BucketFailing,
        Self::BucketCut,
        Self::BucketMute,
        Self::Dropped,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Killed => "kill -9 of a node",
            Self::Dropped => "requests dropped in the middle",
            Self::GateMute => "answers lost",
            Self::GateHalfOpen => "connections half open",
            Self::GateStalled => "connections stalled",
            Self::RedisStopped => "Redis stopped and started",
            Self::RedisFlushed => "Redis flushed",
            Self::RedisPaused => "Redis paused",
            Self::PostgresCrashed => "PostgreSQL killed and started",
            Self::PostgresCut => "connections to PostgreSQL cut",
            Self::CommitUnanswered => "commits without an answer",
            Self::CutOff => "a node cut off from PostgreSQL",
            Self::BucketSlow => "bucket slow",
            Self::BucketFailing => "bucket answers 503",
            Self::BucketCut => "connections to the bucket cut",
            Self::BucketMute => "bucket does, and does not answer",
        }
    }

    fn needs_bucket(self) -> bool {
        matches!(
            self,
            Self::BucketSlow | Self::BucketFailing | Self::BucketCut | Self::BucketMute
        )
    }

    /// Makes it once; everything is well again after [`Stand::mend`].
    async fn make(self, stand: &mut Stand, size: &Size) {
        let away = u64::try_from(size.away.as_millis()).unwrap();
        let at = stand.any();
        match self {
            Self::Killed => {
                // Often in the first moments, when everybody comes back at once; at times
                // after as long as a start takes here, or nobody would get on.
                let lasted = u64::try_from(stand.nodes[at].start_took.as_millis()).unwrap();
                let longest = [80, 400, 1200.max(2 * lasted)];
                let longest = longest[stand.dice.roll(3) as usize];
                stand.dice.pause(1, longest).await;
                stand.nodes[at].kill();
                while stand.dice.one_in(6) {
                    let after = stand.dice.between(0, 400);
                    stand.nodes[at].start_and_kill(after).await;
                    stand.journal.made(self.name());
                }
                stand.nodes[at].start().await;
            }
            Self::Dropped => {
                stand.gate.weather(Weather::Dropping);
                // Connections that were made before would carry on.
                stand.gate.cut(100);
                let dropped = || stand.gate.counted.dropped.load(Ordering::Relaxed);
                let before = dropped();
                let enough = before + size.dropped.div_ceil(size.rounds);
                let begun = Instant::now();
                while dropped() < enough && begun.elapsed() < size.dropping {
                    stand.dice.pause(50, 100).await;
                }
                // Its round is counted by who asked for it.
                let many = (dropped() - before).saturating_sub(1);
                stand.journal.made_so_often(self.name(), many);
            }
            Self::GateMute | Self::GateHalfOpen | Self::GateStalled => {
                stand.gate.weather(match self {
                    Self::GateMute => Weather::Mute,
                    Self::GateHalfOpen => Weather::HalfOpen,
                    _ => Weather::Stalled,
                });
                stand.dice.pause(300, 1500).await;
            }
            Self::RedisStopped => {
                stand.shared().redis.end();
                stand.dice.pause(500, away).await;
                stand.shared().redis.begin();
                stand.dice.pause(200, 600).await;
            }
            Self::RedisFlushed => {
                stand.shared().redis.command(&["FLUSHALL"]).await;
                stand.dice.pause(200, 600).await;
            }
            Self::RedisPaused => {
                let text = away.to_string();
                stand
                    .shared()
                    .redis
                    .command(&["CLIENT", "PAUSE", &text])
                    .await;
                tokio::time::sleep(size.away).await;
            }
            Self::PostgresCrashed => {
                stand.dice.pause(100, 800).await;
                let away = stand.dice.between(100, 1500);
                stand.shared().postgres.crash(away).await;
            }
            Self::PostgresCut => {
                for _ in 0..6 {
                    stand.dice.pause(50, 400).await;
                    stand.shared().to_postgres[at].cut(50);
                }
                stand.shared().postgres.end_connections().await;
            }
            Self::CommitUnanswered => {
                stand.shared().to_postgres[at].weather(Weather::Mute);
                stand.dice.pause(100, 900).await;
            }
            Self::CutOff => {
                let half = stand.dice.one_in(2);
                let how = if half {
                    Weather::HalfOpen
                } else {
                    Weather::Away
                };
                stand.shared().to_postgres[at].weather(how);
                tokio::time::sleep(size.away).await;
            }
            Self::BucketSlow => {
                let slow = Weather::Slow(stand.dice.between(50, 800));
                stand.bucket(at).weather(slow);
                stand.dice.pause(1000, away.max(1500)).await;
            }
            Self::BucketFailing => {
                stand.bucket(at).weather(Weather::Failing(503));
                stand.bucket(at).cut(100);
                stand.dice.pause(500, away.max(1000)).await;
            }
            Self::BucketCut => {
                for _ in 0..8 {
                    stand.dice.pause(50, 300).await;
                    stand.bucket(at).cut(60);
                }
            }
            Self::BucketMute => {
                stand.bucket(at).weather(Weather::Mute);
                stand.dice.pause(500, 2000).await;
            }
        }
    }
}

/// Bidders hand in version after version and the host clarifies while one fault after the
/// other is made, and watchers watch.
pub async fn while_bids_come_in(stand: &mut Stand, faults: &[Fault], size: &Size) -> String {
    let (town, journal) = (stand.town.clone(), stand.journal.clone());
    let tender = Arc::new(Tender::publish(&town, &journal, 86_400).await);
    let host = town.host().session(&journal).await;
    let watch = Watch::start(&host.server, &tender.id, size.watchers, &journal);
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for first in 0..size.at_once {
        let bidders = town.bidders.iter().skip(first).step_by(size.at_once);
        let bidders: Vec<_> = bidders.cloned().collect();
        let (tender, stop) = (tender.clone(), stop.clone());
        let (dice, document) = (stand.dice.split(), size.document);
        tasks.push(tokio::spawn(async move {
            tender.bid_on(&bidders, document, dice, &stop).await;
        }));
    }
    let (clarifying, stopped) = (tender.clone(), stop.clone());
    tasks.push(tokio::spawn(async move {
        clarifying.clarify_on(&stopped).await
    }));
    for fault in faults {
        if fault.needs_bucket() && !stand.has_bucket() {
            continue;
        }
        let rounds = if *fault == Fault::Killed {
            size.kills
        } else {
            size.rounds
        };
        journal.during(fault.name());
        eprintln!("{fault:?}");
        for _ in 0..rounds {
            fault.make(stand, size).await;
            journal.made(fault.name());
            stand.mend().await;
            if *fault != Fault::Killed {
                stand.dice.pause(50, 400).await;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    watch.end().await;
    tender.id.clone()
}

/// An opening: bids in the last two seconds, a node that stands still across T0 where
/// there are several, and a fault while everybody unlocks.
pub async fn an_opening(stand: &mut Stand, fault: Fault, size: &Size) -> String {
    const LAST: &str = "bids in the last two seconds";
    const STILL: &str = "and one node stands still across T0";
    let (town, journal) = (stand.town.clone(), stand.journal.clone());
    let tender = Arc::new(Tender::publish(&town, &journal, size.notice).await);
    let host = town.host().session(&journal).await;
    let watch = Watch::start(&host.server, &tender.id, size.watchers, &journal);
    let bids = Arc::new(tender.seal_all(2_000));
    let left = || Duration::from_millis(u64::try_from(tender.t0 - now()).unwrap_or(0));
    let end = Instant::now() + left() + Duration::from_millis(100);
    let instants: Vec<_> = bids
        .iter()
        .map(|_| end - stand.dice.between(0, size.last.as_millis() as u64))
        .collect();
    let still = stand.nodes.len() > 1;
    journal.during(if still { STILL } else { LAST });
    journal.made(if still { STILL } else { LAST });
    let handing = {
        let (tender, bids) = (tender.clone(), bids.clone());
        tokio::spawn(async move { tender.hand_in_all(&bids, &instants).await })
    };
    if still {
        let at = stand.any();
        let wait = left().saturating_sub(stand.dice.between(500, 2500));
        tokio::time::sleep(wait).await;
        stand.nodes[at].signal("STOP");
        // The balancer finds out.
        tokio::time::sleep(Duration::from_secs(1)).await;
        stand.gate.take(stand.nodes[at].address);
        tokio::time::sleep(left() + stand.dice.between(500, 3000)).await;
        stand.nodes[at].signal("CONT");
        stand.dice.pause(0, 300).await;
        stand.gate.put(stand.nodes[at].address);
    }
    let received = handing.await.unwrap();
    let late = bids.len() - received.len();
    eprintln!("{} came in time, {late} late", received.len());
    if received.is_empty() {
        // Nobody came in time; there is nothing to open.
        watch.end().await;
        return tender.id.clone();
    }
    journal.during("nothing");
    tender.until("checking").await;
    tender.start_window().await;
    journal.during(fault.name());
    let unlocking = {
        let (tender, bids) = (tender.clone(), bids.clone());
        tokio::spawn(async move { tender.unlock_all(&bids, &received).await })
    };
    eprintln!("{fault:?} while everybody unlocks");
    let mut rounds = 0;
    // What can be made again and again in a moment goes on until all are through.
    let lasting = matches!(fault, Fault::Killed | Fault::Dropped);
    let each = Size {
        dropped: size.dropped.min(100),
        // When all are through, nothing is asked that could be dropped.
        dropping: size.dropping.min(Duration::from_secs(5)),
        ..*size
    };
    while rounds < size.rounds || lasting && !unlocking.is_finished() {
        fault.make(stand, &each).await;
        journal.made(fault.name());
        stand.mend().await;
        rounds += 1;
    }
    unlocking.await.unwrap();
    journal.during("nothing");
    tender.finish().await;
    watch.end().await;
    tender.id.clone()
}
