//! Sealing, looking at and rehearsing, with every kind of key.

use kaibiao_client::custody::Custody;
use kaibiao_core::act::{Act, CertifyKey};
use kaibiao_core::ids::{Nonce, Organisation};
use kaibiao_core::schema::{Better, Field, FieldType, Schema};
use kaibiao_core::terms::{
    Custodian, Named, Officials, Policy, ReadingOrder, SealingTerms, Stays, Trust,
};
use kaibiao_crypto::act::Place;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::{Suite, canonical};
use serde_json::Value;

use super::desk::{Desk, PASSPHRASE};

pub const PROJECT: &str = "0192f0a1-7b3c-7def-8123-456789abcdef";
pub const ORIGIN: &str = "kaibiao.test";
const SHEET: &str = r#"{"price":"123456700","days":90,"manager":"李四"}"#;

#[test]
fn each_kind_of_key_seals_a_bid_that_only_it_opens() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "rsa-2048"]);
    desk.issue("丁", "91110000000000004", &["--key-type", "rsa-3072"]);
    desk.issue("戊", "91110000000000005", &["--key-type", "p-256"]);
    desk.issue(
        "己",
        "91110000000000006",
        &["--key-type", "rsa-2048", "--pair"],
    );
    for name in ["丙", "丁", "戊", "己"] {
        let key = format!("{name}.p12");
        let bid = format!("{name}.kbid");
        let sealed = desk.ok(&seal(&key, &bid, &[]));
        assert_eq!(
            sealed["inspection"]["documents"],
            serde_json::json!([1_500_000, 0])
        );
        let seen = desk.ok(&["bid", "inspect", &bid, "--check"]);
        assert_eq!(seen["inspection"], sealed["inspection"]);
        assert_eq!(seen["inspection"]["lot"], "1");
        let opened = desk.ok(&["bid", "rehearse", &bid, "--key", &key]);
        assert_eq!(opened["bid"], sealed["inspection"]["bid"]);
        desk.ok(&["bid", "rehearse", &bid, "--key", &key, "--roots", "roots"]);
    }
    desk.fails(
        &["bid", "rehearse", "丙.kbid", "--key", "丁.p12"],
        4,
        "wrap-other-key",
    );
    let bytes = desk.read("己.kbid");
    for secret in ["123456700", "李四", "技术标", "商务标"] {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} stands in the sealed file");
    }
}

#[test]
fn a_spare_key_file_opens_what_the_certificate_opens() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    desk.issue("新", "91110000000000003", &["--key-type", "p-256"]);
    desk.ok(&["keyfile", "new", "-o", "spare.kkey"]);
    desk.fails(&["keyfile", "new", "-o", "spare.kkey"], 3, "file-exists");
    let spares = [
        "--spare",
        "spare.kkey",
        "--spare",
        "新.cert.pem",
        "--rescue",
    ];
    let sealed = desk.ok(&seal("丙.p12", "b.kbid", &spares));
    assert_eq!(
        sealed["inspection"]["recipients"].as_array().unwrap().len(),
        3
    );
    assert_eq!(sealed["inspection"]["rescue"], 3);
    desk.ok(&["bid", "rehearse", "b.kbid", "--keyfile", "spare.kkey"]);
    desk.ok(&["bid", "rehearse", "b.kbid", "--key", "新.p12"]);
    let wrong = desk.run_with(
        &["bid", "rehearse", "b.kbid", "--keyfile", "spare.kkey"],
        Some("not the passphrase"),
    );
    assert_eq!(
        wrong.json["error"]["code"], "passphrase-wrong",
        "{}",
        wrong.stderr
    );
    assert_eq!(wrong.code, 4);
    desk.fails(
        &["bid", "rehearse", "b.kbid", "--keyfile", "b.kbid"],
        3,
        "keyfile-wrong",
    );
}

