//! `log/receipts.json`: what a receipt, and the proof that it turned into, shows; and
//! what shows nothing, or something against the platform, with the code of the check
//! that fails (docs/spec/receipts.md).

use kaibiao_core::anchored::ProvedEvent;
use kaibiao_core::event::{Facts, What};
use kaibiao_core::receipt::{
    self, Believed, FORMAT, ReceiptFile, ReceiptProblem, ReceiptProof, Shown, SignedReceipt,
};
use kaibiao_core::role::By;
use kaibiao_core::terms::Trust;
use kaibiao_crypto::anchor::{AnchorSalt, Anchored};
use kaibiao_crypto::encoding::{from_base64, to_base64};
use kaibiao_crypto::merkle::leaf_hash;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::statement::{Receipt, SignedStatement};
use kaibiao_crypto::tlog::{LogKey, LogProof};
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use super::anchored::{AT, ORIGIN, PROJECT, SECOND, World, key, salt, trust};
use super::hold;
use crate::world::{SM2_CERTIFICATE, SM2_KEY};

/// The event of the bid, of seven, and the closing one.
const SEQ: u64 = 3;
const CLOSING: u64 = 5;
const RECEIVED: i64 = AT - 9_000;

struct Zeros;

impl Rng for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn bid() -> Digest {
    Digest::of(&[1])
}

fn received(lot: &str, bid: Digest, by: By) -> String {
    let what = What::BidReceived {
        lot: lot.parse().unwrap(),
        party: serde_json::from_value(json!("00000000000000000000000000000001")).unwrap(),
        bid,
        sequence: 1,
        previous: None,
        terms: Digest::of(b"terms"),
        rescue: false,
    };
    let facts = Facts {
        by,
        act: Some(Digest::of(b"act")),
        what,
    };
    String::from_utf8(canonical::to_bytes(&facts)).unwrap()
}

/// A stream in which the third event is told so.
fn world(facts: String) -> World {
    World::told(|all| all[2] = facts)
}

fn honest() -> World {
    world(received("1", bid(), By::Bidder))
}

fn believed(witnesses: u8, quorum: u8) -> Trust {
    Trust {
        receipt_key: to_base64(key(9).public_key().as_bytes()),
        ..trust(witnesses, quorum)
    }
}

fn said(world: &World, tick: u64) -> Receipt {
    Receipt {
        bid: bid(),
        leaf: leaf_hash(world.shells[2].as_bytes()),
        lot: "1".into(),
        project: PROJECT.into(),
        received: RECEIVED,
        tick,
    }
}

fn signed(receipt: &Receipt) -> SignedReceipt {
    signed_by(receipt, ORIGIN, 9)
}

fn signed_by(receipt: &Receipt, origin: &str, seed: u8) -> SignedReceipt {
    SignedStatement::issue(receipt, origin, &key(seed), &mut Zeros)
        .unwrap()
        .into()
}

/// The proof by the anchor of this tick, whose tree has this size and whose entry this
/// place in the log.
fn proof(
    world: &World,
    receipt: SignedReceipt,
    (tick, size, index): (u64, u64, u64),
) -> ReceiptProof {
    let times = [(1, SECOND), (2, SECOND + 3)];
    let path = world.tree(size).inclusion(SEQ - 1, size);
    ReceiptProof {
        anchored: Anchored {
            anchor: world.anchor(tick, size),
            proof: world.log_proof(index, world.checkpoint(&times)).to_string(),
        },
        event: ProvedEvent {
            facts: world.facts[2].clone(),
            path: path.map_or_else(Vec::new, |proof| proof.path),
            salt: AnchorSalt(salt(3)),
            shell: world.shells[2].clone(),
        },
        format: FORMAT.into(),
        receipt,
    }
}

/// The closing statement's anchor, which is the promised one.
const CLOSING_ANCHOR: (u64, u64, u64) = (2, CLOSING, 2);

fn kept(change: impl FnOnce(&mut ReceiptProof)) -> String {
    let world = honest();
    let mut proof = proof(&world, signed(&said(&world, 2)), CLOSING_ANCHOR);
    change(&mut proof);
    String::from_utf8(proof.to_bytes()).unwrap()
}

