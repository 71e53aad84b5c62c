//! `terms/standing.json`: custodians whose agents certified the project's key by a
//! standing authorisation (docs/spec/terms.md, 9).

use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{PublicKey, message};
use kaibiao_crypto::signer::{FileKey, Signer};
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use super::{
    AGENCY, CENTRE, Cast, Change, DAY, OTHER_PROJECT, Person, SUPERVISOR, TENDERER, canonical_text,
    cast, point, text,
};
use crate::pki::*;
use crate::{ORIGIN, PROJECT, write};

const YEAR: i64 = 366 * DAY;

/// An agent: the seed of its key is 32 bytes of this number.
#[derive(Clone, Copy)]
struct Agent(u8);

impl Agent {
    /// Its key in PKCS #8: a fixed head and the seed.
    fn key(self) -> FileKey {
        let head = "302e020100300506032b657004220420";
        let mut pkcs8 = hex::decode(head).unwrap();
        pkcs8.extend([self.0; 32]);
        FileKey::bare(&pkcs8).unwrap()
    }

    fn public(self) -> String {
        let PublicKey::Ed25519(key) = self.key().public_key() else {
            unreachable!("the head says Ed25519");
        };
        text(&key)
    }

    fn signs(self, (origin, project): (&str, &str), body: &Value) -> Value {
        let body = canonical_text(body);
        let read: Value = serde_json::from_str(&body).unwrap();
        let purpose = read["act"].as_str().unwrap();
        let message = message(purpose, origin, project, body.as_bytes());
        let signature = self.key().sign(&message).unwrap();
        json!({
            "body": body,
            "signature": {
                "algorithm": signature.algorithm, "value": signature.value, "chain": [],
            },
        })
    }
}

/// What the centre's custodian has in the terms, as it is or with one thing wrong.
struct Standing<'a> {
    cast: &'a Cast,
    /// Who signs the authorisation, and in which project and for which origin.
    who: &'a Person,
    place: (&'a str, &'a str),
    accepted: i64,
    authorisation: Value,
    /// Who signs the certification, where.
    agent: Agent,
    at: i64,
    certified_in: (&'a str, &'a str),
    certification: Value,
    /// What the certification names, where that is not the authorisation.
    named: Option<Digest>,
}

impl<'a> Standing<'a> {
    fn new(cast: &'a Cast) -> Self {
        let agent = Agent(9);
        Self {
            cast,
            who: &cast.centre,
            place: (ORIGIN, ""),
            accepted: NOW - DAY,
            authorisation: json!({
                "act": "authorise-agent", "nonce": "01".repeat(16), "agent": agent.public(),
                "from": NOW - DAY, "until": NOW - DAY + YEAR,
            }),
            agent,
            at: NOW,
            certified_in: (ORIGIN, PROJECT),
            certification: json!({
                "act": "certify-key", "nonce": "02".repeat(16), "key": point(2),
                "agent": agent.public(),
            }),
            named: None,
        }
    }

    fn put(&self, terms: &mut Value) {
        let act = self.cast.signed(
            &self.who.certificate,
            self.who.pkcs8,
            self.place,
            &self.authorisation,
            self.accepted,
        );
        let digest = Digest::of(act["body"].as_str().unwrap().as_bytes());
        let mut certification = self.certification.clone();
        certification["authorisation"] = json!(self.named.unwrap_or(digest));
        let custodian = &mut terms["custodians"][1];
        custodian["agent"] = json!(self.agent.public());
        custodian["certified"] = self.agent.signs(self.certified_in, &certification);
        custodian["authorised"] = json!({"act": act, "at": self.at});
    }
}

