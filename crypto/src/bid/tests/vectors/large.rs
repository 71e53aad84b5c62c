//! Documents of several chunks. What is too large to stand in a file is said by
//! its plaintext: byte k is k mod 251.

use std::io::Cursor;

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use super::run::{base64, list, open, secret};
use super::{failure, read};
use crate::Suite;
use crate::bid::Header;
use crate::bid::chunk::{CHUNK, ChunkCipher};
use crate::canonical;
use crate::digest::Digest;
use crate::encoding::to_base64;
use crate::suite::SegmentPlace;
use crate::wrap::{PublicKey, Role};

/// What stands in the place of a document's ciphertext: which of its sealed
/// chunks, in which order, and which byte of them all is altered.
struct Stored {
    /// Bytes of the plaintext that was sealed.
    plaintext: usize,
    chunks: Vec<usize>,
    flip: Option<usize>,
}

pub(super) fn large() -> Value {
    let length = 2 * CHUNK + 7;
    let recipe = |length| Recipe {
        seed: "large",
        documents: vec![("a.pdf", pattern(length))],
        ..Recipe::default()
    };
    let honest = Forge::new(&recipe(length).seal());
    let full = Forge::new(&recipe(2 * CHUNK).seal());
    let mut cases = Vec::new();
    let mut case = |name: &str, forge: &Forge, stored: &Stored, outcome: Option<Value>| {
        cases.push(written(name, forge, stored, outcome));
    };
    let whole = || Stored {
        plaintext: length,
        chunks: vec![0, 1, 2],
        flip: None,
    };
    case("three chunks", &honest, &whole(), None);
    let first_two = |plaintext| Stored {
        plaintext,
        chunks: vec![0, 1],
        flip: None,
    };
    case("two full chunks", &full, &first_two(2 * CHUNK), None);
    let stored = "ciphertext-mismatch";
    let committed = "not-authentic";
    let chunk = CHUNK + 16;
    for (name, chunks, flip) in [
        ("two chunks swapped", vec![1, 0, 2], None),
        ("a chunk twice", vec![0, 0, 2], None),
        (
            "a byte of the second chunk altered",
            vec![0, 1, 2],
            Some(chunk + 5),
        ),
        (
            "a byte of the last tag altered",
            vec![0, 1, 2],
            Some(2 * chunk + 7),
        ),
    ] {
        let place = Stored {
            plaintext: length,
            chunks,
            flip,
        };
        let outcome = failure("segment 2", stored);
        case(
            &format!("{name} where it was stored"),
            &honest,
            &place,
            Some(outcome),
        );
        let mut forge = honest.clone();
        let ciphertext = arranged(&honest.body[2], &place);
        forge.put(2, length, ciphertext);
        let outcome = failure("segment 2", committed);
        case(
            &format!("{name} before it was committed"),
            &forge,
            &place,
            Some(outcome),
        );
    }
    let outcome = failure("header", "ciphertext-length");
    case(
        "the last chunk is missing",
        &honest,
        &first_two(length),
        Some(outcome),
    );

    // Cut to its full chunks, and promised so: no chunk says that it is the last.
    let mut cut = honest.clone();
    let ciphertext = arranged(&honest.body[2], &first_two(length));
    cut.put(2, 2 * CHUNK, ciphertext);
    let mut manifest = cut.manifest();
    manifest.documents[0] = full.manifest().documents[0].clone();
    cut.say(1, &canonical::to_bytes(&manifest));
    let outcome = failure("segment 2", committed);
    case(
        "cut at a chunk's end, and promised so",
        &cut,
        &first_two(length),
        Some(outcome),
    );

    json!({
        "about": "Documents of more than one chunk (section 8), opened as in bids.json. The body is `sheet` and `manifest` (the ciphertexts of segments 0 and 1) and that of the document, which is made so: the plaintext of `plaintext` bytes, byte k being k mod 251, is sealed under EK_2 as section 8 says, for that length; then the sealed chunks stand in the order of `chunks`; then the lowest bit of byte `flip`, counted from 0 in what results, is inverted. `file_sha256` is of the whole .kbid.",
        "custodians": custodian_keys().iter().map(|key| to_base64(&key.spki())).collect::<Vec<_>>(),
        "cases": cases,
    })
}

