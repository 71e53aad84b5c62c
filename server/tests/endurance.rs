//! The server is killed at random points while bids come in. What was
//! acknowledged is there, and clients get on by themselves.

mod town;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kaibiao_core::Project;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_store::{Options, RootSecret, Store, StreamId};
use serde_json::Value;

use town::{Person, Town, path};

/// How often the server is killed; each bidder hands in at least so many
/// versions, and goes on until the last kill. For how long it tries at most.
const KILLS: u32 = 6;
const VERSIONS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(300);
const SIZE: usize = 6_000_000;

#[test]
fn killing_the_server_at_random_points_loses_no_acknowledged_bid() {
    let town = Town::found("endurance", 4);
    let project = town.publish(3600);
    let kills = AtomicU32::new(0);
    let given_up = AtomicBool::new(false);
    let began = Instant::now();
    let handed_in: Vec<Vec<HandedIn>> = std::thread::scope(|scope| {
        let (town, project, kills) = (&town, &project, &kills);
        let bidders: Vec<_> = town
            .bidders
            .iter()
            .map(|bidder| {
                scope.spawn(move || {
                    let mut handed_in = Vec::new();
                    while handed_in.len() < VERSIONS || kills.load(Ordering::Relaxed) < KILLS {
                        handed_in.push(hand_in(town, bidder, project, handed_in.len(), began));
                    }
                    handed_in
                })
            })
            .collect();
        let given_up = &given_up;
        let killer = scope.spawn(move || {
            let mut dice = Dice(0x5eed);
            while kills.load(Ordering::Relaxed) < KILLS && !given_up.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50 + dice.roll(900)));
                town.kill();
                town.start();
                kills.fetch_add(1, Ordering::Relaxed);
            }
        });
        let results: Vec<_> = bidders.into_iter().map(|bidder| bidder.join()).collect();
        given_up.store(true, Ordering::Relaxed);
        killer.join().expect("the server starts again each time");
        results
            .into_iter()
            .map(|result| result.expect("a bidder got through"))
            .collect()
    });
    let bids: usize = handed_in.iter().map(Vec::len).sum();
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("{KILLS} kills while {bids} bids came in, in {seconds:.0} s");

    // The server is killed a last time, so that the disk is read as a crash
    // leaves it.
    town.kill();
    let (chains, leaves) = stored(&town, &project);
    assert_eq!(chains.len(), handed_in.len());
    for versions in &handed_in {
        let bids: Vec<Digest> = versions
            .iter()
            .map(|it| digest(&it.receipt, "bid"))
            .collect();
        assert!(
            chains.contains(&bids),
            "the versions {bids:?} are not a chain of the stream"
        );
        for HandedIn { receipt, .. } in versions {
            assert!(
                leaves.contains(&digest(receipt, "leaf")),
                "{receipt} has no leaf"
            );
        }
    }
    // After a start the project goes on from what was stored.
    town.start();
    for (bidder, versions) in town.bidders.iter().zip(&handed_in) {
        let last = versions.last().expect("at least one version");
        town.must(bidder, &["bid", "receipt", path(&last.bid)]);
    }
}

/// A bid and what the platform said to it.
struct HandedIn {
    bid: PathBuf,
    receipt: Value,
}

/// Seals a version and tries until it is in.
fn hand_in(
    town: &Town,
    bidder: &Person,
    project: &str,
    version: usize,
    began: Instant,
) -> HandedIn {
    let name = format!("v{version}");
    let price = 500_000_000 + version as u64;
    let bid = until_it_works(bidder, began, || {
        town.tries_to_seal(bidder, project, &name, price, SIZE)
    });
    let receipt = until_it_works(bidder, began, || {
        let (submitted, result) = town.tries(bidder, &["bid", "submit", path(&bid)]);
        (submitted.then(|| result.clone()), result)
    });
    HandedIn { bid, receipt }
}

fn until_it_works<T>(
    bidder: &Person,
    began: Instant,
    mut attempt: impl FnMut() -> (Option<T>, Value),
) -> T {
    loop {
        let (done, said) = attempt();
        if let Some(done) = done {
            return done;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{} could not hand in its bid: {said}",
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
        let root = town.folder.join("platform.secret").join("root");
        let text = std::fs::read_to_string(root).expect("the root secret");
        let mut root = [0; 32];
        hex::decode_to_slice(text.trim_end(), &mut root).expect("64 hexadecimal digits");
        let root = RootSecret::from_bytes(root);
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