#[test]
fn each_wrong_input_has_its_own_words() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    desk.ok(&seal("丙.p12", "b.kbid", &[]));
    let wrong = desk.run_with(
        &["bid", "rehearse", "b.kbid", "--key", "丙.p12"],
        Some("wrong"),
    );
    assert_eq!(
        (wrong.code, wrong.json["error"]["code"].as_str()),
        (4, Some("passphrase-wrong"))
    );
    assert!(wrong.stderr.contains("口令不对") && wrong.stderr.contains("Wrong passphrase"));

    desk.fails(&["bid", "inspect", "技术标.pdf"], 3, "header-not-a-bid");
    desk.fails(&["bid", "inspect", "nothing.kbid"], 3, "file");
    desk.fails(
        &["bid", "rehearse", "b.kbid", "--key", "sheet.json"],
        3,
        "not-a-key-file",
    );
    desk.fails(
        &["bid", "rehearse", "b.kbid", "--key", "丙.cert.pem"],
        4,
        "key-missing",
    );
    desk.fails(&seal("丙.p12", "b.kbid", &[]), 3, "file-exists");

    let bid = desk.read("b.kbid");
    desk.write("short.kbid", &bid[..bid.len() - 1]);
    desk.fails(&["bid", "inspect", "short.kbid"], 3, "ciphertext-length");
    let mut altered = bid.clone();
    *altered.last_mut().unwrap() ^= 1;
    desk.write("altered.kbid", altered);
    desk.fails(
        &["bid", "inspect", "altered.kbid", "--check"],
        3,
        "ciphertext-mismatch",
    );

    desk.write(
        "sheet.json",
        r#"{"price":"12.5","days":"90","colour":"red"}"#,
    );
    let done = desk.fails(&seal("丙.p12", "c.kbid", &[]), 3, "sheet-schema");
    for field in ["price", "days", "manager", "colour"] {
        assert!(done.stderr.contains(field), "{field}: {}", done.stderr);
    }
    assert!(!desk.path("c.kbid").exists() && !desk.path("c.kbid.part").exists());
}

#[test]
fn a_certificate_that_must_not_sign_or_is_over_is_refused_before_sealing() {
    let desk = hall();
    desk.issue(
        "旧",
        "91110000000000003",
        &[
            "--key-type",
            "p-256",
            "--from",
            "2024-01-01T00:00:00Z",
            "--until",
            "2025-01-01T00:00:00Z",
        ],
    );
    desk.fails(&seal("旧.p12", "b.kbid", &[]), 4, "certificate-expired");
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    desk.ok(&["pki", "revoke", "--ca", "pki", "--cert", "丙.cert.pem"]);
    desk.ok(&["pki", "trust", "--ca", "pki", "-o", "roots"]);
    desk.fails(&seal("丙.p12", "b.kbid", &[]), 4, "certificate-revoked");
}

#[test]
fn terms_whose_custodians_are_not_certified_seal_nothing() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    let mut terms: Value = serde_json::from_slice(&desk.read("terms.json")).unwrap();
    let (first, second) = (
        terms["custodians"][0]["key"].clone(),
        terms["custodians"][1]["key"].clone(),
    );
    let sealing = |terms: &Value, code| {
        desk.write("terms.json", canonical::to_bytes(terms));
        desk.fails(&seal("丙.p12", "b.kbid", &[]), 7, code);
    };
    terms["custodians"][0]["key"] = second.clone();
    sealing(&terms, "terms-same-key");
    terms["custodians"][1]["key"] = first.clone();
    sealing(&terms, "terms-custodian");
    terms["custodians"][0]["key"] = first;
    terms["custodians"][1]["key"] = second;
    terms["release"] = 1.into();
    sealing(&terms, "terms-thresholds");
    let other = Desk::new();
    std::fs::copy(desk.path("terms.json"), other.path("terms.json")).unwrap();
}

pub fn seal<'a>(key: &'a str, bid: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "bid",
        "seal",
        "--terms",
        "terms.json",
        "--lot",
        "1",
        "--roots",
        "roots",
        "--key",
        key,
        "--sheet",
        "sheet.json",
        "--document",
        "技术标.pdf",
        "--document",
        "空.txt",
        "-o",
        bid,
    ];
    arguments.extend(more);
    arguments
}

/// A desk with a lot's terms, a sheet and two documents.
pub fn hall() -> Desk {
    hall_of(Suite::Intl)
}

/// The same of a project of this suite; the desk's authority is of it too.
pub fn hall_of(suite: Suite) -> Desk {
    hall_where(suite, suite)
}

