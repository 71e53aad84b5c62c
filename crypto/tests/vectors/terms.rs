//! `terms/terms.json` and `terms/packages.json`: sealing terms with custodians that
//! certified their keys, and the host's word for them. What reads them lives with the
//! clients: `server/client/tests/terms.rs` and the page.

use kaibiao_crypto::certificate::{Ca, Trust, Use};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::message;
use kaibiao_crypto::signer::{FileKey, Signer};
use kaibiao_crypto::{Digest, canonical};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde_json::{Value, json};

use crate::pki::*;
use crate::{ORIGIN, PROJECT, write};

const OTHER_PROJECT: &str = "0192d3a0-0000-7000-8000-000000000002";
const DAY: i64 = 24 * 3_600_000;

/// Somebody with a certificate.
struct Person {
    code: &'static str,
    name: &'static str,
    pkcs8: &'static [u8],
    certificate: Vec<u8>,
}

/// Codes that GB 32100-2015 allows, of nobody.
const AGENCY: &str = "91350100M000100Y43";
const CENTRE: &str = "12350100MB00000035";
const SUPERVISOR: &str = "11350100MB0000005E";
const TENDERER: &str = "91110000802100433B";

struct Cast {
    root: Authority,
    stranger: Authority,
    list: Vec<u8>,
    agency: Person,
    centre: Person,
    supervisor: Person,
    tenderer: Person,
}

fn cast() -> Cast {
    let root = Authority::root("Kaibiao Terms Root");
    let person = |code, name: &'static str, pkcs8| Person {
        code,
        name,
        pkcs8,
        certificate: root.issue(
            pkcs8,
            Leaf {
                code: Some(code),
                name: name.into(),
                ..Leaf::signing()
            },
        ),
    };
    Cast {
        list: root.crl(&[], false),
        stranger: Authority::root("Kaibiao Terms Stranger"),
        agency: person(AGENCY, "闽招代理", P_256),
        centre: person(CENTRE, "交易中心", RSA_2048),
        supervisor: person(SUPERVISOR, "行政监督", RSA_3072),
        tenderer: person(TENDERER, "榕江水务", RSA_4096),
        root,
    }
}

impl Cast {
    fn ca(&self) -> Ca {
        self.root.ca("vectors", vec![self.list.clone()])
    }

    /// An act as it was accepted at `at`.
    fn accepted(&self, who: &Person, project: &str, body: &Value, at: i64) -> Value {
        self.signed(&who.certificate, who.pkcs8, (ORIGIN, project), body, at)
    }

    fn signed(
        &self,
        certificate: &[u8],
        pkcs8: &[u8],
        (origin, project): (&str, &str),
        body: &Value,
        at: i64,
    ) -> Value {
        let body = String::from_utf8(canonical::to_bytes(body)).unwrap();
        let read: Value = serde_json::from_str(&body).unwrap();
        let purpose = read["act"].as_str().unwrap();
        let signed = message(purpose, origin, project, body.as_bytes());
        let signature = FileKey::bare(pkcs8).unwrap().sign(&signed).unwrap();
        let trust = Trust::new(&[self.ca()]).unwrap();
        let judged = trust.judge(&[certificate], NOW, Use::Sign);
        let crls = match judged {
            Ok(holder) => json!(holder.grounds.crls),
            // Of a strange authority there is none.
            Err(_) => json!([null]),
        };
        json!({
            "body": body,
            "signature": {
                "algorithm": signature.algorithm, "value": signature.value,
                "chain": [Base64(certificate.to_vec())],
            },
            "grounds": {
                "ca": "vectors", "at": at, "crls": crls,
                "path": [Digest::of(certificate), Digest::of(&self.root.certificate)],
            },
        })
    }

    fn certified(&self, who: &Person, key: &str, agent: Option<&str>) -> Value {
        let body = certify(key, agent);
        self.accepted(who, PROJECT, &body, NOW)
    }

    fn custodian(&self, x: u8, who: &Person) -> Value {
        let key = point(x);
        let certified = self.certified(who, &key, None);
        json!({
            "x": x, "organisation": who.code, "name": who.name, "key": key,
            "certified": certified,
        })
    }

