//! A receipt from the promise to the proof, by the real program; and a platform that has
//! left out what it signed for.

mod town;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use town::{Town, path};

fn beside(bid: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", bid.display()))
}

/// Waits for the closing statement.
fn until_closed(town: &Town, project: &str) {
    let began = Instant::now();
    while town
        .get(&format!("/api/v1/projects/{project}/closing"))
        .is_none()
    {
        assert!(began.elapsed() < Duration::from_secs(60), "T0 never came");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Checks a file with no server, no certificate and nothing known beforehand.
fn checks(town: &Town, arguments: &[&str]) -> (bool, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(["--json", "bid", "receipt", "--check"])
        .args(arguments)
        .env("KAIBIAO_STATE", town.folder.join("nobody"))
        .env("KAIBIAO_SERVER", "http://127.0.0.1:9")
        .output()
        .expect("the program can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = serde_json::from_str(text.lines().last().unwrap_or_default());
    (output.status.success(), said.unwrap_or(Value::Null))
}

fn code(said: &Value) -> &str {
    said["error"]["code"].as_str().unwrap_or("none")
}

#[test]
fn a_receipt_turns_into_a_proof_that_anybody_checks_offline() {
    let town = Town::found("receipts", 2);
    let bidder = &town.bidders[0];
    let project = town.publish(45);
    let bid = town.seal(bidder, &project, "v1", 500_000_000, 20_000);
    town.must(bidder, &["bid", "submit", path(&bid)]);
    let (promise, proof) = (beside(&bid, ".receipt.json"), beside(&bid, ".proof.json"));

    // Before T0 there is the promise, on paper too, and no proof.
    let paper = bidder.file("回执.pdf");
    let early = town.must(
        bidder,
        &["bid", "receipt", path(&bid), "--pdf", path(&paper)],
    );
    assert_eq!(early["outcome"], "promise");
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF-1.7"));
    assert!(!proof.exists());
    let (holds, said) = checks(&town, &[path(&promise)]);
    assert!(holds, "{said}");
    assert_eq!(said["outcome"], "promise");
    assert_eq!(said["receipt"]["lot"], "1");

    until_closed(&town, &project);
    let late = town.must(bidder, &["bid", "receipt", path(&bid)]);
    assert_eq!(late["outcome"], "proved", "{late}");
    let (holds, said) = checks(&town, &[path(&proof)]);
    assert!(holds, "{said}");
    assert_eq!(
        (&said["outcome"], &said["seq"]),
        (&"proved".into(), &late["seq"])
    );

    // By a policy of the checker's own, from another folder.
    let terms: Value =
        serde_json::from_slice(&std::fs::read(beside(&bid, ".terms.json")).unwrap()).unwrap();
    let mut policy = terms["trust"].clone();
    policy["format"] = "kaibiao/1 policy".into();
    policy["cas"] = Value::Array(Vec::new());
    let (elsewhere, told) = (town.folder.join("证明.json"), town.folder.join("策略.json"));
    std::fs::copy(&proof, &elsewhere).unwrap();
    std::fs::write(&told, policy.to_string()).unwrap();
    let (holds, said) = checks(&town, &[path(&elsewhere), "--policy", path(&told)]);
    assert!(holds, "{said}");
    let (_, said) = checks(&town, &[path(&elsewhere)]);
    assert_eq!(code(&said), "policy-needed");
    policy["receipt_key"] = policy["statement_key"].clone();
    std::fs::write(&told, policy.to_string()).unwrap();
    let (_, said) = checks(&town, &[path(&elsewhere), "--policy", path(&told)]);
    assert_eq!(code(&said), "receipt-signature");

    // Another bidder's terms, and an altered file.
    let other = town.publish(3600);
    let second = town.seal(bidder, &other, "v2", 400_000_000, 2_000);
    let (holds, said) = checks(
        &town,
        &[
            path(&proof),
            "--terms",
            path(&beside(&second, ".terms.json")),
        ],
    );
    assert!(!holds);
    assert_eq!(code(&said), "receipt-foreign", "{said}");
    let text = std::fs::read_to_string(&proof).unwrap();
    std::fs::write(&elsewhere, text.replacen("bid_received", "bid_refused", 1)).unwrap();
    std::fs::copy(beside(&bid, ".terms.json"), town.folder.join("terms.json")).unwrap();
    let terms = town.folder.join("terms.json");
    let (_, said) = checks(&town, &[path(&elsewhere), "--terms", path(&terms)]);
    assert_eq!(code(&said), "event-differs");
    assert_eq!(said["error"]["exit"], 7);
    std::fs::write(&elsewhere, format!("{text}\n")).unwrap();
    let (_, said) = checks(&town, &[path(&elsewhere), "--terms", path(&terms)]);
    assert_eq!(code(&said), "receipt-malformed");

    // Nobody but its bidder gets it.
    let digest = late["receipt"]["bid"].as_str().unwrap();
    for what in ["receipt", "receipt.pdf", "receipt/proof"] {
        let public = format!("/api/v1/projects/{project}/bids/{digest}/{what}");
        assert!(town.get(&public).is_none(), "{what}");
    }
}

/// Its store went back to before the bid: the tree that it anchors and signs at T0 has no
/// such event, and the bidder's own files say so.
#[test]
fn a_platform_that_left_a_bid_out_is_caught_by_its_receipt() {
    let town = Town::found("receipts-left-out", 2);
    let (bidder, witness) = (&town.bidders[0], &town.bidders[1]);
    let project = town.publish(40);
    let copy = town.folder.join("copy");
    let operator = |arguments: &[&str]| {
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
    };
    operator(&["backup", "--to", path(&copy)]);
    let bid = town.seal(bidder, &project, "v1", 500_000_000, 20_000);
    town.must(bidder, &["bid", "submit", path(&bid)]);
    town.kill();
    std::fs::remove_dir_all(town.data()).expect("the data can be removed");
    operator(&["restore", "--from", path(&copy)]);
    town.start();
    let other = town.seal(witness, &project, "v1", 400_000_000, 2_000);
    town.must(witness, &["bid", "submit", path(&other)]);

    until_closed(&town, &project);
    let proved = town.must(witness, &["bid", "receipt", path(&other)]);
    assert_eq!(proved["outcome"], "proved");
    let (done, said) = town.tries(bidder, &["bid", "receipt", path(&bid)]);
    assert!(!done);
    assert_eq!(code(&said), "receipt-missing", "{said}");
    assert_eq!(said["error"]["exit"], 7);
    // The promise stands as it was, and is worth what it was.
    let (holds, said) = checks(&town, &[path(&beside(&bid, ".receipt.json"))]);
    assert!(holds, "{said}");
    // The other's proof does not pass for it, whatever is put together.
    let read =
        |file: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
    let mut forged = read(beside(&other, ".proof.json"));
    forged["receipt"] = read(beside(&bid, ".receipt.json"));
    let file = beside(&bid, ".proof.json");
    std::fs::write(&file, forged.to_string()).unwrap();
    let (_, said) = checks(&town, &[path(&file)]);
    assert_eq!(code(&said), "event-differs", "{said}");
}
