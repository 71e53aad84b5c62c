//! The server is killed at random points while bids come in. What was
//! acknowledged is there, and clients get on by themselves.

mod town;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use town::{Town, path};

/// How often the server is killed at most, and for how long the bidders try.
const KILLS: u32 = 25;
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
    std::thread::scope(|scope| {
        let bidders: Vec<_> = town
            .bidders
            .iter()
            .zip(&bids)
            .map(|(bidder, versions)| {
                let town = &town;
                scope.spawn(move || {
                    for bid in versions {
                        loop {
                            let (submitted, result) =
                                town.tries(bidder, &["bid", "submit", path(bid)]);
                            if submitted {
                                break;
                            }
                            assert!(
                                began.elapsed() < PATIENCE,
                                "{} could not hand in its bid: {result}",
                                bidder.organisation
                            );
                            std::thread::sleep(Duration::from_millis(200));
                        }
                    }
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
        for bidder in bidders {
            bidder.join().expect("a bidder got through");
        }
        done.store(true, Ordering::Relaxed);
    });
    let kills = kills.load(Ordering::Relaxed);
    assert!(kills >= 3, "only {kills} kills: the bids were too quick");
    eprintln!("{kills} kills in {:.0} s", began.elapsed().as_secs_f64());

    // Once more, with nobody in the way.
    town.kill();
    town.start();
    for (bidder, versions) in town.bidders.iter().zip(&bids) {
        let last = versions.last().expect("three versions");
        let receipt = town.must(bidder, &["bid", "receipt", path(last)]);
        assert!(!receipt.is_null(), "{} has no receipt", bidder.organisation);
    }
    let replayed = town.must(&town.supervisor, &["opening", "replay", &project]);
    assert!(replayed["events"].as_u64() > Some(12), "{replayed}");
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