fn written(name: &str, forge: &Forge, stored: &Stored, outcome: Option<Value>) -> Value {
    let document = arranged(&sealed(forge, stored.plaintext), stored);
    let file = [
        forge.header(),
        forge.body[0].clone(),
        forge.body[1].clone(),
        document,
    ]
    .concat();
    let shares: Vec<_> = forge
        .derivation()
        .deal(Role::Release, 2, 3, &forge.r)
        .iter()
        .take(2)
        .map(|dealt| json!({"x": dealt.x, "share": hex::encode(dealt.share.as_bytes())}))
        .collect();
    let outcome = outcome.unwrap_or_else(|| {
        json!({
            "bid": Header::parse(&forge.header()).unwrap().digest(),
            "r": hex::encode(forge.r.as_bytes()),
            "sheet_key": hex::encode(forge.segment_key(&forge.r, 0).as_bytes()),
            "sheet": {"price": "123456789", "duration": 180},
            "manifest": forge.manifest(),
            "documents_sha256": [Digest::of(&pattern(stored.plaintext))],
        })
    });
    json!({
        "name": name, "header": to_base64(&forge.header()),
        "sheet": to_base64(&forge.body[0]), "manifest": to_base64(&forge.body[1]),
        "plaintext": stored.plaintext, "chunks": stored.chunks, "flip": stored.flip,
        "file_sha256": Digest::of(&file),
        "b": hex::encode(forge.b.as_bytes()), "shares": shares, "outcome": outcome,
    })
}

/// The document's ciphertext as an honest sealer makes it.
fn sealed(forge: &Forge, length: usize) -> Vec<u8> {
    by_chunks(&forge.cipher(&forge.r, 2, length as u64), length)
}

fn by_chunks(cipher: &ChunkCipher, length: usize) -> Vec<u8> {
    let mut ciphertext = Vec::new();
    for (k, chunk) in (0..).zip(pattern(length).chunks(CHUNK)) {
        let mut chunk = chunk.to_vec();
        cipher.seal_one(k, &mut chunk);
        ciphertext.extend(chunk);
    }
    ciphertext
}

fn arranged(ciphertext: &[u8], stored: &Stored) -> Vec<u8> {
    let chunks: Vec<_> = ciphertext.chunks(CHUNK + 16).collect();
    let mut bytes = stored
        .chunks
        .iter()
        .map(|at| chunks[*at])
        .collect::<Vec<_>>()
        .concat();
    if let Some(flip) = stored.flip {
        bytes[flip] ^= 1;
    }
    bytes
}

#[test]
fn every_large_bid_has_its_expected_outcome() {
    let file = read("large.json");
    let custodians: Vec<_> = list(&file["custodians"])
        .iter()
        .map(|key| PublicKey::from_spki(&base64(key)).unwrap())
        .collect();
    for case in list(&file["cases"]) {
        let header = base64(&case["header"]);
        let parsed = Header::parse(&header).unwrap();
        let length = usize::try_from(case["plaintext"].as_u64().unwrap()).unwrap();
        let document = by_chunks(&cipher(&parsed, case, length), length);
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let stored = Stored {
            plaintext: length,
            chunks: list(&case["chunks"]).iter().map(number).collect(),
            flip: case["flip"].as_u64().map(|at| usize::try_from(at).unwrap()),
        };
        let document = arranged(&document, &stored);
        let parts = [
            header,
            base64(&case["sheet"]),
            base64(&case["manifest"]),
            document,
        ];
        let bytes = parts.concat();
        assert_eq!(
            json!(Digest::of(&bytes)),
            case["file_sha256"],
            "{}",
            case["name"]
        );
        let outcome = open(Cursor::new(bytes), case, &custodians)
            .unwrap_or_else(|(at, code)| json!({"at": at, "code": code}));
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

/// The cipher of segment 2, from b and the shares of r.
fn cipher(header: &Header, case: &Value, length: usize) -> ChunkCipher {
    let shares: Vec<_> = list(&case["shares"])
        .iter()
        .map(|share| {
            let x = u8::try_from(share["x"].as_u64().unwrap()).unwrap();
            header
                .check_share(0, Role::Release, x, secret(&share["share"]))
                .unwrap()
        })
        .collect();
    let r = header.recover_release(0, &shares).unwrap();
    let derivation = header.derivation(0);
    let dek = derivation.dek(&secret(&case["b"]), r.secret());
    let key = derivation.segment_key(&derivation.prk(&dek), 2);
    let place = SegmentPlace {
        envelope: 0,
        segment: 2,
        context: header.context_digest(),
    };
    ChunkCipher::new(Suite::Intl, &key, &place, length as u64)
}
