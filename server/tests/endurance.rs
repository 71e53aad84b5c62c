//! The server is killed at random points while bids come in. What was
//! acknowledged is there, and clients get on by themselves.

mod town;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kaibiao_core::Project;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_store::{Options, RootSecret, Store, StreamId};
use serde_json::Value;
use town::{Person, Town, path};

/// How often the server is killed at most, and for how long the bidders try.
const KILLS: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(150);
const SIZE: usize = 6_000_000;

#[test]
fn killing_the_server_at_random_points_loses_no_acknowledged_bid() {
    let town = Town::found("endurance", 4);
    let project = town.publish(3600);
    let bids: Vec<_> = town
        .bidders
        .iter()
        .map(|bidder| {
            (0..3)
                .map(|version| {
                    town.seal(
                        bidder,
                        &project,
                        &format!("v{version}"),
                        500_000_000 + version,
                        SIZE,
                    )
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let done = AtomicBool::new(false);
    let kills = AtomicU32::new(0);
    let began = Instant::now();
    let receipts: Vec<Vec<Value>> = std::thread::scope(|scope| {
        let bidders: Vec<_> = town
            .bidders
            .iter()
            .zip(&bids)
            .map(|(bidder, versions)| {
                let town = &town;
                scope.spawn(move || {
                    let hand_in = |bid: &PathBuf| hand_in(town, bidder, bid, began);
                    versions.iter().map(hand_in).collect::<Vec<_>>()
                })
            })
            .collect();
        let (town, done, kills) = (&town, &done, &kills);
        scope.spawn(move || {
            let mut dice = Dice(0x5eed);
            while !done.load(Ordering::Relaxed) && kills.load(Ordering::Relaxed) < KILLS {
                std::thread::sleep(Duration::from_millis(50 + dice.roll(900)));
                if done.load(Ordering::Relaxed) {
                    break;
                }
                town.kill();
                kills.fetch_add(1, Ordering::Relaxed);
                town.start();
            }
        });
        let receipts = bidders
            .into_iter()
            .map(|bidder| bidder.join().expect("a bidder got through"))
            .collect();
        done.store(true, Ordering::Relaxed);
        receipts
    });
    let kills = kills.load(Ordering::Relaxed);
    assert!(kills >= 3, "only {kills} kills: the bids were too quick");
    eprintln!("{kills} kills in {:.0} s", began.elapsed().as_secs_f64());

    // A last time, so that the disk is read as a crash leaves it.
    town.kill();
    let (chains, leaves) = stored(&town, &project);
    assert_eq!(chains.len(), receipts.len());
    for receipts in &receipts {
        let bids: Vec<Digest> = receipts.iter().map(|it| digest(it, "bid")).collect();
        assert!(
            chains.contains(&bids),
            "the versions {bids:?} are not a chain of the stream"
        );
        for receipt in receipts {
            assert!(
                leaves.contains(&digest(receipt, "leaf")),
                "{receipt} has no leaf"
            );
        }
    }
    // And it all goes on.
    town.start();
    for (bidder, versions) in town.bidders.iter().zip(&bids) {
        let last = versions.last().expect("three versions");
        town.must(bidder, &["bid", "receipt", path(last)]);
    }
}

/// Tries until the bid is in; its receipt.
fn hand_in(town: &Town, bidder: &Person, bid: &Path, began: Instant) -> Value {
    loop {
        let (submitted, result) = town.tries(bidder, &["bid", "submit", path(bid)]);
        if submitted {
            return result;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{} could not hand in its bid: {result}",
            bidder.organisation
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the data directory holds, read without the server: each bidder's chain
/// of bids, and the leaves. Loading checks every digest and the tree.
fn stored(town: &Town, project: &str) -> (Vec<Vec<Digest>>, Vec<Digest>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let data = town.data();
        let root = RootSecret::for_data(&data, &town.folder.join("platform.secret").join("root"))
            .expect("the root secret");
        let store = Store::open(&data, Options::new(root))
            .await
            .expect("the store opens after a crash");
        let id: ProjectId = project.parse().expect("a project's id");
        let stream = StreamId::project(id.0);
        let current = store
            .load::<Project>(&stream)
            .await
            .expect("the stream is whole");
        let leaves = store
            .leaves(&stream, current.version)
            .await
            .expect("its leaves");
        let chains = current
            .state
            .lots
            .values()
            .flat_map(|lot| lot.parties.values())
            .map(|bidder| bidder.chain.iter().map(|link| link.digest).collect())
            .collect();
        store.close().await.expect("the store closes");
        (chains, leaves)
    })
}

fn digest(receipt: &Value, name: &str) -> Digest {
    let text = receipt[name].as_str().expect("a receipt names digests");
    text.parse().expect("64 hexadecimal digits")
}

/// xorshift64*: where the kills fall is the same in every run, as far as the
/// machine lets it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }
}
