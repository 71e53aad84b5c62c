//! What does not hold, each with its own code: the list of ways in which somebody might
//! change a bundle, and every bit of it.

use kaibiao_crypto::Digest;
use kaibiao_verify::{Check, Edition, Outcome, Report, Verdict};
use serde_json::{Value, json};

use crate::changes::{Change, PUBLIC, SUPERVISOR};
use crate::opening::Opening;
use crate::rewriting::at;
use crate::shown::Believed;
use crate::{checked, outcome};

/// A change of the policy, the check that tells, its code.
type Disbelief = (fn(&mut Value), Check, &'static str);

fn told(report: &Report, check: Check) -> Option<&str> {
    match outcome(report, check) {
        Outcome::Fails(fault) => Some(&fault.code),
        _ => None,
    }
}

#[test]
fn every_change_is_told_by_its_own_code() {
    let opening = Opening::new().run();
    let policy = opening.policy();
    let mut missed = Vec::new();
    let editions = [
        (Edition::Supervisor, &SUPERVISOR[..]),
        (Edition::Public, &[PUBLIC]),
    ];
    for (edition, changes) in editions {
        let whole = opening.files(edition);
        for (name, change, check, code) in changes.iter().copied().flatten() {
            let mut files = whole.clone();
            change(&mut files);
            let report = match checked(&files, &policy) {
                Ok(report) => report,
                Err(fault) => {
                    missed.push(format!("{name}: not read, {fault:?}"));
                    continue;
                }
            };
            assert_eq!(report.verdict, Verdict::Fails, "{name}");
            if told(&report, *check) != Some(*code) {
                missed.push(format!("{name}: {}", report.json()["checks"]));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_is_no_bundle_is_not_read() {
    let opening = Opening::new().run();
    let policy = opening.policy();
    let whole = opening.files(Edition::Public);
    let changes: &[(&str, Change, &str)] = &[
        (
            "a file of another name",
            |files| drop(files.0.insert("notes.txt".into(), vec![])),
            "notes.txt",
        ),
        (
            "a member twice",
            |files| {
                let text = String::from_utf8(files.0["bundle.json"].clone()).unwrap();
                let text = text.replacen('{', "{\"rules\":1,", 1);
                files.0.insert("bundle.json".into(), text.into_bytes());
            },
            "bundle.json",
        ),
        (
            "another format",
            |files| {
                files.change("bundle.json", |head| {
                    head["format"] = json!("kaibiao/2 bundle")
                });
            },
            "bundle.json",
        ),
        (
            "a member that is not known",
            |files| {
                files.change("bundle.json", |head| head["more"] = json!(1));
            },
            "bundle.json",
        ),
        (
            "a line without its end",
            |files| {
                files.0.get_mut("anchors.jsonl").unwrap().pop();
            },
            "anchors.jsonl",
        ),
        (
            "an empty file of lines",
            |files| {
                files.0.insert("timestamps.jsonl".into(), vec![]);
            },
            "timestamps.jsonl",
        ),
        (
            "a text without its salt",
            |files| {
                files.change_lines("events.jsonl", |lines| {
                    drop(lines[4].as_object_mut().unwrap().remove("facts_salt"));
                });
            },
            "events.jsonl",
        ),
        (
            "erased in a public edition",
            |files| {
                files.change_lines("events.jsonl", |lines| lines[1]["erased"] = json!(true));
            },
            "events.jsonl",
        ),
        (
            "logged terms out of order",
            |files| {
                files.change_lines("logged.jsonl", |lines| lines.swap(0, 1));
            },
            "logged.jsonl",
        ),
        (
            "a checkpoint that is none",
            |files| {
                files
                    .0
                    .insert("checkpoint".into(), b"kaibiao.example\n".to_vec());
            },
            "checkpoint",
        ),
    ];
    for (name, change, file) in changes {
        let mut files = whole.clone();
        change(&mut files);
        let fault = checked(&files, &policy).unwrap_err();
        assert_eq!(
            (fault.code.as_str(), fault.place.to_string().as_str()),
            ("bundle-form", *file),
            "{name}"
        );
    }
}

#[test]
fn what_the_policy_does_not_believe_does_not_hold() {
    let opening = Opening::new().run();
    let files = opening.files(Edition::Supervisor);
    let changes: &[Disbelief] = &[
        (
            |it| it["origin"] = json!("kaibiao.other"),
            Check::Platform,
            "origin-differs",
        ),
        (
            |it| it["receipt_key"] = it["statement_key"].take(),
            Check::Platform,
            "unreadable",
        ),
        (|it| it["quorum"] = json!(3), Check::Platform, "key-differs"),
        (|it| it["quorum"] = json!(3), Check::Log, "log-quorum"),
        (|it| it["quorum"] = json!(1), Check::Log, "unreadable"),
        (|it| it["late"] = json!(0), Check::Statements, "log-late"),
        (|it| it["cas"] = json!([]), Check::Terms, "terms-custodian"),
        (
            |it| it["format"] = json!("kaibiao/2 policy"),
            Check::Form,
            "unreadable",
        ),
        (|it| it["more"] = json!(1), Check::Form, "unreadable"),
    ];
    for (change, check, code) in changes {
        let mut policy = opening.policy_json();
        change(&mut policy);
        let found = match Believed::read(&policy) {
            Err(_) => "unreadable".to_owned(),
            Ok(policy) => {
                let report = checked(&files, &policy).unwrap();
                told(&report, *check).unwrap_or("holds").to_owned()
            }
        };
        // The log bears the origin as its name, so another one is not even read.
        if *code != "origin-differs" {
            assert_eq!(found, *code, "{policy}");
        } else {
            assert_eq!(found, "unreadable");
        }
    }
}

#[test]
fn a_certificate_that_was_revoked_or_over_is_told() {
    let opening = Opening::new().run();
    let policy = opening.policy();
    let list = &opening.cast.revoked;
    let mut files = opening.files(Edition::Supervisor);
    files
        .0
        .insert(format!("crls/{}.der", Digest::of(list)), list.clone());
    files.rewrite(|events| {
        let seq = at(events, "line_confirmed");
        let asked = &mut events[seq].details["signed"]["grounds"]["crls"][0];
        asked["digest"] = json!(Digest::of(list));
    });
    let report = checked(&files, &policy).unwrap();
    assert_eq!(
        told(&report, Check::Authenticity),
        Some("certificate-revoked")
    );
    let mut files = opening.files(Edition::Supervisor);
    files.rewrite(|events| {
        let seq = at(events, "line_confirmed");
        events[seq].details["signed"]["grounds"]["at"] = json!(1_800_000_000_000_i64);
    });
    let report = checked(&files, &policy).unwrap();
    assert_eq!(
        told(&report, Check::Authenticity),
        Some("certificate-expired")
    );
}

#[test]
fn a_history_that_is_written_anew_under_the_logs_key_lacks_its_witnesses() {
    let mut opening = Opening::new();
    opening.log.signing = 1;
    let opening = opening.run();
    let report = checked(&opening.files(Edition::Supervisor), &opening.policy()).unwrap();
    assert_eq!(told(&report, Check::Log), Some("log-quorum"));
    assert_eq!(told(&report, Check::Statements), Some("log-quorum"));
}

/// A bid replaced by the platform's own hand, as if another act had named several.
#[test]
fn an_event_that_no_act_makes_follows_from_none() {
    let opening = Opening::new().cancelled();
    let mut files = opening.files(Edition::Supervisor);
    files.rewrite(|events| {
        let first = at(events, "bid_received");
        let mut more = events[first].clone();
        let what = &mut more.facts["what"];
        what["previous"] = what["bid"].clone();
        what["bid"] = json!(Digest::of(b"another bid"));
        what["sequence"] = json!(what["sequence"].as_u64().unwrap() + 1);
        drop(more.facts.as_object_mut().unwrap().remove("act"));
        drop(more.details.as_object_mut().unwrap().remove("signed"));
        more.details["extra"] = json!({ "extra": "item", "bearer": first + 1 });
        events.insert(first + 1, more);
    });
    let report = checked(&files, &opening.policy()).unwrap();
    assert_eq!(told(&report, Check::Authenticity), Some("act-missing"));
}

/// Flips bits of what the files hold, and asks that each is seen.
fn flips(edition: Edition, step: usize) {
    let opening = Opening::new().run();
    let policy = opening.policy();
    let whole = opening.files(edition);
    for name in whole.0.keys() {
        let bits = whole.0[name].len() * 8;
        for bit in (0..bits).step_by(step.min(bits / 2).max(1)) {
            let mut files = whole.clone();
            files.0.get_mut(name).unwrap()[bit / 8] ^= 1 << (bit % 8);
            if let Ok(report) = checked(&files, &policy) {
                assert_eq!(report.verdict, Verdict::Fails, "{name}, bit {bit}");
            }
        }
    }
}

#[test]
fn flipped_bits_are_seen() {
    flips(Edition::Public, 40_009);
    flips(Edition::Supervisor, 40_009);
}

/// Hours; `make flips` runs it. `KAIBIAO_FLIPS=n` takes every n-th bit.
#[test]
#[ignore = "every bit: hours"]
fn every_flipped_bit_is_seen() {
    let step = std::env::var("KAIBIAO_FLIPS")
        .ok()
        .and_then(|it| it.parse().ok());
    flips(Edition::Public, step.unwrap_or(1));
    flips(Edition::Supervisor, step.unwrap_or(1));
}
