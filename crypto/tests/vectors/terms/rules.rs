//! What a client does not believe of sealing terms.

use serde_json::{Value, json};

use super::{CENTRE, Cast, DAY, OTHER_PROJECT, certify, point, text};
use crate::pki::*;
use crate::{ORIGIN, PROJECT};

/// A name, the refusal's code, and what is wrong.
type Wrong = (&'static str, &'static str, fn(&mut Value));

/// The log and the witnesses of `../../vectors/log`.
pub const LOG: &str = "bid.example.cn+7d6e3869+AUvd7lUO9zTK4E7uQq5jo3nTEStrpzr1NWiNcsmagoRg";
const WITNESSES: [&str; 3] = [
    "witness1.example.org+dcc611ab+BM6SOYyCRxSXVvLH90g6i+SCD0TEntDDZE63GmSQ+wSo",
    "witness2.example.org+4e2836fa+BEkG+1Mln9l85SWacnRyEg+1q9DULnVVMYhfrVkmR1QQ",
    "witness3.example.org+448da57a+BC5HpyVYK4CUEzJ6wlV28Jtozc617+l4RBrMDQ8gZ9gQ",
];

/// Terms whose statements stand once so many of three witnesses have cosigned.
pub fn witnessed(terms: &mut Value, quorum: u8) {
    terms["trust"]["log_key"] = json!(LOG);
    terms["trust"]["witnesses"] = json!(WITNESSES);
    terms["trust"]["quorum"] = json!(quorum);
}

/// What the terms themselves may not be.
pub fn rules() -> Vec<Wrong> {
    vec![
        ("version 2", "terms-version", |it| it["version"] = json!(2)),
        ("another suite", "terms-version", |it| {
            it["suite"] = json!("xx")
        }),
        ("two envelopes", "terms-version", |it| {
            it["envelopes"] = json!(2)
        }),
        ("an unknown member", "terms-malformed", |it| {
            it["schedule"] = json!(1)
        }),
        (
            "an unknown member of a custodian",
            "terms-malformed",
            |it| it["custodians"][0]["since"] = json!(1),
        ),
        ("a missing member", "terms-malformed", |it| {
            drop(it.as_object_mut().unwrap().remove("policy"))
        }),
        ("an unknown order of reading", "terms-malformed", |it| {
            it["policy"]["reading"] = json!("alphabetical")
        }),
        ("a lot in capitals", "terms-malformed", |it| {
            it["lot"] = json!("LOT")
        }),
        (
            "an organisation with a wrong check character",
            "terms-malformed",
            |it| {
                it["officials"]["centre"]["organisation"] = json!("91350100M000100Y44");
            },
        ),
        ("nobody releases", "terms-thresholds", |it| {
            it["release"] = json!(0)
        }),
        (
            "less than a majority releases, without witnesses",
            "terms-thresholds",
            |it| it["release"] = json!(1),
        ),
        ("more release than there are", "terms-thresholds", |it| {
            it["release"] = json!(4);
            it["rescue"] = json!(5);
        }),
        ("as few rescue as release", "terms-thresholds", |it| {
            it["rescue"] = json!(2)
        }),
        ("more rescue than there are", "terms-thresholds", |it| {
            it["rescue"] = json!(4)
        }),
        ("no custodians", "terms-thresholds", |it| {
            it["custodians"] = json!([])
        }),
        ("one custodian, who is enough", "terms-one-side", |it| {
            it["custodians"].as_array_mut().unwrap().truncate(1);
            it["release"] = json!(1);
            it.as_object_mut().unwrap().remove("rescue");
        }),
        (
            "half of the custodians release, without witnesses",
            "terms-thresholds",
            |it| {
                it["custodians"].as_array_mut().unwrap().truncate(2);
                it["release"] = json!(1);
                it["rescue"] = json!(2);
            },
        ),
        ("a quorum and no log", "terms-log", |it| {
            it["trust"]["quorum"] = json!(1)
        }),
        ("witnesses and no log", "terms-log", |it| {
            it["trust"]["witnesses"] = json!(WITNESSES)
        }),
        ("a log of another name than the origin", "terms-log", |it| {
            it["trust"]["log_key"] = json!(LOG);
            it["trust"]["origin"] = json!("bid.example.com");
        }),
        ("a witness's key for the log's", "terms-log", |it| {
            it["trust"]["log_key"] = json!(WITNESSES[0])
        }),
        ("a log's key for a witness's", "terms-log", |it| {
            witnessed(it, 2);
            it["trust"]["witnesses"][0] = json!(LOG);
        }),
        ("a log's key whose id is another's", "terms-log", |it| {
            it["trust"]["log_key"] = json!(LOG.replacen("7d6e", "7d6f", 1))
        }),
        ("one witness twice", "terms-log", |it| {
            witnessed(it, 2);
            it["trust"]["witnesses"][1] = json!(WITNESSES[0]);
        }),
        ("a quorum of less than half", "terms-log", |it| {
            witnessed(it, 1)
        }),
        ("a quorum of half", "terms-log", |it| {
            witnessed(it, 1);
            it["trust"]["witnesses"].as_array_mut().unwrap().truncate(2);
        }),
        (
            "a quorum of more witnesses than there are",
            "terms-log",
            |it| witnessed(it, 4),
        ),
        (
            "less than a majority releases, with witnesses",
            "terms-thresholds",
            |it| {
                witnessed(it, 2);
                it["release"] = json!(1);
            },
        ),
        ("custodians out of order", "terms-thresholds", |it| {
            it["custodians"].as_array_mut().unwrap().swap(0, 1)
        }),
        ("custodians counted from 0", "terms-thresholds", |it| {
            it["custodians"][0]["x"] = json!(0)
        }),
        ("a statement key of 31 bytes", "terms-platform-key", |it| {
            it["trust"]["statement_key"] = json!(text(&[7; 31]));
        }),
        (
            "a receipt key that is no base64",
            "terms-platform-key",
            |it| it["trust"]["receipt_key"] = json!("?"),
        ),
        (
            "tenderer and agency together reach it alone",
            "terms-one-side",
            |it| {
                it["officials"]["tenderer"] = it["officials"]["centre"].clone();
            },
        ),
        ("another platform's origin", "terms-custodian", |it| {
            it["trust"]["origin"] = json!("bid.example.com")
        }),
        ("another project", "terms-custodian", |it| {
            it["project"] = json!(OTHER_PROJECT)
        }),
        (
            "a key other than the certified one",
            "terms-custodian",
            |it| {
                it["custodians"][0]["key"] = json!(point(9));
            },
        ),
        ("an agent that was not certified", "terms-custodian", |it| {
            it["custodians"][0]["agent"] = json!(text(&[9; 32]));
        }),
        (
            "a certification altered afterwards",
            "terms-custodian",
            |it| {
                let body = it["custodians"][0]["certified"]["body"].as_str().unwrap();
                let body = body.replacen("00000000", "00000001", 1);
                it["custodians"][0]["certified"]["body"] = json!(body);
            },
        ),
        (
            "a certification without a signature",
            "terms-custodian",
            |it| {
                let certified = it["custodians"][0]["certified"].as_object_mut().unwrap();
                certified.remove("signature");
            },
        ),
        ("a certification without grounds", "terms-custodian", |it| {
            let certified = it["custodians"][0]["certified"].as_object_mut().unwrap();
            certified.remove("grounds");
        }),
        (
            "a certification of another custodian's",
            "terms-custodian",
            |it| {
                it["custodians"][0]["certified"] = it["custodians"][1]["certified"].clone();
            },
        ),
    ]
}

