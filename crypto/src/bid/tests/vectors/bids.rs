//! Whole bids, honest and forged, with what becomes of them.

mod contents;
mod two_keys;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use super::failure;
use crate::Suite;
use crate::bid::MessageId;
use crate::digest::Digest;
use crate::encoding::{Base64, to_base64};
use crate::secret::Secret;
use crate::wrap::Role;

/// Collects cases; what they have in common is stored once.
struct Book {
    suite: Suite,
    blobs: BTreeMap<String, String>,
    cases: Vec<Value>,
}

/// What is known when a bid is to be opened.
struct Known {
    b: Secret,
    shares: Vec<(u8, Secret)>,
}

impl Known {
    /// b, and what was dealt to custodians 1 and 2.
    fn of(forge: &Forge) -> Self {
        Self::of_secret(forge, &forge.r, &[1, 2])
    }

    fn of_secret(forge: &Forge, r: &Secret, who: &[u8]) -> Self {
        let release = forge.context.release;
        let dealt = forge
            .derivation()
            .deal(Role::Release, release.t, release.n, r);
        Self {
            b: forge.b.clone(),
            shares: dealt
                .into_iter()
                .filter(|dealt| who.contains(&dealt.x))
                .map(|dealt| (dealt.x, dealt.share))
                .collect(),
        }
    }
}

impl Book {
    fn blob(&mut self, bytes: &[u8]) -> String {
        let name = Digest::of(bytes).to_string()[..16].to_owned();
        self.blobs.insert(name.clone(), to_base64(bytes));
        name
    }

    fn case(&mut self, name: &str, pieces: &[Vec<u8>], known: &Known, outcome: Value) {
        let file: Vec<_> = pieces.iter().map(|piece| self.blob(piece)).collect();
        let shares: Vec<_> = known
            .shares
            .iter()
            .map(|(x, share)| json!({"x": x, "share": hex::encode(share.as_bytes())}))
            .collect();
        self.cases.push(json!({
            "name": name, "file": file, "b": hex::encode(known.b.as_bytes()),
            "shares": shares, "outcome": outcome,
        }));
    }

    fn refused(&mut self, name: &str, forge: &Forge, at: &str, code: &str) {
        let known = Known::of(forge);
        self.case(name, &forge.pieces(), &known, failure(at, code));
    }
}

pub(super) fn bids(suite: Suite) -> Value {
    let mut book = Book {
        suite,
        blobs: BTreeMap::new(),
        cases: Vec::new(),
    };
    accepted(&mut book);
    let honest = Forge::new(&recipe(suite).seal());
    secrets(&mut book, &honest);
    dealing(&mut book, &honest);
    if suite == Suite::Intl {
        two_keys::two_keys(&mut book, &honest);
    }
    contents::segments(&mut book, &honest);
    contents::contents(&mut book, &honest);
    json!({
        "about": "Whole .kbid files (the blobs of `file` one after the other), opened with b and shares of r by the steps of section 15. `outcome` is what comes out, or the first failure: where (`at`) and its code.",
        "custodians": custodian_keys_of(suite).iter().map(|key| to_base64(&key.spki())).collect::<Vec<_>>(),
        "blobs": book.blobs,
        "cases": book.cases,
    })
}

/// One document of 96 bytes: small, and room for a two-key ciphertext.
fn recipe(suite: Suite) -> Recipe {
    Recipe {
        documents: vec![("投标函.pdf", pattern(96))],
        ..Recipe::of(suite)
    }
}

fn accepted(book: &mut Book) {
    let suite = book.suite;
    let recipe = || recipe(suite);
    let many = match suite {
        Suite::Intl => (
            "an empty document, RSA and two P-256 recipients, rescue by all three",
            vec![rsa(), p256("recipient"), p256("spare")],
        ),
        Suite::Gm => (
            "an empty document, two recipients, rescue by all three",
            vec![sm2("recipient"), sm2("spare")],
        ),
    };
    let recipes = [
        ("an ordinary bid", recipe()),
        (
            "no documents",
            Recipe {
                seed: "none",
                documents: vec![],
                ..recipe()
            },
        ),
        (
            many.0,
            Recipe {
                seed: "many",
                recipients: many.1,
                rescue: Some(3),
                documents: vec![("empty", vec![]), ("A.pdf", pattern(4097))],
                ..Recipe::of(suite)
            },
        ),
        (
            "one custodian is enough",
            Recipe {
                seed: "one",
                release: 1,
                ..recipe()
            },
        ),
    ];
    for (name, recipe) in recipes {
        let contents: Vec<_> = recipe
            .documents
            .iter()
            .map(|(_, content)| Digest::of(content))
            .collect();
        let sample = recipe.seal();
        let forge = Forge::new(&sample);
        let manifest = forge.manifest();
        let outcome = json!({
            "bid": sample.header.digest(),
            "r": hex::encode(sample.r.as_bytes()),
            "sheet_key": hex::encode(forge.segment_key(&forge.r, 0).as_bytes()),
            "sheet": {"price": "123456789", "duration": 180},
            "manifest": manifest,
            "documents_sha256": contents,
        });
        assert_eq!(forge.pieces().concat(), sample.file, "{name}");
        book.case(name, &forge.pieces(), &Known::of(&forge), outcome);
    }
}