/// The same, whose custodians have certified their keys for the suite `named`.
pub fn hall_where(suite: Suite, named: Suite) -> Desk {
    let key_type = if suite.is_intl() { "p-256" } else { "sm2" };
    let desk = Desk::of(key_type);
    let mut custodians = Vec::new();
    for (x, (name, code)) in (1..).zip([
        ("代理", "91110000000000011"),
        ("中心", "91110000000000012"),
        ("监督", "91110000000000013"),
    ]) {
        let issued = desk.issue(name, code, &["--key-type", key_type]);
        let whole = issued["code"].as_str().unwrap();
        custodians.push(custodian(&desk, (suite, named), x, name, whole));
    }
    desk.write("terms.json", canonical::to_bytes(&terms(suite, custodians)));
    desk.write("sheet.json", SHEET);
    desk.write("技术标.pdf", vec![b'p'; 1_500_000]);
    desk.write("空.txt", "");
    desk
}

fn custodian(
    desk: &Desk,
    (suite, named): (Suite, Suite),
    x: u8,
    name: &str,
    code: &str,
) -> Custodian {
    let custody =
        Custody::create(&desk.path(&format!("保管-{name}")), suite, PASSPHRASE, true).unwrap();
    let keys = custody.public();
    let act = Act::from(CertifyKey {
        nonce: Nonce([x; 16]),
        key: keys.key.clone(),
        agent: keys.agent.clone(),
        authorisation: None,
        suite: named,
    });
    let place = Place {
        origin: ORIGIN,
        project: PROJECT,
    };
    Custodian {
        x,
        organisation: organisation(code),
        name: name.to_owned(),
        key: keys.key,
        agent: keys.agent,
        certified: desk.accepted(name, place, &act),
        authorised: None,
    }
}

fn terms(suite: Suite, custodians: Vec<Custodian>) -> SealingTerms {
    let named = |x: usize| Named {
        organisation: custodians[x].organisation.clone(),
        name: custodians[x].name.clone(),
    };
    let field = |id: &str, kind, public| Field {
        id: id.to_owned(),
        label: id.to_owned(),
        label_en: None,
        kind,
        required: true,
        public,
    };
    SealingTerms {
        version: 1,
        project: PROJECT.parse().unwrap(),
        lot: "1".parse().unwrap(),
        number: 1,
        suite: suite.name().to_owned(),
        envelopes: 1,
        schema: Schema {
            fields: vec![
                field("price", FieldType::Money, true),
                field("days", FieldType::Integer { min: 1, max: 999 }, true),
                field("manager", FieldType::Text { max: 20 }, false),
            ],
            price: Some("price".to_owned()),
            better: Better::Low,
        },
        release: 2,
        rescue: Some(3),
        reference: None,
        policy: Policy {
            minimum: 3,
            fails_after_unlock: false,
            masked: false,
            reading: ReadingOrder::Received,
            stays: stays(),
        },
        officials: Officials {
            tenderer: named(0),
            agency: None,
            centre: named(1),
            supervisor: named(2),
        },
        trust: Trust {
            origin: ORIGIN.to_owned(),
            statement_key: to_base64(&[1; 32]),
            receipt_key: to_base64(&[2; 32]),
            log_key: None,
            witnesses: Vec::new(),
            quorum: 0,
            tsas: Vec::new(),
            sm2_chain: if suite.is_intl() {
                Vec::new()
            } else {
                vec![to_base64(include_bytes!(
                    "../../../crypto/vectors/keys/sm2.cer"
                ))]
            },
        },
        custodians,
    }
}

fn stays() -> Stays {
    let all: Value = [
        "checking",
        "starting",
        "window",
        "extensions",
        "rescue",
        "quorum",
        "releasing",
        "opening",
        "announcing",
        "confirming",
        "objections",
        "signing",
        "suspension",
    ]
    .into_iter()
    .map(|stay| (stay.to_owned(), Value::from(600)))
    .collect::<serde_json::Map<_, _>>()
    .into();
    serde_json::from_value(all).unwrap()
}

fn organisation(code: &str) -> Organisation {
    code.parse().unwrap()
}