type Certified<'a> = (&'static str, &'static str, Box<dyn Fn(&mut Value) + 'a>);

/// What was certified, by whom, for what.
pub fn custodians(cast: &Cast) -> Vec<Certified<'_>> {
    let put = |at: usize, certified: Value| {
        move |it: &mut Value| it["custodians"][at]["certified"] = certified.clone()
    };
    let key = || certify(&point(2), None);
    let foreign = cast.stranger.issue(
        RSA_2048,
        Leaf {
            code: Some(CENTRE),
            ..Leaf::signing()
        },
    );
    let encrypting = cast.root.issue(
        RSA_2048,
        Leaf {
            code: Some(CENTRE),
            ..Leaf::encryption()
        },
    );
    let here = (ORIGIN, PROJECT);
    let by = |certificate: &[u8], place, body: &Value, at| {
        cast.signed(certificate, RSA_2048, place, body, at)
    };
    let own = &cast.centre.certificate;
    let mut publish = key();
    publish["act"] = json!("publish");
    let mut more = key();
    more["lot"] = json!("1");
    let same = cast.certified(&cast.centre, &point(1), None);
    let twice = cast.certified(&cast.agency, &point(2), None);
    let off = text(&[4; 65]);
    let off_curve = cast.certified(&cast.centre, &off, None);
    let agent = text(&[9; 32]);
    let with_agent = cast.certified(&cast.centre, &point(2), Some(&agent));
    vec![
        (
            "certified by another organisation",
            "terms-custodian",
            Box::new(put(
                1,
                cast.accepted(&cast.supervisor, PROJECT, &key(), NOW),
            )),
        ),
        (
            "certified under a strange authority",
            "terms-custodian",
            Box::new(put(1, by(&foreign, here, &key(), NOW))),
        ),
        (
            "certified with a certificate for encryption",
            "terms-custodian",
            Box::new(put(1, by(&encrypting, here, &key(), NOW))),
        ),
        (
            "certified at another platform",
            "terms-custodian",
            Box::new(put(1, by(own, ("bid.example.com", PROJECT), &key(), NOW))),
        ),
        (
            "certified in another project",
            "terms-custodian",
            Box::new(put(1, by(own, (ORIGIN, OTHER_PROJECT), &key(), NOW))),
        ),
        (
            "another act than certify-key",
            "terms-custodian",
            Box::new(put(1, by(own, here, &publish, NOW))),
        ),
        (
            "a certification with a member too many",
            "terms-custodian",
            Box::new(put(1, by(own, here, &more, NOW))),
        ),
        (
            "certified before the certificate began",
            "terms-custodian",
            Box::new(put(1, by(own, here, &key(), NOW - 365 * DAY))),
        ),
        (
            "certified at a time still to come",
            "terms-custodian",
            Box::new(put(1, by(own, here, &key(), NOW + 120_001))),
        ),
        (
            "an agent certified that the terms do not name",
            "terms-custodian",
            Box::new(put(1, with_agent)),
        ),
        (
            "two custodians with one key",
            "terms-same-key",
            Box::new(move |it| {
                it["custodians"][1]["key"] = it["custodians"][0]["key"].clone();
                it["custodians"][1]["certified"] = same.clone();
            }),
        ),
        (
            "one key of two custodians, certified by one of them",
            "terms-same-key",
            Box::new(|it| it["custodians"][1]["key"] = it["custodians"][0]["key"].clone()),
        ),
        (
            "one organisation as two custodians reaches it alone",
            "terms-one-side",
            Box::new(move |it| {
                it["custodians"][1]["organisation"] = json!(cast.agency.code);
                it["custodians"][1]["certified"] = twice.clone();
            }),
        ),
        (
            "a key that is no point",
            "terms-custodian",
            Box::new(move |it| {
                it["custodians"][1]["key"] = json!(off);
                it["custodians"][1]["certified"] = off_curve.clone();
            }),
        ),
    ]
}