fn outcome(file: &str, trust: &Trust, project: Option<&str>) -> (&'static str, &'static str) {
    let checked = Believed::of(trust, project.map(str::to_owned))
        .and_then(|believed| ReceiptFile::read(file.as_bytes())?.check(&believed));
    match checked {
        Ok(Shown::Promised(_)) => ("promise", "ok"),
        Ok(Shown::Proved(_)) => ("proved", "ok"),
        Err(problem) if problem.is_against_platform() => ("against", problem.code()),
        Err(problem) => ("nothing", problem.code()),
    }
}

struct Cases(Vec<Value>);

impl Cases {
    fn add(&mut self, name: &str, file: &str, expected: (&str, &str)) {
        self.told(name, file, &believed(3, 2), None, expected);
    }

    fn told(
        &mut self,
        name: &str,
        file: &str,
        trust: &Trust,
        project: Option<&str>,
        expected: (&str, &str),
    ) {
        let (outcome, code) = outcome(file, trust, project);
        assert_eq!((outcome, code), expected, "{name}");
        self.0.push(json!({
            "name": name, "file": file, "trust": trust, "project": project,
            "outcome": outcome, "code": code,
        }));
    }
}

#[test]
fn receipts_show_what_their_vectors_say() {
    let mut cases = Cases(Vec::new());
    promises(&mut cases);
    proofs(&mut cases);
    others_proofs(&mut cases);
    broken_promises(&mut cases);
    let about = "docs/spec/receipts.md, 4 and 5: what a file shows to a checker that is told this trust, and this project where it is not null: outcome and code.";
    hold(
        "log/receipts.json",
        &json!({ "about": about, "cases": cases.0 }),
    );
}

/// Receipts of a project of suite `gm`, signed twice.
#[test]
fn receipts_signed_twice_show_what_their_vectors_say() {
    let mut cases = Cases(Vec::new());
    let told = Trust {
        sm2_chain: vec![to_base64(SM2_CERTIFICATE)],
        ..believed(3, 2)
    };
    let receipt = said(&honest(), 2);
    let both = twice(&receipt, SM2_KEY);
    let text = |promise: &SignedReceipt| serde_json::to_string(promise).unwrap();
    let (promise, nothing) = (("promise", "ok"), ("nothing", "receipt-sm2-signature"));
    let mut add = |name: &str, file: &str, trust: &Trust, expected| {
        cases.told(name, file, trust, None, expected);
    };
    add("signed twice", &text(&both), &told, promise);
    add(
        "asked for one signature alone",
        &text(&both),
        &believed(3, 2),
        promise,
    );
    let pretty = serde_json::to_string_pretty(&both).unwrap();
    add("signed twice, in another spelling", &pretty, &told, promise);
    add(
        "no second signature",
        &text(&signed(&receipt)),
        &told,
        nothing,
    );
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut promise = both.clone();
        let mut value = from_base64(promise.sm2_signature.as_ref().unwrap()).unwrap();
        change(&mut value);
        promise.sm2_signature = Some(to_base64(&value));
        text(&promise)
    };
    add(
        "a bit of the second flipped",
        &with(&|it| *it.last_mut().unwrap() ^= 1),
        &told,
        nothing,
    );
    add(
        "a byte after its DER",
        &with(&|it| it.push(0)),
        &told,
        nothing,
    );
    add(
        "its DER cut",
        &with(&|it| it.truncate(it.len() - 1)),
        &told,
        nothing,
    );
    let padded = |it: &mut Vec<u8>| {
        it.insert(4, 0);
        it[3] += 1;
        it[1] += 1;
    };
    add(
        "a zero before r, or one more",
        &with(&padded),
        &told,
        nothing,
    );
    let plain = |it: &mut Vec<u8>| *it = vec![1; 64];
    add("64 bytes in place of DER", &with(&plain), &told, nothing);
    add("empty", &with(&|it| it.clear()), &told, nothing);
    let other = other_key();
    add(
        "by another SM2 key",
        &text(&twice(&receipt, &other)),
        &told,
        nothing,
    );
    let earlier = Receipt {
        received: receipt.received - 1,
        ..receipt.clone()
    };
    let mut moved = both.clone();
    moved.sm2_signature = twice(&earlier, SM2_KEY).sm2_signature;
    add("over another message", &text(&moved), &told, nothing);
    let mut first = both.clone();
    first.signature = signed(&earlier).signature;
    add(
        "the first over another message",
        &text(&first),
        &told,
        ("nothing", "receipt-signature"),
    );
    let world = honest();
    let kept = |promise: &SignedReceipt| {
        let proof = proof(&world, promise.clone(), CLOSING_ANCHOR);
        String::from_utf8(proof.to_bytes()).unwrap()
    };
    add(
        "proved, signed twice",
        &kept(&both),
        &told,
        ("proved", "ok"),
    );
    add(
        "proved, signed once",
        &kept(&signed(&receipt)),
        &told,
        nothing,
    );
    let bad = Trust {
        sm2_chain: vec!["AAAA".into()],
        ..told.clone()
    };
    add(
        "a certificate that is none",
        &text(&both),
        &bad,
        ("nothing", "terms-log"),
    );
    let about = "docs/spec/receipts.md, 4 and 5, of receipts that are signed a second time with SM2 (docs/spec/signatures.md, 4); read like receipts.json.";
    hold(
        "log/receipts-gm.json",
        &json!({ "about": about, "cases": cases.0 }),
    );
}

