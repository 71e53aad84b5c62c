//! A base that is sealed with the terms: nothing of it is on the platform before the
//! host reveals it, and then everybody can check it.

mod town;

use std::path::Path;
use std::time::Duration;

use kaibiao_core::reference::{Reference, ReferenceKind};
use serde_json::{Value, json};

use town::{Town, path};

/// How far away T0 is when the project is published, in seconds.
const AHEAD: i64 = 60;

/// Such a number as stands nowhere by chance.
const VALUE: &str = "8642097531";

fn lot(town: &Town, project: &str) -> Value {
    let seen = town.get(&format!("/api/v1/projects/{project}"));
    let shown: Value = serde_json::from_str(&seen.expect("a view")).expect("JSON");
    shown["lots"]["1"].clone()
}

fn until(town: &Town, project: &str, wanted: &str) {
    for _ in 0..120 {
        if lot(town, project)["stage"] == wanted {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("never {wanted}, but {}", lot(town, project)["stage"]);
}

/// Whether some file under a folder holds these bytes.
fn holds(folder: &Path, wanted: &[u8]) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.flatten().any(|entry| {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            return holds(&entry.path(), wanted);
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        bytes.windows(wanted.len()).any(|it| it == wanted)
    })
}

#[test]
fn a_base_is_the_hosts_secret_until_it_is_revealed_and_then_anybody_checks_it() {
    let town = Town::found("references", 2);
    let host = &town.agency;
    let project = town.draft(AHEAD);
    let draft = host.file("draft.json");
    let seal = |kind: &str, value: &str| {
        let arguments = ["project", "seal-reference", "--draft", path(&draft)];
        let more = ["--lot", "1", "--kind", kind, "--value", value];
        town.tries(host, &[arguments.as_slice(), more.as_slice()].concat())
    };
    let (done, said) = seal("base", "86,420,975.31");
    assert!(!done);
    assert_eq!(said["error"]["code"], "not-a-price");
    let (done, sealed) = seal("base", VALUE);
    assert!(done, "{sealed}");
    let file = host.file(sealed["file"].as_str().expect("a file"));
    let (done, said) = seal("base", VALUE);
    assert!(!done, "the only salt is never written over");
    assert_eq!(said["error"]["code"], "file-exists");
    town.must(host, &["project", "edit", &project, "--file", path(&draft)]);
    for custodian in [&town.agency, &town.centre, &town.supervisor] {
        let key = custodian.file("custodian.key.json");
        let arguments = ["custodian", "key", &project, "--output", path(&key)];
        town.must(custodian, &arguments);
    }
    town.must(host, &["project", "publish", &project]);
    let reference = lot(&town, &project)["reference"].clone();
    assert_eq!(reference, sealed["reference"]);

    let reveal = |file: &Path| {
        let arguments = ["opening", "reveal-reference", &project, "--lot", "1"];
        let more = ["--file", path(file)];
        town.tries(host, &[arguments.as_slice(), more.as_slice()].concat())
    };
    let (done, said) = reveal(&file);
    assert!(!done);
    assert_eq!(said["error"]["code"], "wrong-stage", "{said}");

    let prices = [5_000_000_000, 9_000_000_000];
    for (bidder, fen) in town.bidders.iter().zip(prices) {
        let bid = town.seal(bidder, &project, "v1", fen, 2_000);
        town.must(bidder, &["bid", "submit", path(&bid)]);
    }
    until(&town, &project, "checking");
    town.must(host, &["opening", "list", &project, "--lot", "1"]);
    town.must(host, &["opening", "start", &project, "--lot", "1"]);
    let (_, said) = reveal(&file);
    assert_eq!(said["error"]["code"], "wrong-stage", "bidders still unlock");
    for bidder in &town.bidders {
        let bid = bidder.file("v1.kbid");
        town.must(bidder, &["bid", "unlock", path(&bid)]);
    }
    until(&town, &project, "releasing");
    for custodian in [&town.agency, &town.centre] {
        let key = custodian.file("custodian.key.json");
        let arguments = ["custodian", "release", &project, "--lot", "1"];
        let more = ["--custody", path(&key)];
        town.must(custodian, &[arguments.as_slice(), more.as_slice()].concat());
    }
    until(&town, &project, "opened");
    assert!(
        !holds(&town.data(), VALUE.as_bytes()),
        "the platform knows it before it is revealed"
    );

    // Another value, with a file of its own.
    let text = std::fs::read_to_string(&file).expect("the file");
    let forged = host.file("forged.reference.json");
    std::fs::write(&forged, text.replace(VALUE, "9642097531")).expect("a file");
    let (_, said) = reveal(&forged);
    assert_eq!(said["error"]["code"], "reference-differs", "{said}");
    assert!(lot(&town, &project)["reference"]["revealed"].is_null());

    let (done, said) = reveal(&file);
    assert!(done, "{said}");
    let (done, again) = reveal(&file);
    assert!(done);
    assert_eq!(again["before"], true, "{again}");
    let revealed = lot(&town, &project)["reference"]["revealed"].clone();
    assert_eq!(revealed["value"], VALUE);
    let told = Reference {
        kind: ReferenceKind::Base,
        lot: &"1".parse().expect("a lot"),
        salt: revealed["salt"]
            .as_str()
            .expect("a salt")
            .parse()
            .expect("hex"),
        value: VALUE,
    };
    assert_eq!(json!(told.commitment()), reference["commitment"]);

    for (command, stage) in [
        ("announce", "announced"),
        ("objections", "objections"),
        ("close-objections", "signing"),
    ] {
        town.must(host, &["opening", command, &project, "--lot", "1"]);
        assert_eq!(lot(&town, &project)["stage"], stage);
    }
    let papers = host.file("papers");
    std::fs::create_dir_all(&papers).expect("a folder");
    let arguments = ["opening", "record", &project, "--lot", "1", "--wait"];
    let more = ["--output", path(&papers)];
    town.must(host, &[arguments.as_slice(), more.as_slice()].concat());
    assert!(holds(&papers, format!("\"value\":\"{VALUE}\"").as_bytes()));
}
