//! Rescues: b put together again from the custodians' shares of it, and its
//! dealing recomputed before it is used (section 15, steps 2 and 3, for role 2).

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use super::run::{base64, list, secret};
use super::{failure, read};
use crate::bid::Header;
use crate::encoding::to_base64;
use crate::secret::Secret;
use crate::wrap::{PublicKey, Role};

fn recipe() -> Recipe {
    Recipe {
        rescue: Some(3),
        documents: vec![],
        ..Recipe::default()
    }
}

struct Book {
    cases: Vec<Value>,
}

impl Book {
    fn case(&mut self, name: &str, forge: &Forge, shares: &[(u8, Secret)], outcome: Value) {
        self.among(name, forge, shares, &custodian_keys(), outcome);
    }

    fn among(
        &mut self,
        name: &str,
        forge: &Forge,
        shares: &[(u8, Secret)],
        custodians: &[PublicKey],
        outcome: Value,
    ) {
        let shares: Vec<_> = shares
            .iter()
            .map(|(x, share)| json!({"x": x, "share": hex::encode(share.as_bytes())}))
            .collect();
        let custodians: Vec<_> = custodians
            .iter()
            .map(|key| to_base64(&key.spki()))
            .collect();
        self.cases.push(json!({
            "name": name, "header": to_base64(&forge.header()), "custodians": custodians,
            "shares": shares, "outcome": outcome,
        }));
    }
}

fn shares(forge: &Forge, role: Role, t: u8, of: &Secret) -> Vec<(u8, Secret)> {
    let dealt = forge.derivation().deal(role, t, 3, of);
    dealt.into_iter().map(|it| (it.x, it.share)).collect()
}

pub(super) fn rescues() -> Value {
    let mut book = Book { cases: Vec::new() };
    let honest = Forge::new(&recipe().seal());
    let b = json!({"b": hex::encode(honest.b.as_bytes())});
    let all = shares(&honest, Role::Rescue, 3, &honest.b);
    combining(&mut book, &honest, &all, &b);
    dealing(&mut book, &honest, &all);

    let two = Forge::new(
        &Recipe {
            release: 1,
            rescue: Some(2),
            ..recipe()
        }
        .seal(),
    );
    let b = json!({"b": hex::encode(two.b.as_bytes())});
    let all = shares(&two, Role::Rescue, 2, &two.b);
    let pairs = [
        ("1 and 2", [0, 1]),
        ("1 and 3", [0, 2]),
        ("3 and 2", [2, 1]),
    ];
    for (who, pair) in pairs {
        let pair = pair.map(|at| all[at].clone());
        book.case(&format!("two of three, {who}"), &two, &pair, b.clone());
    }
    // t of the valid shares with the smallest x count; the third is not looked at.
    let mut bent = two.clone();
    let foreign = Secret::from_bytes([0x33; 32]);
    let ephemeral = bent.derivation().deal(Role::Rescue, 2, 3, &bent.b)[2]
        .ephemeral
        .clone();
    bent.hand(Role::Rescue, 3, &foreign, &ephemeral);
    let mut known = all.clone();
    known[2].1 = foreign;
    let name =
        "share 3 not on the polynomial, all three come: the first two count, the dealing tells";
    book.case(
        name,
        &bent,
        &known,
        failure("dealing", "dealing-commitment"),
    );
    let name = "share 3 not on the polynomial, 2 and 3 come";
    book.case(
        name,
        &bent,
        &known[1..],
        failure("rescue", "rescue-mismatch"),
    );

    let none = Forge::new(
        &Recipe {
            rescue: None,
            ..recipe()
        }
        .seal(),
    );
    let name = "a bid sealed without rescue, no shares";
    book.case(name, &none, &[], failure("rescue", "shares-too-few"));
    let release = shares(&none, Role::Release, 2, &none.r);
    let name = "a bid sealed without rescue, a share of r";
    book.case(
        name,
        &none,
        &release[..1],
        failure("share 1", "share-mismatch"),
    );
    json!({
        "about": "Rescues (sections 10 and 15): shares of b by the custodians, checked one by one, put together, and the dealing of b recomputed against `custodians` (SPKIs). `outcome` is b, or the first failure.",
        "cases": book.cases,
    })
}

fn combining(book: &mut Book, honest: &Forge, all: &[(u8, Secret)], b: &Value) {
    book.case("all three", honest, all, b.clone());
    let name = "all three, the last one first";
    let mut turned = all.to_vec();
    turned.reverse();
    book.case(name, honest, &turned, b.clone());
    let too_few = failure("rescue", "shares-too-few");
    book.case("two of the three that it takes", honest, &all[..2], too_few);
    let twice = [all[0].clone(), all[1].clone(), all[1].clone()];
    let name = "the same share twice";
    book.case(name, honest, &twice, failure("rescue", "shares-duplicate"));
    let name = "two shares that are one, and no third";
    let outcome = failure("rescue", "shares-duplicate");
    book.case(name, honest, &twice[1..], outcome);
    let mut swapped = all.to_vec();
    swapped[0].1 = all[1].1.clone();
    let name = "custodian 2's share for custodian 1";
    book.case(name, honest, &swapped, failure("share 1", "share-mismatch"));
    let release = shares(honest, Role::Release, 2, &honest.r);
    let name = "shares of r for shares of b";
    book.case(name, honest, &release, failure("share 1", "share-mismatch"));
    let mut fourth = all.to_vec();
    fourth.push((4, all[0].1.clone()));
    let name = "a share of a custodian that there is not";
    book.case(name, honest, &fourth, failure("share 4", "share-mismatch"));
}

