//! Whole bids, honest and forged, with what becomes of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use crate::bid::MessageId;
use crate::bid::message::{frame, frame_length};
use crate::canonical;
use crate::digest::Digest;
use crate::encoding::{Base64, to_base64};
use crate::secret::Secret;
use crate::wrap::Role;

/// Collects cases; what they have in common is stored once.
struct Book {
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

fn failure(at: &str, code: &str) -> Value {
    json!({"at": at, "code": code})
}

pub(super) fn bids() -> Value {
    let mut book = Book {
        blobs: BTreeMap::new(),
        cases: Vec::new(),
    };
    accepted(&mut book);
    let honest = Forge::new(&plain());
    secrets(&mut book, &honest);
    dealing(&mut book, &honest);
    two_keys(&mut book, &honest);
    segments(&mut book, &honest);
    contents(&mut book, &honest);
    json!({
        "about": "Whole .kbid files (the blobs of `file` one after the other), opened with b and shares of r by the steps of section 15. `outcome` is what comes out, or the first failure: where (`at`) and its code.",
        "custodians": custodian_keys().iter().map(|key| to_base64(&key.spki())).collect::<Vec<_>>(),
        "blobs": book.blobs,
        "cases": book.cases,
    })
}

/// One document of 96 bytes: small, and room for a two-key ciphertext.
fn plain() -> Sample {
    recipe().seal()
}

fn recipe() -> Recipe {
    Recipe {
        documents: vec![("投标函.pdf", pattern(96))],
        ..Recipe::default()
    }
}

fn accepted(book: &mut Book) {
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
            "an empty document, RSA and two P-256 recipients, rescue by all three",
            Recipe {
                seed: "many",
                recipients: vec![rsa(), p256("recipient"), p256("spare")],
                rescue: Some(3),
                documents: vec![("empty", vec![]), ("A.pdf", pattern(4097))],
                ..Recipe::default()
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
            ..recipe()
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
    let mut taken = honest.clone();
    taken.chain.certificates = vec![Base64(stored("other_certificate"))];
    book.refused(
        "another certificate in chain",
        &taken,
        "header",
        "header-certificate",
    );
    taken.context.certificate = Digest::of(&stored("other_certificate"));
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
            ..recipe()
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
            ..recipe()
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

/// Who seals under r and r' at once, and how far it gets.
fn two_keys(book: &mut Book, honest: &Forge) {
    let example: Value =
        serde_json::from_str(include_str!("../../../../vectors/sealed-bid/two-keys.json")).unwrap();
    let bytes = |name: &str| hex::decode(example[name].as_str().unwrap()).unwrap();
    for (segment, place) in ["sheet", "manifest", "document"].into_iter().enumerate() {
        let at = format!("segment {segment}");
        let length = usize::try_from(honest.commitments.segments[segment].length).unwrap();
        let mut ciphertext = bytes("ct");
        ciphertext.resize(length, 0);
        ciphertext.extend(bytes("tag"));
        let mut literal = honest.clone();
        literal.put(segment, length, ciphertext);
        let name = format!("the ciphertext of two-keys.json as {place}");
        book.refused(&name, &literal, &at, "not-authentic");

        // Made for this bid: authentic under r and under r'.
        let other = Secret::from_bytes([0x55; 32]);
        let index = u32::try_from(segment).unwrap();
        let plaintext = match segment {
            0 => frame(&[0; 32], b"{\"duration\":180,\"price\":\"987654321\"}"),
            1 => {
                let mut manifest = honest.manifest();
                manifest.draw = Digest::of(b"another draw");
                frame(&[0; 32], &canonical::to_bytes(&manifest))
            }
            _ => vec![b'9'; 96],
        };
        let ciphertext = honest.two_keys(&other, index, &plaintext, 0);
        let mut forge = honest.clone();
        forge.put(segment, length, ciphertext);

        let mut shares = forge.clone();
        shares.deal(Role::Release, &other);
        let known = Known::of_secret(&shares, &other, &[1, 2]);
        let name = format!("a two-key {place}: shares of r' under the commitment to r");
        let outcome = failure("release", "release-mismatch");
        book.case(&name, &shares.pieces(), &known, outcome);

        let mut release = shares.clone();
        release.commitments.r = release.derivation().commit_r(&other);
        let name = format!("a two-key {place}: rewrapped for r', DEK committed for r");
        let outcome = failure("unlock", "key-mismatch");
        book.case(&name, &release.pieces(), &known, outcome);

        // Everything for r', but this segment under the key from r.
        let mut two_deks = release.clone();
        let derivation = two_deks.derivation();
        let prk = derivation.prk(&derivation.dek(&two_deks.b, &other));
        two_deks.commitments.dek = derivation.commit_dek(&prk);
        two_deks.r = other.clone();
        for rest in (0..3).filter(|rest| *rest != segment) {
            let key = derivation.segment_key(&prk, u32::try_from(rest).unwrap());
            two_deks.commitments.segments[rest].key = derivation.commit_segment(&key);
        }
        reseal_as(&mut two_deks, honest, segment);
        let name = format!("a two-key {place}: segments under two DEKs");
        book.case(
            &name,
            &two_deks.pieces(),
            &known,
            failure(&at, "segment-key-mismatch"),
        );

        let mut whole = two_deks.clone();
        let key = derivation.segment_key(&prk, index);
        whole.commitments.segments[segment].key = derivation.commit_segment(&key);
        let code = match segment {
            2 => "document-mismatch",
            _ => "plaintext-mismatch",
        };
        let name = format!("a two-key {place}: every key for r', content promised for r");
        book.case(&name, &whole.pieces(), &known, failure(&at, code));
    }
}

/// The honest contents of all segments but one, under `forge`'s own keys.
fn reseal_as(forge: &mut Forge, honest: &Forge, but: usize) {
    if but != 0 {
        forge.say(0, b"{\"duration\":180,\"price\":\"123456789\"}");
    }
    if but != 1 {
        forge.say(1, &canonical::to_bytes(&honest.manifest()));
    }
    if but != 2 {
        forge.reseal(2, &pattern(96));
    }
}

fn segments(book: &mut Book, honest: &Forge) {
    let known = Known::of(honest);
    for segment in 0..3 {
        let at = format!("segment {segment}");
        let mut altered = honest.clone();
        altered.body[segment][40] ^= 0x80;
        let name = format!("segment {segment} altered where it was stored");
        book.refused(&name, &altered, &at, "ciphertext-mismatch");
        let ciphertext = altered.body[segment].clone();
        let length = usize::try_from(altered.commitments.segments[segment].length).unwrap();
        altered.put(segment, length, ciphertext);
        let name = format!("segment {segment} altered before it was committed");
        book.refused(&name, &altered, &at, "not-authentic");
    }

    let two = Recipe {
        seed: "two",
        documents: vec![("a", pattern(96)), ("b", vec![7; 96])],
        ..Recipe::default()
    };
    let two = Forge::new(&two.seal());
    let mut swapped = two.clone();
    swapped.body.swap(2, 3);
    let name = "two documents' ciphertexts swapped";
    book.refused(name, &swapped, "segment 2", "ciphertext-mismatch");
    let [one, other] = [2, 3].map(|segment| two.commitments.segments[segment].clone());
    swapped.commitments.segments[2].ciphertext = other.ciphertext;
    swapped.commitments.segments[3].ciphertext = one.ciphertext;
    let name = "two documents' ciphertexts swapped with their commitments";
    book.refused(name, &swapped, "segment 2", "not-authentic");
    swapped.commitments.segments.swap(2, 3);
    swapped.commitments.segments[2] = other;
    swapped.commitments.segments[3] = one;
    let name = "two documents' segments swapped with all commitments";
    book.refused(name, &swapped, "segment 2", "segment-key-mismatch");
    let mut doubled = two.clone();
    doubled.body[3] = doubled.body[2].clone();
    book.refused(
        "a document's ciphertext twice",
        &doubled,
        "segment 3",
        "ciphertext-mismatch",
    );

    let mut short = honest.pieces();
    short[3].pop();
    let outcome = failure("header", "ciphertext-length");
    book.case("the last byte is missing", &short, &known, outcome.clone());
    let mut long = honest.pieces();
    long.push(vec![0]);
    book.case("a byte after the end", &long, &known, outcome.clone());
    let missing = &honest.pieces()[..3];
    book.case("a segment is missing", missing, &known, outcome);
}

fn contents(book: &mut Book, honest: &Forge) {
    for (name, sheet) in [
        (
            "a sheet with white space",
            "{\"duration\":180, \"price\":\"1\"}",
        ),
        (
            "a sheet with its members in another order",
            "{\"price\":\"1\",\"duration\":180}",
        ),
        (
            "a sheet with a member twice",
            "{\"price\":\"1\",\"price\":\"2\"}",
        ),
        ("a sheet with a fraction", "{\"price\":1.5}"),
        ("a sheet with a needless escape", "{\"price\":\"\\u0031\"}"),
        ("a sheet that is not an object", "[1]"),
        ("an empty sheet", ""),
    ] {
        let mut forge = honest.clone();
        forge.say(0, sheet.as_bytes());
        book.refused(name, &forge, "segment 0", "sheet-wrong");
    }
    let message = b"{\"duration\":180,\"price\":\"1\"}";
    let good = frame(&honest.salts[0], message);
    let mut stained = good.clone();
    stained[4095] = 1;
    let mut long = good.clone();
    long.resize(2 * frame_length(message.len()), 0);
    let mut beyond = good.clone();
    beyond[32..40].copy_from_slice(&4057u64.to_be_bytes());
    for (name, frame, code) in [
        ("padding that is not zero", &stained, "frame-wrong"),
        ("padding longer than needed", &long, "frame-wrong"),
        ("a length beyond the frame", &beyond, "frame-wrong"),
        ("another sheet than promised", &good, "plaintext-mismatch"),
    ] {
        let mut forge = honest.clone();
        forge.reseal(0, frame);
        book.refused(name, &forge, "segment 0", code);
    }

    let manifest = honest.manifest();
    let named = |name: &str| {
        let mut manifest = manifest.clone();
        manifest.documents[0].name = name.to_owned();
        canonical::to_bytes(&manifest)
    };
    let mut sized = manifest.clone();
    sized.documents[0].size = 97;
    let mut media = manifest.clone();
    media.documents[0].media = "Application/PDF".to_owned();
    let mut fewer = manifest.clone();
    fewer.documents.clear();
    let unknown = [&b"{\"a\":0,"[..], &canonical::to_bytes(&manifest)[1..]].concat();
    for (name, message) in [
        (
            "a document's name with a control character",
            named("a\u{7}.pdf"),
        ),
        (
            "a document's name that runs from right to left",
            named("fdp.\u{202e}exe"),
        ),
        ("a document's name with a path", named("../a.pdf")),
        (
            "a document's name not in normal form C",
            named("e\u{301}.pdf"),
        ),
        ("a document without a name", named("")),
        (
            "a document's size other than its segment's",
            canonical::to_bytes(&sized),
        ),
        ("a media type in capitals", canonical::to_bytes(&media)),
        ("fewer documents than segments", canonical::to_bytes(&fewer)),
        ("a manifest with an unknown member", unknown),
    ] {
        let mut forge = honest.clone();
        forge.say(1, &message);
        book.refused(name, &forge, "segment 1", "manifest-wrong");
    }
    let two = Recipe {
        seed: "case",
        documents: vec![("straße.pdf", pattern(1)), ("b", pattern(1))],
        ..Recipe::default()
    };
    let mut same = Forge::new(&two.seal());
    let mut manifest = same.manifest();
    manifest.documents[1].name = "STRASSE.PDF".to_owned();
    same.say(1, &canonical::to_bytes(&manifest));
    let name = "two documents whose names differ in case only";
    book.refused(name, &same, "segment 1", "manifest-wrong");

    let mut other = honest.clone();
    other.reseal(2, &[7; 96]);
    let name = "another document than the manifest names";
    book.refused(name, &other, "segment 2", "document-mismatch");
}
