//! The platform goes back to an older copy. Whoever holds a receipt for what is missing
//! is told so, by everything that it tries.

mod town;

use std::process::Command;

use town::{Town, path};

/// Runs a command of the platform's operator.
fn operator(town: &Town, arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(arguments)
        .arg("--data")
        .arg(town.data())
        .arg("--config")
        .arg(town.folder.join("kaibiao.toml"))
        .output()
        .expect("the program can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
}

#[test]
fn a_bid_that_the_platform_signed_for_and_lost_is_told_to_its_bidder() {
    let town = Town::found("lost", 1);
    let bidder = &town.bidders[0];
    let project = town.publish(3600);
    let copy = town.folder.join("copy");
    operator(&town, &["backup", "--to", path(&copy)]);
    let bid = town.seal(bidder, &project, "v1", 500_000_000, 20_000);
    town.must(bidder, &["bid", "submit", path(&bid)]);
    town.must(bidder, &["bid", "receipt", path(&bid)]);

    town.kill();
    std::fs::remove_dir_all(town.data()).expect("the data can be removed");
    operator(&town, &["restore", "--from", path(&copy)]);
    town.start();
    for command in ["receipt", "submit", "unlock"] {
        let (done, said) = town.tries(bidder, &["bid", command, path(&bid)]);
        assert!(!done, "{command}");
        assert_eq!(said["error"]["code"], "bid-lost", "{command}: {said}");
        assert_eq!(said["error"]["exit"], 7, "{command}");
    }
}
