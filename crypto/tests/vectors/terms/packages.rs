//! `terms/packages.json`.

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, RevocationPolicy};
use kaibiao_crypto::encoding::Base64;
use serde_json::{Value, json};

use super::{Cast, Change, DAY, OTHER_PROJECT, Person, point, text};
use crate::pki::*;
use crate::{ORIGIN, PROJECT, write};

/// The host's word for the terms, in a file.
struct Maker<'a> {
    cast: &'a Cast,
    terms: &'a str,
}

impl Maker<'_> {
    fn digest(&self) -> Digest {
        Digest::labelled("kaibiao/1 terms", &[self.terms.as_bytes()])
    }

    fn package(&self, publication: Value) -> Value {
        let cast = self.cast;
        json!({
            "kaibiao": "terms/1", "project": PROJECT, "lot": "1", "number": "FJ-2026-001",
            "title": "供水管网改造", "lot_title": "一标段", "t0": NOW + 30 * DAY,
            "terms": self.terms, "publication": publication,
            "lists": [Base64(cast.list.clone())],
            "platform": {
                "origin": ORIGIN, "receipt_key": text(&[7; 32]),
                "cas": [{
                    "id": "vectors", "root": Digest::of(&cast.root.certificate),
                    "rules": cast.ca().rules, "revocation": "required",
                }],
            },
        })
    }

    fn by(&self, who: &Person, body: &Value) -> Value {
        self.package(self.cast.accepted(who, PROJECT, body, NOW))
    }

    fn good(&self) -> Value {
        self.by(&self.cast.agency, &publish("1", &self.digest()))
    }

    fn changed(&self, change: Change<'_>) -> Value {
        let mut package = self.good();
        change(&mut package);
        package
    }

    fn amend(&self, lot: &str) -> Value {
        json!({
            "act": "amend", "nonce": "22".repeat(16), "lot": lot, "draft": lot_draft(self.terms),
            "terms": self.digest(), "reason": "工期调整",
        })
    }

    fn accepted(&self) -> Vec<(&'static str, Value)> {
        let cast = self.cast;
        let more = |it: &mut Value| {
            let other = cast.stranger.crl(&[], false);
            let lists = it["lists"].as_array_mut().unwrap();
            lists.insert(0, json!(Base64(other)));
            lists.insert(0, json!(text(b"no list")));
        };
        vec![
            ("published by the agency", self.good()),
            (
                "published by the tenderer",
                self.by(&cast.tenderer, &publish("1", &self.digest())),
            ),
            (
                "amended by the agency",
                self.by(&cast.agency, &self.amend("1")),
            ),
            (
                "another title, which nobody believes",
                self.changed(&|it| it["title"] = json!("另一个名称")),
            ),
            (
                "lists that nothing names, one of them none",
                self.changed(&more),
            ),
        ]
    }

    /// Not the host's word for these terms.
    fn unsigned(&self) -> Vec<Wrong> {
        let cast = self.cast;
        let digest = self.digest();
        let published = publish("1", &digest);
        let foreign = cast.stranger.issue(
            P_256,
            Leaf {
                code: Some(cast.agency.code),
                ..Leaf::signing()
            },
        );
        let signed = |certificate: &[u8], place| {
            let act = cast.signed(certificate, P_256, place, &published, NOW);
            self.package(act)
        };
        let own = &cast.agency.certificate;
        let unsigned = "terms-unsigned";
        vec![
            (
                "terms altered afterwards",
                unsigned,
                self.changed(&|it| {
                    let terms = self.terms.replacen("\"minimum\":3", "\"minimum\":1", 1);
                    assert_ne!(terms, self.terms);
                    it["terms"] = json!(terms);
                }),
            ),
            (
                "published by the centre",
                unsigned,
                self.by(&cast.centre, &published),
            ),
            (
                "published for another lot",
                unsigned,
                self.by(&cast.agency, &publish("2", &digest)),
            ),
            (
                "other terms published",
                unsigned,
                self.by(&cast.agency, &publish("1", &Digest::of(b"other"))),
            ),
            (
                "amended for another lot",
                unsigned,
                self.by(&cast.agency, &self.amend("2")),
            ),
            (
                "published in another project",
                unsigned,
                signed(own, (ORIGIN, OTHER_PROJECT)),
            ),
            (
                "published at another platform",
                unsigned,
                signed(own, ("bid.example.com", PROJECT)),
            ),
            (
                "published under a strange authority",
                unsigned,
                signed(&foreign, (ORIGIN, PROJECT)),
            ),
            (
                "another act of the host's",
                unsigned,
                self.package(cast.certified(&cast.agency, &point(1), None)),
            ),
            (
                "a publication altered afterwards",
                unsigned,
                self.changed(&|it| {
                    let body = it["publication"]["body"].as_str().unwrap();
                    let body = body.replacen("11111111", "11111112", 1);
                    it["publication"]["body"] = json!(body);
                }),
            ),
            (
                "a publication without a signature",
                unsigned,
                self.changed(&|it| remove(&mut it["publication"], "signature")),
            ),
            (
                "a publication without grounds",
                unsigned,
                self.changed(&|it| remove(&mut it["publication"], "grounds")),
            ),
        ]
    }

    /// Files that are no package, are labelled wrongly, or lack what is to be judged on.
    fn wrong(&self) -> Vec<Wrong> {
        let form = "package-form";
        vec![
            (
                "another version",
                "package-version",
                self.changed(&|it| it["kaibiao"] = json!("terms/2")),
            ),
            (
                "labelled with another lot",
                "terms-elsewhere",
                self.changed(&|it| it["lot"] = json!("2")),
            ),
            (
                "labelled with another project",
                "terms-elsewhere",
                self.changed(&|it| it["project"] = json!(OTHER_PROJECT)),
            ),
            (
                "without the host's act",
                form,
                self.changed(&|it| remove(it, "publication")),
            ),
            (
                "without terms",
                form,
                self.changed(&|it| remove(it, "terms")),
            ),
            (
                "a list that is no base64",
                form,
                self.changed(&|it| it["lists"] = json!(["?"])),
            ),
            (
                "lists that are null and not left out",
                form,
                self.changed(&|it| it["lists"] = json!(null)),
            ),
            (
                "a list by itself and not in an array",
                form,
                self.changed(&|it| it["lists"] = it["lists"][0].clone()),
            ),
            (
                "without lists",
                "terms-custodian",
                self.changed(&|it| remove(it, "lists")),
            ),
            (
                "the list altered",
                "terms-custodian",
                self.changed(&|it| {
                    let mut list = self.cast.list.clone();
                    *list.last_mut().unwrap() ^= 1;
                    it["lists"] = json!([Base64(list)]);
                }),
            ),
            (
                "a newer list in place of the one that was judged on",
                "terms-custodian",
                self.changed(&|it| {
                    let newer = self.cast.root.list(|list| list.crl_number = 2u64.into());
                    it["lists"] = json!([Base64(newer)]);
                }),
            ),
        ]
    }
}