/// Signed by the receipt key and by this SM2 key.
fn twice(receipt: &Receipt, sm2: &[u8]) -> SignedReceipt {
    let signed = SignedStatement::issue(receipt, ORIGIN, &key(9), &mut Zeros).unwrap();
    let signer = FileKey::bare(sm2).unwrap();
    signed
        .signed_with_sm2(receipt, ORIGIN, &signer)
        .unwrap()
        .into()
}

/// PKCS #8 of another SM2 key than the platform's: the scalar 1 with its point, G.
fn other_key() -> Vec<u8> {
    let mut other = SM2_KEY.to_vec();
    other[36..68].fill(0);
    other[67] = 1;
    let g =
        "MsSuLB8ZgRlfmQRGajnJlI/jC7/yZgvhcVpFiTNMdMe8Nzai9PZ3nFm9zuNraSFT0KmHfMYqR0AC3zLlITnwoA==";
    let start = other.len() - 64;
    other[start..].copy_from_slice(&from_base64(g).unwrap());
    other
}

fn promises(cases: &mut Cases) {
    let receipt = said(&honest(), 2);
    let promise = signed(&receipt);
    let text = serde_json::to_string(&promise).unwrap();
    let pretty = serde_json::to_string_pretty(&promise).unwrap();
    let written = |promise: &SignedReceipt| serde_json::to_string(promise).unwrap();
    cases.add("a promise", &text, ("promise", "ok"));
    cases.add("a promise in another spelling", &pretty, ("promise", "ok"));
    let of = |project| {
        let file = &text;
        (file, believed(0, 0), Some(project))
    };
    let (file, trust, project) = of(PROJECT);
    cases.told("of this project", file, &trust, project, ("promise", "ok"));
    let other = "0192d3a0-0000-7000-8000-000000000002";
    let (file, trust, project) = of(other);
    let foreign = ("nothing", "receipt-foreign");
    cases.told("of another project", file, &trust, project, foreign);
    let unlogged = Trust {
        log_key: None,
        ..believed(0, 0)
    };
    cases.told("no log is known", &text, &unlogged, None, ("promise", "ok"));
    for (name, forged) in [
        (
            "another platform's",
            signed_by(&receipt, "other.example.cn", 9),
        ),
        ("another key's", signed_by(&receipt, ORIGIN, 7)),
        (
            "another bid in the body",
            SignedReceipt {
                body: promise.body.replace(&bid().to_string(), &"ab".repeat(32)),
                ..promise.clone()
            },
        ),
        (
            "a signature that is no base64",
            SignedReceipt {
                signature: promise.signature.replace('=', ""),
                ..promise.clone()
            },
        ),
    ] {
        cases.add(name, &written(&forged), ("nothing", "receipt-signature"));
    }
    let malformed = ("nothing", "receipt-malformed");
    cases.add("an empty file", "", malformed);
    cases.add("something else", "{\"a\":1}", malformed);
    let more = text.replacen('{', "{\"also\":1,", 1);
    cases.add("a member that nobody knows", &more, malformed);
    let spaced = SignedReceipt {
        body: promise.body.replacen(':', ": ", 1),
        ..promise.clone()
    };
    cases.add("a body in another spelling", &written(&spaced), malformed);
    let other = SignedReceipt {
        body: promise.body.replacen("receipt", "closing", 1),
        ..promise
    };
    cases.add("a statement of another kind", &written(&other), malformed);
}