    /// Terms that are right.
    fn terms(&self) -> Value {
        let named = |who: &Person| json!({"name": who.name, "organisation": who.code});
        let stays = [
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
            "returning",
        ];
        let stays: serde_json::Map<_, _> = stays
            .map(|stay| (stay.to_owned(), json!(600)))
            .into_iter()
            .collect();
        let key = json!(Base64(vec![7; 32]));
        json!({
            "version": 1, "project": PROJECT, "lot": "1", "number": 1, "suite": "intl",
            "envelopes": 1,
            "schema": {
                "fields": [{
                    "id": "price", "label": "投标报价", "type": "money", "required": true,
                    "public": true,
                }],
                "price": "price", "better": "low",
            },
            "custodians": [
                self.custodian(1, &self.agency),
                self.custodian(2, &self.centre),
                self.custodian(3, &self.supervisor),
            ],
            "release": 2, "rescue": 3,
            "policy": {
                "minimum": 3, "fails_after_unlock": false, "masked": false,
                "reading": "received", "stays": stays,
            },
            "officials": {
                "tenderer": named(&self.tenderer), "agency": named(&self.agency),
                "centre": named(&self.centre), "supervisor": named(&self.supervisor),
            },
            "trust": {
                "origin": ORIGIN, "statement_key": key, "receipt_key": key, "quorum": 0,
            },
        })
    }
}

fn certify(key: &str, agent: Option<&str>) -> Value {
    let mut body = json!({"act": "certify-key", "nonce": "00".repeat(16), "key": key});
    if let Some(agent) = agent {
        body["agent"] = json!(agent);
    }
    body
}

/// Base64 of the point of a custodian's key: the scalar is 32 bytes x.
fn point(x: u8) -> String {
    let key = p256::SecretKey::from_slice(&[x; 32]).unwrap();
    let point = key.public_key().to_sec1_point(false);
    text(point.as_bytes())
}

fn text(bytes: &[u8]) -> String {
    let value = serde_json::to_value(Base64(bytes.to_vec())).unwrap();
    value.as_str().unwrap().to_owned()
}

fn canonical_text(terms: &Value) -> String {
    String::from_utf8(canonical::to_bytes(terms)).unwrap()
}