type Wrong = (&'static str, &'static str, Value);

fn remove(value: &mut Value, member: &str) {
    assert!(value.as_object_mut().unwrap().remove(member).is_some());
}

fn publish(lot: &str, digest: &Digest) -> Value {
    json!({
        "act": "publish", "nonce": "11".repeat(16), "t0": NOW + 30 * DAY,
        "terms": {lot: digest},
    })
}

pub fn make(cast: &Cast, terms: &str) {
    let maker = Maker { cast, terms };
    // The lists are the package's only.
    let ca = cast.root.ca("vectors", vec![]);
    let case = |name: &str, expect: &str, package: &Value, ca: &Ca| {
        json!({
            "name": name, "expect": expect, "file": serde_json::to_string(package).unwrap(),
            "cas": [ca], "now": NOW,
        })
    };
    let accepted = maker.accepted();
    let mut cases: Vec<_> = accepted
        .iter()
        .map(|(name, package)| case(name, "accepted", package, &ca))
        .collect();
    let lenient = Ca {
        revocation: RevocationPolicy::BestEffort,
        ..ca.clone()
    };
    let without = maker.changed(&|it| {
        remove(it, "lists");
        it["platform"]["cas"][0]["revocation"] = json!(RevocationPolicy::BestEffort);
    });
    let name = "without lists, of an authority that is believed without them";
    cases.push(case(name, "accepted", &without, &lenient));
    let refused = maker.wrong().into_iter().chain(maker.unsigned());
    cases.extend(refused.map(|(name, code, package)| case(name, code, &package, &ca)));
    let about = "docs/spec/terms.md, 5: what comes of the text of a package, `accepted` or the code of the refusal, where the client has no network and no revocation lists of its own. `cas` is whom it believes, `now` its clock.";
    write(
        "terms/packages.json",
        &json!({"about": about, "cases": cases}),
    );
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