fn proofs(cases: &mut Cases) {
    let proved = ("proved", "ok");
    cases.add("a promise that was kept", &kept(|_| ()), proved);
    cases.told(
        "nobody has to cosign",
        &kept(|proof| {
            let world = honest();
            let note = world.checkpoint(&[]);
            proof.anchored.proof = world.log_proof(2, note).to_string();
        }),
        &believed(0, 0),
        Some(PROJECT),
        proved,
    );
    let world = honest();
    let later = proof(&world, signed(&said(&world, 3)), CLOSING_ANCHOR);
    let text = |proof: ReceiptProof| String::from_utf8(proof.to_bytes()).unwrap();
    cases.add(
        "held by an earlier anchor than promised",
        &text(later),
        proved,
    );
    let exact = proof(&world, signed(&said(&world, 3)), (3, 7, 4));
    cases.add("held by a larger tree", &text(exact), proved);

    let malformed = ("nothing", "receipt-malformed");
    let pretty: Value = serde_json::from_str(&kept(|_| ())).unwrap();
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    cases.add("a proof in another spelling", &pretty, malformed);
    let another = kept(|proof| proof.format = "kaibiao/2 receipt proof".into());
    cases.add("a proof of another format", &another, malformed);
    let unlogged = Trust {
        log_key: None,
        ..believed(0, 0)
    };
    let file = kept(|_| ());
    let none = ("nothing", "terms-log");
    cases.told("a proof and no log", &file, &unlogged, None, none);
    let mut impossible = believed(4, 2);
    cases.told("an impossible quorum", &file, &impossible, None, none);
    impossible.receipt_key = to_base64(&[1; 31]);
    cases.told("a key that is none", &file, &impossible, None, none);
}

/// What shows nothing: the file is altered, or of something else.
fn others_proofs(cases: &mut Cases) {
    let event = ("nothing", "event-differs");
    let world = honest();
    let elsewhere = kept(|proof| {
        proof.event.shell = world.shells[1].clone();
        proof.event.facts = world.facts[1].clone();
        proof.event.salt = AnchorSalt(salt(2));
        proof.event.path = world.tree(CLOSING).inclusion(1, CLOSING).unwrap().path;
    });
    cases.add("another event of the tree", &elsewhere, event);
    let other = kept(|proof| proof.event.salt = AnchorSalt(salt(4)));
    cases.add("another salt of the facts", &other, event);
    let other = kept(|proof| proof.event.facts = received("2", bid(), By::Bidder));
    cases.add("facts that the shell does not commit to", &other, event);
    let short = kept(|proof| {
        proof.event.path.pop();
    });
    cases.add("a path that is too short", &short, event);
    let other = kept(|proof| proof.event.path[0] = Digest::of(b"another"));
    cases.add("another path", &other, event);

    let anchor = ("nothing", "anchor-differs");
    let other = kept(|proof| proof.anchored.anchor.stream = "platform".into());
    cases.add("another stream's anchor", &other, anchor);
    let other = kept(|proof| proof.anchored.anchor.tick = 0);
    cases.add("tick 0", &other, anchor);
    let text = |proof: ReceiptProof| String::from_utf8(proof.to_bytes()).unwrap();
    let later = proof(&world, signed(&said(&world, 2)), (3, 7, 4));
    cases.add("a later anchor than promised", &text(later), anchor);
    let zero = proof(&world, signed(&said(&world, 0)), CLOSING_ANCHOR);
    cases.add("a receipt of a version without a log", &text(zero), anchor);
    let earlier = proof(&world, signed(&said(&world, 2)), (1, 2, 1));
    cases.add(
        "an earlier anchor without the event",
        &text(earlier),
        anchor,
    );

    let inclusion = ("nothing", "log-inclusion");
    let other = kept(|proof| proof.anchored.anchor.salt = AnchorSalt([9; 32]));
    cases.add("another salt of the anchor", &other, inclusion);
    let other = kept(|proof| proof.anchored.anchor.root = Digest::of(b"another"));
    cases.add("a root that was never anchored", &other, inclusion);
    let few = kept(|proof| {
        let note = world.checkpoint(&[(1, SECOND)]);
        proof.anchored.proof = world.log_proof(2, note).to_string();
    });
    cases.add("one cosignature of two", &few, ("nothing", "log-quorum"));
    let early = kept(|proof| {
        let note = world.checkpoint(&[(1, SECOND), (3, SECOND - 10)]);
        proof.anchored.proof = world.log_proof(2, note).to_string();
    });
    let quorum = ("nothing", "log-quorum");
    cases.add("cosigned before the bid was in", &early, quorum);
    let another = Trust {
        log_key: Some(LogKey::new(ORIGIN.parse().unwrap(), key(8).public_key()).to_string()),
        ..believed(3, 2)
    };
    let unsigned = ("nothing", "log-unsigned");
    cases.told("another log's key", &kept(|_| ()), &another, None, unsigned);
    let extra = kept(|proof| {
        let mut read: LogProof = proof.anchored.proof.parse().unwrap();
        read.extra = Some(b"more".to_vec());
        proof.anchored.proof = read.to_string();
    });
    let malformed = ("nothing", "anchor-malformed");
    cases.add("a proof with an extra line", &extra, malformed);
}