fn dealing(book: &mut Book, honest: &Forge, all: &[(u8, Secret)]) {
    let foreign = Secret::from_bytes([0x33; 32]);
    let mut other = honest.clone();
    other.deal(Role::Rescue, &foreign);
    let dealt = shares(&other, Role::Rescue, 3, &foreign);
    let name = "shares of something else than b";
    book.case(name, &other, &dealt, failure("rescue", "rescue-mismatch"));

    let mut bent = honest.clone();
    let ephemeral = bent.derivation().deal(Role::Rescue, 3, 3, &bent.b)[1]
        .ephemeral
        .clone();
    bent.hand(Role::Rescue, 2, &foreign, &ephemeral);
    let mut known = all.to_vec();
    known[1].1 = foreign.clone();
    let name = "a share that is not on the polynomial";
    book.case(name, &bent, &known, failure("rescue", "rescue-mismatch"));

    // Other coefficients: the shares make b, and are not those that b deals.
    let mut random = honest.clone();
    let known = other_polynomial(all);
    for (x, share) in &known {
        let ephemeral = &honest.derivation().deal(Role::Rescue, 3, 3, &honest.b);
        random.hand(
            Role::Rescue,
            *x,
            share,
            &ephemeral[usize::from(*x) - 1].ephemeral,
        );
    }
    let name = "coefficients that were not derived from b";
    book.case(
        name,
        &random,
        &known,
        failure("dealing", "dealing-commitment"),
    );

    let mut ephemeral = honest.clone();
    ephemeral.hand(Role::Rescue, 2, &all[1].1, &foreign);
    let name = "a wrap with another ephemeral key";
    book.case(name, &ephemeral, all, failure("dealing", "dealing-wrap"));

    let mut hollow = honest.clone();
    hollow.wraps.rescue[2] = honest.wraps.release[2].clone();
    let name = "the wrap for release in the place of the one for rescue";
    book.case(name, &hollow, all, failure("dealing", "dealing-wrap"));

    let name = "r dealt wrongly: the dealing of b still holds";
    let mut release = honest.clone();
    release.hand(Role::Release, 1, &foreign, &foreign);
    let b = json!({"b": hex::encode(honest.b.as_bytes())});
    book.case(name, &release, all, b);

    let outcome = failure("dealing", "other-custodians");
    let keys = custodian_keys();
    let mut turned = keys.clone();
    turned.reverse();
    let name = "the keys of the same custodians in another order";
    book.among(name, honest, all, &turned, outcome.clone());
    let mut stranger = keys.clone();
    stranger[1] = p256("stranger").public();
    let name = "the key of another custodian";
    book.among(name, honest, all, &stranger, outcome.clone());
    let name = "a custodian's key missing";
    book.among(name, honest, all, &keys[..2], outcome.clone());
    let more = [&keys[..], &stranger[1..2]].concat();
    let name = "a custodian's key too many";
    book.among(name, honest, all, &more, outcome);
}

/// Shares of the same secret by another polynomial: x, which is added, is 0 at 0.
fn other_polynomial(all: &[(u8, Secret)]) -> Vec<(u8, Secret)> {
    let add = |x: u8, share: &Secret| {
        let mut bytes = *share.as_bytes();
        for byte in &mut bytes {
            *byte ^= x;
        }
        (x, Secret::from_bytes(bytes))
    };
    all.iter().map(|(x, share)| add(*x, share)).collect()
}

#[test]
fn every_rescue_has_its_expected_outcome() {
    let file = read("rescues.json");
    let cases = list(&file["cases"]);
    assert!(cases.len() > 20);
    for case in cases {
        let outcome = rescue(case).unwrap_or_else(|(at, code)| json!({"at": at, "code": code}));
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

fn rescue(case: &Value) -> Result<Value, (String, String)> {
    let at = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    let header = Header::parse(&base64(&case["header"])).unwrap();
    let mut shares = Vec::new();
    for share in list(&case["shares"]) {
        let x = u8::try_from(share["x"].as_u64().unwrap()).unwrap();
        let checked = header.check_share(0, Role::Rescue, x, secret(&share["share"]));
        shares.push(checked.map_err(|problem| at(&format!("share {x}"), problem.code()))?);
    }
    let b = header
        .recover_rescue(0, &shares)
        .map_err(|problem| at("rescue", problem.code()))?;
    let custodians: Vec<_> = list(&case["custodians"])
        .iter()
        .map(|key| PublicKey::from_spki(&base64(key)).unwrap())
        .collect();
    let b = header
        .audit_rescue(b, &custodians)
        .map_err(|problem| at("dealing", problem.code()))?;
    Ok(json!({"b": hex::encode(b.secret().as_bytes())}))
}