type Twist = fn(&mut Standing<'_>);

/// Those that are believed.
const GOOD: [(&str, Twist); 7] = [
    ("certified by the agent, for all hosts", |_| ()),
    ("for the agency alone", |it| {
        it.authorisation["hosts"] = json!([AGENCY])
    }),
    ("for the tenderer, among others", |it| {
        it.authorisation["hosts"] = json!([SUPERVISOR, TENDERER])
    }),
    ("certified in its first millisecond", |it| {
        it.authorisation["from"] = json!(NOW)
    }),
    ("certified in its last millisecond", |it| {
        it.authorisation["until"] = json!(NOW + 1)
    }),
    ("accepted at the moment of the certification", |it| {
        it.accepted = NOW
    }),
    ("certified two minutes ahead of the client's clock", |it| {
        it.at = NOW + 120_000
    }),
];

/// Those that are refused, and by which code.
const BAD: [(&str, &str, Twist); 28] = [
    ("for other hosts only", "terms-authorisation", |it| {
        it.authorisation["hosts"] = json!([CENTRE, SUPERVISOR])
    }),
    (
        "signed by another organisation",
        "terms-authorisation",
        |it| it.who = &it.cast.supervisor,
    ),
    ("at another platform", "terms-authorisation", |it| {
        it.place = ("bid.example.com", "")
    }),
    ("signed inside the project", "terms-authorisation", |it| {
        it.place = (ORIGIN, PROJECT)
    }),
    ("another act", "terms-authorisation", |it| {
        it.authorisation["act"] = json!("revoke-agent")
    }),
    ("a member too many", "terms-authorisation", |it| {
        it.authorisation["lot"] = json!("1")
    }),
    ("certified before it begins", "terms-authorisation", |it| {
        it.authorisation["from"] = json!(NOW + 1)
    }),
    ("certified at its end", "terms-authorisation", |it| {
        it.authorisation["until"] = json!(NOW)
    }),
    (
        "certified before it was accepted",
        "terms-authorisation",
        |it| it.accepted = NOW + 1,
    ),
    (
        "certified at a time still to come",
        "terms-authorisation",
        |it| it.at = NOW + 120_001,
    ),
    (
        "accepted before its certificate began",
        "terms-authorisation",
        |it| it.accepted = NOW - 365 * DAY,
    ),
    ("longer than 366 days", "terms-authorisation", |it| {
        it.authorisation["until"] = json!(NOW - DAY + YEAR + 1)
    }),
    ("it ends before it begins", "terms-authorisation", |it| {
        it.authorisation["from"] = json!(NOW + DAY);
        it.authorisation["until"] = json!(NOW - DAY);
    }),
    ("no hosts at all", "terms-authorisation", |it| {
        it.authorisation["hosts"] = json!([])
    }),
    ("hosts out of order", "terms-authorisation", |it| {
        it.authorisation["hosts"] = json!([AGENCY, TENDERER])
    }),
    ("a host twice", "terms-authorisation", |it| {
        it.authorisation["hosts"] = json!([AGENCY, AGENCY])
    }),
    (
        "another agent than the terms name",
        "terms-authorisation",
        |it| it.authorisation["agent"] = json!(Agent(8).public()),
    ),
    ("an agent's key of 31 bytes", "terms-authorisation", |it| {
        it.authorisation["agent"] = json!(text(&[9; 31]))
    }),
    (
        "an agent's key that is everybody's",
        "terms-authorisation",
        |it| it.authorisation["agent"] = json!(text(&[0; 32])),
    ),
    ("certified in another project", "terms-custodian", |it| {
        it.certified_in = (ORIGIN, OTHER_PROJECT)
    }),
    ("certified at another platform", "terms-custodian", |it| {
        it.certified_in = ("bid.example.com", PROJECT)
    }),
    (
        "certified under another authorisation",
        "terms-custodian",
        |it| it.named = Some(Digest::of(b"another")),
    ),
    ("another key certified", "terms-custodian", |it| {
        it.certification["key"] = json!(point(9))
    }),
    ("another agent certified", "terms-custodian", |it| {
        it.certification["agent"] = json!(Agent(8).public())
    }),
    ("no agent certified", "terms-custodian", |it| {
        drop(it.certification.as_object_mut().unwrap().remove("agent"))
    }),
    ("another act than certify-key", "terms-custodian", |it| {
        it.certification["act"] = json!("publish")
    }),
    (
        "a certification with a member too many",
        "terms-custodian",
        |it| it.certification["lot"] = json!("1"),
    ),
    ("a key that is no point", "terms-custodian", |it| {
        it.certification["key"] = json!(text(&[4; 65]))
    }),
];

/// A case that is made from terms that are right: its name, its code, and the change.
type Altered<'a> = (&'static str, &'static str, Box<dyn Fn(&mut Value) + 'a>);

