//! `terms/terms.json` and `terms/packages.json`: sealing terms with custodians that
//! certified their keys, and the host's word for them. What reads them lives with the
//! clients: `server/client/tests/terms.rs` and the page.

mod packages;
mod rules;
mod sealed;
mod standing;

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

    fn terms_with(&self, change: Change<'_>) -> Value {
        let mut terms = self.terms();
        change(&mut terms);
        terms
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

type Change<'a> = &'a dyn Fn(&mut Value);

/// Terms that are believed.
fn accepted(cast: &Cast) -> Vec<(&'static str, Value)> {
    let agent = text(&[9; 32]);
    let ahead = cast.accepted(
        &cast.centre,
        PROJECT,
        &certify(&point(2), None),
        NOW + 120_000,
    );
    let with_agent = cast.certified(&cast.centre, &point(2), Some(&agent));
    let changes: [(&str, Change<'_>); 8] = [
        ("as published", &|_| ()),
        ("without rescue", &|it| {
            drop(it.as_object_mut().unwrap().remove("rescue"));
        }),
        ("all must release", &|it| {
            it["release"] = json!(3);
            it.as_object_mut().unwrap().remove("rescue");
        }),
        ("with an agent", &|it| {
            it["custodians"][1]["agent"] = json!(agent);
            it["custodians"][1]["certified"] = with_agent.clone();
        }),
        ("certified two minutes ahead of the client's clock", &|it| {
            it["custodians"][1]["certified"] = ahead.clone();
        }),
        ("with a log and no witnesses", &|it| {
            it["trust"]["log_key"] = json!(rules::LOG);
        }),
        ("with witnesses whom nobody is asked for", &|it| {
            rules::witnessed(it, 0)
        }),
        ("with a quorum of two in three witnesses", &|it| {
            rules::witnessed(it, 2)
        }),
    ];
    let with = |(name, change): (_, Change<'_>)| (name, cast.terms_with(change));
    changes.into_iter().map(with).collect()
}

#[test]
#[ignore = "writes the vectors"]
fn write_terms_vectors() {
    let cast = cast();
    let mut cases = Vec::new();
    let mut push = |name: &str, expect: &str, terms: &str, change: Change<'_>| {
        let mut case = json!({
            "name": name, "expect": expect, "terms": terms,
            "digest": Digest::labelled("kaibiao/1 terms", &[terms.as_bytes()]),
            "cas": [cast.ca()], "lists": [Base64(cast.list.clone())], "now": NOW,
        });
        if expect == "accepted" {
            case["since"] = json!([]);
        }
        change(&mut case);
        cases.push(case);
    };
    let good = canonical_text(&cast.terms());
    for (name, terms) in accepted(&cast) {
        push(name, "accepted", &canonical_text(&terms), &|_| ());
    }
    let name = "the custodians' certificates ended since: that is told and stops nothing";
    push(name, "accepted", &good, &|case| {
        case["now"] = json!(NOW + 365 * DAY);
        case["since"] = json!(vec!["certificate-expired"; 3]);
    });
    let name = "the list that the certifications name cannot be had";
    push(name, "terms-custodian", &good, &|case| {
        case["lists"] = json!([]);
        case["cas"][0]["crls"] = json!([]);
    });
    for (name, terms) in [
        ("white space", good.replacen("\"lot\":", "\"lot\": ", 1)),
        (
            "a member twice",
            good.replacen("\"lot\":", "\"lot\":\"2\",\"lot\":", 1),
        ),
        ("a line feed at the end", good.clone() + "\n"),
    ] {
        push(name, "terms-malformed", &terms, &|_| ());
    }
    for (name, code, change) in rules::rules() {
        push(
            name,
            code,
            &canonical_text(&cast.terms_with(&change)),
            &|_| {},
        );
    }
    for (name, code, change) in rules::custodians(&cast) {
        let terms = canonical_text(&cast.terms_with(&*change));
        push(name, code, &terms, &|_| ());
    }
    let about = "docs/spec/terms.md, 2: `accepted`, or the code of the refusal. `cas` is whom the client believes, `lists` the revocation lists that it got by the digests in the grounds, `now` its clock; the client asked for the project and lot that they name. `since`: what is told of the custodians' certificates now, in the order of x.";
    write("terms/terms.json", &json!({"about": about, "cases": cases}));
    packages::make(&cast, &good);
}
