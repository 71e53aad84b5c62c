//! Commands that were done, run again as after an answer that was lost: they end well
//! and tell the present state.

mod town;

use std::time::Duration;

use serde_json::Value;

use town::{Town, now, path};

/// How far away T0 is when the project is published, in seconds.
const AHEAD: i64 = 60;

fn stage(town: &Town, project: &str) -> Value {
    let shown = town.must(&town.agency, &["project", "show", project]);
    shown["lots"]["1"]["stage"].clone()
}

fn until(town: &Town, project: &str, wanted: &str) {
    for _ in 0..120 {
        if stage(town, project) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("never {wanted}, but {}", stage(town, project));
}

#[test]
fn what_is_done_can_be_run_again() {
    let town = Town::found("again", 2);
    let t0 = now() + AHEAD * 1000;
    let project = town.publish(AHEAD);
    let mut bids: Vec<_> = town
        .bidders
        .iter()
        .zip([500_000_000, 600_000_000])
        .map(|(bidder, fen)| {
            let bid = town.seal(bidder, &project, "v1", fen, 20_000);
            town.must(bidder, &["bid", "submit", path(&bid)]);
            bid
        })
        .collect();
    // One bidder thinks better of it.
    let second = town.seal(&town.bidders[0], &project, "v2", 510_000_000, 20_000);
    town.must(&town.bidders[0], &["bid", "submit", path(&second)]);
    let replaced = std::mem::replace(&mut bids[0], second);
    assert!(now() < t0, "sealing took longer than the test allows for");
    until(&town, &project, "checking");

    let host = &town.agency;
    for (command, stage) in [("list", "checking"), ("start", "unlocking")] {
        let arguments = ["opening", command, &project, "--lot", "1"];
        // Whoever may not do it hears that, whatever is done.
        let refused = |code: &str| {
            let (done, said) = town.tries(&town.bidders[0], &arguments);
            assert!(!done);
            assert_eq!(said["error"]["code"], code, "{command}: {said}");
        };
        refused("not-permitted");
        let first = town.must(host, &arguments);
        assert!(first.get("before").is_none(), "{first}");
        let again = town.must(host, &arguments);
        assert_eq!(again["before"], true, "{again}");
        assert_eq!(again["lots"]["1"]["stage"], stage, "{again}");
        refused("not-permitted");
    }
    // A window that is shorter than the one asked for is another.
    let longer = [
        "opening",
        "start",
        &project,
        "--lot",
        "1",
        "--seconds",
        "100000",
    ];
    let (done, said) = town.tries(host, &longer);
    assert!(!done, "{said}");
    // What is not done yet is refused as ever.
    let (done, said) = town.tries(host, &["opening", "announce", &project, "--lot", "1"]);
    assert!(!done);
    assert_eq!(said["error"]["code"], "wrong-stage", "{said}");

    let unlock = |number: usize| {
        let bid = path(&bids[number]);
        town.must(&town.bidders[number], &["bid", "unlock", bid])
    };
    let (done, said) = town.tries(&town.bidders[0], &["bid", "unlock", path(&replaced)]);
    assert!(!done);
    assert_eq!(said["error"]["code"], "bid-superseded", "{said}");
    let first = unlock(0);
    assert_eq!(first["before"], false);
    let again = unlock(0);
    assert_eq!(again["before"], true);
    assert_eq!(again["received"], first["received"]);
    assert_eq!(again["stage"], "unlocking");
    // With the last one unlocked the set is fixed. What lay beside the bid is fetched
    // again where it is gone.
    unlock(1);
    let kept = first["acknowledgement"].as_str().expect("a file");
    std::fs::remove_file(kept).expect("the acknowledgement was there");
    let fixed = unlock(0);
    assert_eq!(fixed["before"], true);
    assert_eq!(fixed["received"], first["received"]);
    assert_eq!(fixed["stage"], "releasing");
    assert!(std::path::Path::new(kept).exists());
}