#[test]
#[ignore = "writes the vectors"]
fn write_terms_vectors() {
    let cast = cast();
    let mut cases = Vec::new();
    let mut push = |name: &str, expect: &str, terms: String, now: i64| {
        let digest = Digest::labelled("kaibiao/1 terms", &[terms.as_bytes()]);
        cases.push(json!({
            "name": name, "expect": expect, "terms": terms, "digest": digest,
            "cas": [cast.ca()], "lists": [Base64(cast.list.clone())], "now": now,
        }));
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut terms = cast.terms();
        change(&mut terms);
        canonical_text(&terms)
    };
    let good = with(&|_| ());
    push("as published", "accepted", good.clone(), NOW);
    let name = "the custodians' certificates ended since: that is told and stops nothing";
    push(name, "accepted", good.clone(), NOW + 365 * DAY);
    let agent = text(&[9; 32]);
    type Change<'a> = &'a dyn Fn(&mut Value);
    let accepted: [(&str, Change<'_>); 4] = [
        ("without rescue", &|it| {
            drop(it.as_object_mut().unwrap().remove("rescue"))
        }),
        ("all must release", &|it| {
            it["release"] = json!(3);
            it.as_object_mut().unwrap().remove("rescue");
        }),
        ("with an agent", &|it| {
            it["custodians"][1]["agent"] = json!(agent);
            it["custodians"][1]["certified"] =
                cast.certified(&cast.centre, &point(2), Some(&agent));
        }),
        ("certified two minutes ahead of the client's clock", &|it| {
            it["custodians"][1]["certified"] = cast.accepted(
                &cast.centre,
                PROJECT,
                &certify(&point(2), None),
                NOW + 120_000,
            );
        }),
    ];
    for (name, change) in accepted {
        push(name, "accepted", with(change), NOW);
    }
    for (name, terms) in [
        ("white space", good.replacen("\"lot\":", "\"lot\": ", 1)),
        (
            "a member twice",
            good.replacen("\"lot\":", "\"lot\":\"2\",\"lot\":", 1),
        ),
        ("a line feed at the end", good.clone() + "\n"),
    ] {
        push(name, "refused", terms, NOW);
    }
    for (name, change) in rules() {
        push(name, "refused", with(&change), NOW);
    }
    for (name, change) in custodians(&cast) {
        push(name, "refused", with(&*change), NOW);
    }
    write("terms/terms.json", &cases);
    packages(&cast, &good);
}

type Wrong = (&'static str, fn(&mut Value));

/// What the terms themselves may not be.
fn rules() -> Vec<Wrong> {
    vec![
        ("version 2", |it| it["version"] = json!(2)),
        ("another suite", |it| it["suite"] = json!("gm")),
        ("two envelopes", |it| it["envelopes"] = json!(2)),
        ("an unknown member", |it| it["schedule"] = json!(1)),
        ("an unknown member of a custodian", |it| {
            it["custodians"][0]["since"] = json!(1)
        }),
        ("a missing member", |it| {
            drop(it.as_object_mut().unwrap().remove("policy"))
        }),
        ("an unknown order of reading", |it| {
            it["policy"]["reading"] = json!("alphabetical")
        }),
        ("a lot in capitals", |it| it["lot"] = json!("LOT")),
        ("an organisation with a wrong check character", |it| {
            it["officials"]["centre"]["organisation"] = json!("91350100M000100Y44");
        }),
        ("nobody releases", |it| it["release"] = json!(0)),
        ("less than a majority releases, without witnesses", |it| {
            it["release"] = json!(1)
        }),
        ("more release than there are", |it| {
            it["release"] = json!(4);
            it["rescue"] = json!(5);
        }),
        ("as few rescue as release", |it| it["rescue"] = json!(2)),
        ("more rescue than there are", |it| it["rescue"] = json!(4)),
        ("no custodians", |it| it["custodians"] = json!([])),
        ("one custodian, who is enough", |it| {
            it["custodians"].as_array_mut().unwrap().truncate(1);
            it["release"] = json!(1);
            it.as_object_mut().unwrap().remove("rescue");
        }),
        ("half of the custodians release, without witnesses", |it| {
            it["custodians"].as_array_mut().unwrap().truncate(2);
            it["release"] = json!(1);
            it["rescue"] = json!(2);
        }),
        ("witnesses whom nobody can check", |it| {
            it["trust"]["quorum"] = json!(1)
        }),
        ("custodians out of order", |it| {
            it["custodians"].as_array_mut().unwrap().swap(0, 1)
        }),
        ("custodians counted from 0", |it| {
            it["custodians"][0]["x"] = json!(0)
        }),
        ("a statement key of 31 bytes", |it| {
            it["trust"]["statement_key"] = json!(text(&[7; 31]));
        }),
        ("a receipt key that is no base64", |it| {
            it["trust"]["receipt_key"] = json!("?")
        }),
        ("tenderer and agency together reach it alone", |it| {
            it["officials"]["tenderer"] = it["officials"]["centre"].clone();
        }),
        ("another platform's origin", |it| {
            it["trust"]["origin"] = json!("bid.example.com")
        }),
        ("another project", |it| it["project"] = json!(OTHER_PROJECT)),
        ("a key other than the certified one", |it| {
            it["custodians"][0]["key"] = json!(point(9));
        }),
        ("an agent that was not certified", |it| {
            it["custodians"][0]["agent"] = json!(text(&[9; 32]));
        }),
        ("a certification altered afterwards", |it| {
            let body = it["custodians"][0]["certified"]["body"].as_str().unwrap();
            let body = body.replacen("00000000", "00000001", 1);
            it["custodians"][0]["certified"]["body"] = json!(body);
        }),
        ("a certification without a signature", |it| {
            let certified = it["custodians"][0]["certified"].as_object_mut().unwrap();
            certified.remove("signature");
        }),
        ("a certification without grounds", |it| {
            let certified = it["custodians"][0]["certified"].as_object_mut().unwrap();
            certified.remove("grounds");
        }),
        ("a certification of another custodian's", |it| {
            it["custodians"][0]["certified"] = it["custodians"][1]["certified"].clone();
        }),
    ]
}

type Certified<'a> = (&'static str, Box<dyn Fn(&mut Value) + 'a>);

/// What was certified, by whom, for what.
fn custodians(cast: &Cast) -> Vec<Certified<'_>> {
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
    let off = text(&[4; 65]);
    let off_curve = cast.certified(&cast.centre, &off, None);
    let agent = text(&[9; 32]);
    let with_agent = cast.certified(&cast.centre, &point(2), Some(&agent));
    vec![
        (
            "certified by another organisation",
            Box::new(put(
                1,
                cast.accepted(&cast.supervisor, PROJECT, &key(), NOW),
            )),
        ),
        (
            "certified under a strange authority",
            Box::new(put(1, by(&foreign, here, &key(), NOW))),
        ),
        (
            "certified with a certificate for encryption",
            Box::new(put(1, by(&encrypting, here, &key(), NOW))),
        ),
        (
            "certified at another platform",
            Box::new(put(1, by(own, ("bid.example.com", PROJECT), &key(), NOW))),
        ),
        (
            "certified in another project",
            Box::new(put(1, by(own, (ORIGIN, OTHER_PROJECT), &key(), NOW))),
        ),
        (
            "another act than certify-key",
            Box::new(put(1, by(own, here, &publish, NOW))),
        ),
        (
            "a certification with a member too many",
            Box::new(put(1, by(own, here, &more, NOW))),
        ),
        (
            "certified before the certificate began",
            Box::new(put(1, by(own, here, &key(), NOW - 365 * DAY))),
        ),
        (
            "certified at a time still to come",
            Box::new(put(1, by(own, here, &key(), NOW + 120_001))),
        ),
        (
            "an agent certified that the terms do not name",
            Box::new(put(1, with_agent)),
        ),
        (
            "two custodians with one key",
            Box::new(move |it| {
                it["custodians"][1]["key"] = it["custodians"][0]["key"].clone();
                it["custodians"][1]["certified"] = same.clone();
            }),
        ),
        (
            "a key that is no point",
            Box::new(move |it| {
                it["custodians"][1]["key"] = json!(off);
                it["custodians"][1]["certified"] = off_curve.clone();
            }),
        ),
    ]
}

/// The host's word for the terms, in a file.
fn packages(cast: &Cast, terms: &str) {
    let digest = Digest::labelled("kaibiao/1 terms", &[terms.as_bytes()]);
    let publish = |lot: &str, digest: &Digest| json!({"act": "publish", "nonce": "11".repeat(16), "t0": NOW + 30 * DAY, "terms": {lot: digest}});
    let by = |who: &Person, body: &Value| cast.accepted(who, PROJECT, body, NOW);
    let package = |publication: Value| {
        json!({
            "kaibiao": "terms/1", "project": PROJECT, "lot": "1", "number": "FJ-2026-001",
            "title": "供水管网改造", "lot_title": "一标段", "t0": NOW + 30 * DAY,
            "terms": terms, "publication": publication,
            "platform": {
                "origin": ORIGIN, "receipt_key": text(&[7; 32]),
                "cas": [{"id": "vectors", "root": Digest::of(&cast.root.certificate), "rules": cast.ca().rules}],
            },
        })
    };
    let good = package(by(&cast.agency, &publish("1", &digest)));
    let amend = |lot: &str| {
        json!({
            "act": "amend", "nonce": "22".repeat(16), "lot": lot, "draft": lot_draft(terms),
            "terms": digest, "reason": "工期调整",
        })
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut package = good.clone();
        change(&mut package);
        package
    };
    let mut cases = Vec::new();
    let mut push = |name: &str, expect: &str, package: &Value| {
        cases.push(json!({
            "name": name, "expect": expect, "file": serde_json::to_string(package).unwrap(),
            "cas": [cast.ca()], "lists": [Base64(cast.list.clone())], "now": NOW,
        }));
    };
    push("published by the agency", "accepted", &good);
    let tenderer = by(&cast.tenderer, &publish("1", &digest));
    push("published by the tenderer", "accepted", &package(tenderer));
    push(
        "amended by the agency",
        "accepted",
        &package(by(&cast.agency, &amend("1"))),
    );
    let labelled = changed(&|it| it["title"] = json!("另一个名称"));
    push(
        "another title, which nobody believes",
        "accepted",
        &labelled,
    );
    let refused: Vec<(&str, Value)> = vec![
        (
            "another version",
            changed(&|it| it["kaibiao"] = json!("terms/2")),
        ),
        (
            "labelled with another lot",
            changed(&|it| it["lot"] = json!("2")),
        ),
        (
            "labelled with another project",
            changed(&|it| it["project"] = json!(OTHER_PROJECT)),
        ),
        (
            "without the host's act",
            changed(&|it| drop(it.as_object_mut().unwrap().remove("publication"))),
        ),
        (
            "without terms",
            changed(&|it| drop(it.as_object_mut().unwrap().remove("terms"))),
        ),
        (
            "terms altered afterwards",
            changed(&|it| {
                let text =
                    it["terms"]
                        .as_str()
                        .unwrap()
                        .replacen("\"minimum\":3", "\"minimum\":1", 1);
                it["terms"] = json!(text);
            }),
        ),
        (
            "published by the centre",
            package(by(&cast.centre, &publish("1", &digest))),
        ),
        (
            "published for another lot",
            package(by(&cast.agency, &publish("2", &digest))),
        ),
        (
            "other terms published",
            package(by(&cast.agency, &publish("1", &Digest::of(b"other")))),
        ),
        (
            "amended for another lot",
            package(by(&cast.agency, &amend("2"))),
        ),
        (
            "published in another project",
            package(cast.accepted(&cast.agency, OTHER_PROJECT, &publish("1", &digest), NOW)),
        ),
        (
            "a publication without a signature",
            changed(&|it| {
                drop(
                    it["publication"]
                        .as_object_mut()
                        .unwrap()
                        .remove("signature"),
                )
            }),
        ),
    ];
    for (name, package) in refused {
        push(name, "refused", &package);
    }
    write("terms/packages.json", &cases);
}

/// A lot draft that would make these terms.
fn lot_draft(terms: &str) -> Value {
    let terms: Value = serde_json::from_str(terms).unwrap();
    let custodians = terms["custodians"].as_array().unwrap().iter();
    let custodians: Vec<_> = custodians
        .map(|it| json!({"name": it["name"], "organisation": it["organisation"]}))
        .collect();
    json!({
        "title": "一标段", "schema": terms["schema"], "custodians": custodians,
        "release": terms["release"], "rescue": terms["rescue"], "policy": terms["policy"],
    })
}