/// What is done to terms that are right with an agent.
fn changes(cast: &Cast) -> Vec<Altered<'_>> {
    let by_certificate = |body: Value| {
        move |it: &mut Value| {
            it["custodians"][1]["certified"] = cast.accepted(&cast.centre, PROJECT, &body, NOW);
        }
    };
    let certify = json!({
        "act": "certify-key", "nonce": "02".repeat(16), "key": point(2),
        "agent": Agent(9).public(),
    });
    let mut names_one = certify.clone();
    names_one["authorisation"] = json!(Digest::of(b"some authorisation"));
    let without = by_certificate(names_one.clone());
    vec![
        (
            "certified by certificate, with an authorisation beside it",
            "terms-custodian",
            Box::new(by_certificate(certify)),
        ),
        (
            "certified by certificate, and the body names an authorisation",
            "terms-custodian",
            Box::new(move |it| {
                without(it);
                drop(
                    it["custodians"][1]
                        .as_object_mut()
                        .unwrap()
                        .remove("authorised"),
                );
            }),
        ),
        (
            "certified by the agent, without an authorisation",
            "terms-custodian",
            Box::new(|it| {
                drop(
                    it["custodians"][1]
                        .as_object_mut()
                        .unwrap()
                        .remove("authorised"),
                );
            }),
        ),
        (
            "an authorisation without grounds",
            "terms-authorisation",
            Box::new(|it| {
                let act = &mut it["custodians"][1]["authorised"]["act"];
                drop(act.as_object_mut().unwrap().remove("grounds"));
            }),
        ),
        (
            "an authorisation altered afterwards",
            "terms-authorisation",
            Box::new(|it| {
                let act = &mut it["custodians"][1]["authorised"]["act"];
                let body = act["body"].as_str().unwrap().replacen("0101", "0102", 1);
                act["body"] = json!(body);
            }),
        ),
        (
            "an unknown member beside the authorisation",
            "terms-malformed",
            Box::new(|it| it["custodians"][1]["authorised"]["until"] = json!(NOW)),
        ),
        (
            "another custodian's authorisation and certification",
            "terms-same-key",
            Box::new(|it| {
                for member in ["key", "agent", "certified", "authorised"] {
                    it["custodians"][2][member] = it["custodians"][1][member].clone();
                }
            }),
        ),
        (
            "one agent of two custodians",
            "terms-same-key",
            Box::new(move |it| {
                let body = json!({
                    "act": "certify-key", "nonce": "03".repeat(16), "key": point(3),
                    "agent": Agent(9).public(),
                });
                it["custodians"][2]["agent"] = json!(Agent(9).public());
                it["custodians"][2]["certified"] =
                    cast.accepted(&cast.supervisor, PROJECT, &body, NOW);
            }),
        ),
        (
            "the signature of another key",
            "terms-custodian",
            Box::new(|it| {
                let certified = &mut it["custodians"][1]["certified"];
                let body: Value =
                    serde_json::from_str(certified["body"].as_str().unwrap()).unwrap();
                *certified = Agent(8).signs((ORIGIN, PROJECT), &body);
            }),
        ),
    ]
}

#[test]
#[ignore = "writes the vectors"]
fn write_standing_vectors() {
    let cast = cast();
    let mut cases = Vec::new();
    let mut push = |name: &str, expect: &str, terms: &Value, change: Change<'_>| {
        let terms = String::from_utf8(canonical::to_bytes(terms)).unwrap();
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
    let with = |twist: Twist| {
        let mut standing = Standing::new(&cast);
        twist(&mut standing);
        let mut terms = cast.terms();
        // What the certification says of the key is the terms' key too, but where that
        // is what is wrong.
        if standing.certification["key"] == json!(text(&[4; 65])) {
            terms["custodians"][1]["key"] = standing.certification["key"].clone();
        }
        standing.put(&mut terms);
        terms
    };
    for (name, twist) in GOOD {
        push(name, "accepted", &with(twist), &|_| ());
    }
    let name = "the authorisation is over and its certificate has ended since: that is told and stops nothing";
    push(name, "accepted", &with(|_| ()), &|case| {
        case["now"] = json!(NOW + 2 * 365 * DAY);
        case["since"] = json!(vec!["certificate-expired"; 3]);
    });
    let name = "the list that the authorisation names cannot be had";
    let alone = |case: &mut Value| {
        case["lists"] = json!([]);
        case["cas"][0]["crls"] = json!([]);
    };
    let mut only = with(|_| ());
    let custodians = only["custodians"].as_array_mut().unwrap();
    custodians.swap(0, 1);
    custodians[0]["x"] = json!(1);
    custodians[1]["x"] = json!(2);
    push(name, "terms-authorisation", &only, &alone);
    for (name, code, twist) in BAD {
        push(name, code, &with(twist), &|_| ());
    }
    for (name, code, change) in changes(&cast) {
        let mut terms = with(|_| ());
        change(&mut terms);
        push(name, code, &terms, &|_| ());
    }
    let about = "docs/spec/terms.md, 9, read like `terms.json`: the agent's key has the seed of 32 bytes 9.";
    write(
        "terms/standing.json",
        &json!({"about": about, "cases": cases}),
    );
}