fn secrets(book: &mut Book, honest: &Forge) {
    let pieces = honest.pieces();
    let mut known = Known::of(honest);
    known.b = honest.r.clone();
    book.case(
        "another b",
        &pieces,
        &known,
        failure("b", "secret-mismatch"),
    );

    let mut known = Known::of(honest);
    known.shares[1].1 = known.shares[0].1.clone();
    let outcome = failure("share 2", "share-mismatch");
    book.case(
        "a custodian's share for another custodian",
        &pieces,
        &known,
        outcome,
    );

    let known = Known::of_secret(honest, &honest.r, &[3]);
    let outcome = failure("release", "shares-too-few");
    book.case("one share of two", &pieces, &known, outcome);

    let mut known = Known::of(honest);
    known.shares[1] = known.shares[0].clone();
    let outcome = failure("release", "shares-duplicate");
    book.case("the same share twice", &pieces, &known, outcome);

    let other = Forge::new(
        &Recipe {
            seed: "another bid",
            ..recipe(book.suite)
        }
        .seal(),
    );
    let outcome = failure("b", "secret-mismatch");
    book.case(
        "the b of another bid of the same bidder",
        &pieces,
        &Known::of(&other),
        outcome,
    );

    // Somebody takes the bid over: its own certificate in chain and ctx.
    let other_certificate = stored_of(book.suite, "other_certificate");
    let mut taken = honest.clone();
    taken.chain.certificates = vec![Base64(other_certificate.clone())];
    book.refused(
        "another certificate in chain",
        &taken,
        "header",
        "header-certificate",
    );
    taken.context.certificate = book.suite.digest(&other_certificate);
    let known = Known::of(honest);
    let outcome = failure("b", "secret-mismatch");
    book.case(
        "another certificate in chain and ctx",
        &taken.pieces(),
        &known,
        outcome,
    );

    type Move = fn(&mut Forge);
    let moves: [(&str, Move); 4] = [
        ("moved to another lot", |forge| {
            forge.context.lot = "2".to_owned()
        }),
        ("moved to another project", |forge| {
            forge.context.project = "01935b7e-8f00-7000-8000-000000000002".to_owned();
        }),
        ("moved under other terms", |forge| {
            forge.context.terms = Digest::of(b"other terms")
        }),
        ("given another message id", |forge| {
            forge.context.message = MessageId([1; 32])
        }),
    ];
    for (name, change) in moves {
        let mut moved = honest.clone();
        change(&mut moved);
        book.case(
            name,
            &moved.pieces(),
            &Known::of(honest),
            failure("b", "secret-mismatch"),
        );
    }
}

fn dealing(book: &mut Book, honest: &Forge) {
    let foreign = Secret::from_bytes([0x33; 32]);
    let mut bent = honest.clone();
    let ephemeral = bent.derivation().deal(Role::Release, 2, 3, &bent.r)[2]
        .ephemeral
        .clone();
    bent.hand(Role::Release, 3, &foreign, &ephemeral);
    book.refused(
        "share 3 not on the polynomial, custodians 1 and 2 release",
        &bent,
        "dealing",
        "dealing-commitment",
    );
    let mut known = Known::of_secret(&bent, &bent.r, &[1, 2]);
    known.shares[1] = (3, foreign.clone());
    let outcome = failure("release", "release-mismatch");
    let name = "share 3 not on the polynomial, custodians 1 and 3 release";
    book.case(name, &bent.pieces(), &known, outcome);

    let mut random = honest.clone();
    let dealt = random.derivation().deal(Role::Release, 2, 3, &random.r);
    random.hand(Role::Release, 2, &dealt[1].share, &foreign);
    book.refused(
        "a wrap with another ephemeral key",
        &random,
        "dealing",
        "dealing-wrap",
    );

    let mut hollow = honest.clone();
    hollow.hand(Role::Release, 3, &foreign, &dealt[2].ephemeral);
    hollow.commitments.release[2] = honest.commitments.release[2];
    book.refused(
        "a wrap of another share than committed",
        &hollow,
        "dealing",
        "dealing-wrap",
    );

    let other = Forge::new(
        &Recipe {
            seed: "another bid",
            ..recipe(book.suite)
        }
        .seal(),
    );
    let mut transplanted = honest.clone();
    transplanted.wraps.release[0] = other.wraps.release[0].clone();
    book.refused(
        "a custodian's wrap from another bid",
        &transplanted,
        "dealing",
        "dealing-wrap",
    );

    let mut rescued = Forge::new(
        &Recipe {
            rescue: Some(3),
            ..recipe(book.suite)
        }
        .seal(),
    );
    rescued.wraps.release[0] = rescued.wraps.rescue[0].clone();
    book.refused(
        "a custodian's wrap of the other role",
        &rescued,
        "dealing",
        "dealing-wrap",
    );
}
