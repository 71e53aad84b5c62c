//! Sealing under terms of either suite, with certificates and spare keys of either.

use kaibiao_crypto::Suite;

use super::bid::{hall_of, hall_where, seal};
use super::desk::Desk;

/// A hall of one suite whose roots also hold `other`, an authority of this key type.
fn with_another(suite: Suite, key_type: &str) -> Desk {
    let desk = hall_of(suite);
    desk.ok(&[
        "pki",
        "init",
        "other",
        "--id",
        "other",
        "--key-type",
        key_type,
    ]);
    desk.ok(&["pki", "trust", "--ca", "other", "-o", "roots"]);
    desk
}

#[test]
fn a_pair_of_sm2_seals_a_bid_of_gm_that_only_it_and_its_spare_open() {
    let desk = hall_of(Suite::Gm);
    desk.issue("丙", "91110000000000003", &[]);
    desk.issue("丁", "91110000000000004", &["--single"]);
    desk.ok(&["keyfile", "new", "--suite", "gm", "-o", "spare.kkey"]);
    for name in ["丙", "丁"] {
        let (key, bid) = (format!("{name}.p12"), format!("{name}.kbid"));
        let sealed = desk.ok(&seal(&key, &bid, &["--spare", "spare.kkey", "--rescue"]));
        let seen = desk.ok(&["bid", "inspect", &bid, "--check"]);
        assert_eq!(seen["inspection"], sealed["inspection"]);
        let recipients = seen["inspection"]["recipients"].as_array().unwrap();
        assert_eq!(recipients.len(), 2);
        let opened = desk.ok(&["bid", "rehearse", &bid, "--key", &key]);
        assert_eq!(opened["bid"], sealed["inspection"]["bid"]);
        desk.ok(&["bid", "rehearse", &bid, "--keyfile", "spare.kkey"]);
    }
    let other = ["bid", "rehearse", "丙.kbid", "--key", "丁.p12"];
    desk.fails(&other, 4, "wrap-other-key");
    let bytes = desk.read("丙.kbid");
    for secret in ["123456700", "李四", "技术标"] {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} stands in the sealed file");
    }
}

#[test]
fn terms_of_gm_are_sealed_under_with_sm2_alone() {
    let desk = with_another(Suite::Gm, "p-256");
    desk.issue_by("other", "丙", "91110000000000003", &["--key-type", "p-256"]);
    desk.ok(&["keyfile", "new", "--suite", "gm", "-o", "spare.kkey"]);
    let spare = ["--spare", "spare.kkey"];
    let done = desk.fails(
        &seal("丙.p12", "b.kbid", &spare),
        4,
        "certificate-other-suite",
    );
    assert!(done.stderr.contains("SM2"), "{}", done.stderr);
    desk.issue("丁", "91110000000000004", &[]);
    desk.ok(&["keyfile", "new", "-o", "intl.kkey"]);
    let spare = ["--spare", "intl.kkey"];
    desk.fails(&seal("丁.p12", "b.kbid", &spare), 3, "recipient-key");
    assert!(!desk.path("b.kbid").exists());
}

#[test]
fn a_pair_of_sm2_signs_a_bid_of_intl_and_only_a_spare_opens_it() {
    let desk = with_another(Suite::Intl, "sm2");
    desk.issue_by("other", "丙", "91110000000000003", &[]);
    let done = desk.fails(&seal("丙.p12", "b.kbid", &[]), 3, "recipient-key");
    assert!(done.stderr.contains("--spare"), "{}", done.stderr);
    desk.ok(&["keyfile", "new", "-o", "spare.kkey"]);
    let sealed = desk.ok(&seal("丙.p12", "b.kbid", &["--spare", "spare.kkey"]));
    let recipients = sealed["inspection"]["recipients"].as_array().unwrap();
    assert_eq!(recipients.len(), 1);
    desk.ok(&["bid", "rehearse", "b.kbid", "--keyfile", "spare.kkey"]);
    let own = ["bid", "rehearse", "b.kbid", "--key", "丙.p12"];
    desk.fails(&own, 4, "wrap-other-key");
}

/// A point does not say its curve, so the custodian does; without that nobody would know
/// which key it meant.
#[test]
fn keys_that_were_certified_for_another_suite_than_the_terms_name_are_not_believed() {
    let desk = hall_where(Suite::Gm, Suite::Intl);
    desk.issue("丙", "91110000000000003", &[]);
    desk.fails(&seal("丙.p12", "b.kbid", &[]), 7, "terms-custodian");
}