/// What the platform has signed, and what is not so.
fn broken_promises(cases: &mut Cases) {
    let text = |proof: ReceiptProof| String::from_utf8(proof.to_bytes()).unwrap();
    let differs = ("against", "receipt-differs");
    for (name, facts) in [
        (
            "of another bid",
            received("1", Digest::of(b"x"), By::Bidder),
        ),
        ("of another lot", received("2", bid(), By::Bidder)),
        ("by somebody else", received("1", bid(), By::Platform)),
        (
            "of another kind",
            "{\"by\":\"host\",\"what\":{\"kind\":\"said\"}}".into(),
        ),
        ("of no known kind", "{\"by\":\"host\"}".into()),
    ] {
        let world = world(facts);
        let proof = proof(&world, signed(&said(&world, 2)), CLOSING_ANCHOR);
        let name = format!("the leaf that was signed is of an event {name}");
        cases.add(&name, &text(proof), differs);
    }
    let world = honest();
    let receipt = Receipt {
        received: RECEIVED - 1,
        ..said(&world, 2)
    };
    let other = proof(&world, signed(&receipt), CLOSING_ANCHOR);
    cases.add("another time than the event's", &text(other), differs);
    let late = proof(&world, signed(&said(&world, 1)), (1, 2, 1));
    let late = text(late);
    cases.add(
        "the promised anchor lacks it",
        &late,
        ("against", "receipt-late"),
    );
}

/// A platform that signed for a bid and left it out has no file that could pass: the
/// event is in no tree of its stream, whatever it shows instead.
#[test]
fn a_bid_that_was_left_out_has_no_proof() {
    let promised = honest();
    let receipt = said(&promised, 2);
    // The stream that the platform goes on with, anchors and has cosigned.
    let told = World::told(|_| ());
    let believed = Believed::of(&believed(3, 2), Some(PROJECT.into())).unwrap();
    let mut shown = proof(&told, signed(&receipt), CLOSING_ANCHOR);
    let codes: Vec<_> = [
        // The event that stands in its place.
        shown.clone(),
        // The event that it signed for, by a path of the other tree.
        {
            let own = proof(&promised, signed(&receipt), CLOSING_ANCHOR);
            shown.event = own.event;
            shown
        },
        // The tree that it signed for, which its log does not hold.
        {
            let mut own = proof(&promised, signed(&receipt), CLOSING_ANCHOR);
            own.anchored.proof = proof(&told, signed(&receipt), CLOSING_ANCHOR)
                .anchored
                .proof;
            own
        },
    ]
    .iter()
    .map(|shown| shown.check(&believed).unwrap_err().code())
    .collect();
    assert_eq!(codes, ["event-differs", "event-differs", "log-inclusion"]);
    // Who has all leaves needs no file.
    let leaves = |world: &World| -> Vec<_> {
        let shells = world.shells[..5].iter();
        shells.map(|shell| leaf_hash(shell.as_bytes())).collect()
    };
    assert_eq!(receipt::find(&receipt, &leaves(&promised)), Ok(SEQ));
    let missing = receipt::find(&receipt, &leaves(&told)).unwrap_err();
    assert_eq!(missing, ReceiptProblem::Missing);
    assert!(missing.is_against_platform());
}
