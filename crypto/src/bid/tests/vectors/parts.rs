//! Derivations step by step, wraps and key files.

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use crate::Suite;
use crate::bid::chunk::{CHUNK, ChunkTree, ciphertext_length};
use crate::bid::message::{commit_plaintext, frame};
use crate::bid::*;
use crate::digest::Digest;
use crate::encoding::to_base64;
use crate::keyfile;
use crate::secret::Secret;
use crate::test_rng::TestRng;
use crate::wrap::{PrivateKey, Role, wrap};

pub(super) fn derivations() -> Value {
    let sample = Recipe {
        rescue: Some(3),
        ..Recipe::default()
    }
    .seal();
    let forge = Forge::new(&sample);
    let derivation = forge.derivation();
    let dek = derivation.dek(&sample.b, &sample.r);
    let prk = derivation.prk(&dek);
    let segments: Vec<_> = [0, 1, 2, 1025]
        .map(|segment| {
            let key = derivation.segment_key(&prk, segment);
            json!({
                "segment": segment,
                "SK": hexed(&key),
                "EK": hexed(&Suite::Intl.expand(&key, &[b"kaibiao/1 encrypt", &[0]])),
                "KC": derivation.commit_segment(&key),
            })
        })
        .into();
    let deals: Vec<_> = [(Role::Release, 2, &sample.r), (Role::Rescue, 3, &sample.b)]
        .map(|(role, t, secret)| {
            let dealt: Vec<_> = derivation
                .deal(role, t, 3, secret)
                .into_iter()
                .map(|dealt| {
                    json!({
                        "x": dealt.x, "share": hexed(&dealt.share), "KS": dealt.commitment,
                        "ephemeral_ikm": hexed(&dealt.ephemeral),
                    })
                })
                .collect();
            json!({"role": role as u8, "t": t, "n": 3, "secret": hexed(secret), "dealt": dealt})
        })
        .into();
    let message = b"{\"price\":\"1\"}";
    let framed = frame(&sample.salts[0], message);
    json!({
        "about": "Sections 7 to 10, step by step, for envelope 0. Plaintexts of `streams`: byte k is k mod 251.",
        "ctx": String::from_utf8(sample.header.part(HeaderPart::Context).to_vec()).unwrap(),
        "hctx": derivation.context,
        "msg_id": hex::encode(derivation.message),
        "b": hexed(&sample.b), "r": hexed(&sample.r),
        "KB": derivation.commit_b(&sample.b), "KR": derivation.commit_r(&sample.r),
        "DEK": hexed(&dek), "KC": derivation.commit_dek(&prk),
        "segments": segments,
        "dealing": deals,
        "frame": {
            "salt": hex::encode(sample.salts[0]), "message": "{\"price\":\"1\"}", "length": framed.len(),
            "sha256": Digest::of(&framed), "P_0": commit_plaintext(Suite::Intl, 0, 0, &sample.salts[0], message),
        },
        "streams": streams(&forge),
    })
}

fn streams(forge: &Forge) -> Vec<Value> {
    let lengths = [
        0,
        1,
        16,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        2 * CHUNK,
        3 * CHUNK + 7,
    ];
    let streams = lengths.map(|length| {
        let cipher = forge.cipher(&forge.r, 2, length as u64);
        let plaintext = pattern(length);
        let empty = [&plaintext[..]];
        let chunks: Vec<&[u8]> = match length {
            0 => empty.to_vec(),
            _ => plaintext.chunks(CHUNK).collect(),
        };
        let total = ciphertext_length(Suite::Intl, length as u64);
        let mut committed = ChunkTree::of_ciphertext(Suite::Intl, total);
        let mut document = ChunkTree::of_document(Suite::Intl, length as u64);
        let mut ciphertext = Vec::new();
        for (k, chunk) in (0..).zip(chunks) {
            document.push(&Digest::of(chunk));
            let mut sealed = chunk.to_vec();
            cipher.seal_one(k, &mut sealed);
            committed.push(&Digest::of(&sealed));
            ciphertext.extend(sealed);
        }
        json!({
            "segment": 2, "length": length, "document_digest": document.finish(),
            "ciphertext_length": total, "ciphertext_sha256": Digest::of(&ciphertext),
            "C": committed.finish(),
        })
    });
    streams.into()
}

const RSA_3072: &[u8] = include_bytes!("../../../../vectors/keys/rsa-3072.pk8");
const RSA_4096: &[u8] = include_bytes!("../../../../vectors/keys/rsa-4096.pk8");

pub(super) fn wraps() -> Value {
    let recipe = |seed, lot| Recipe {
        seed,
        lot,
        recipients: vec![rsa(), p256("recipient")],
        rescue: Some(3),
        documents: vec![],
        ..Recipe::default()
    };
    let honest = Forge::new(&recipe("wraps", "1").seal());
    let other_bid = Forge::new(&recipe("another bid", "1").seal());
    let other_lot = Forge::new(&recipe("wraps", "2").seal());
    let mut cases = Vec::new();
    let mut case = |name: &str, forge: &Forge, key: &PrivateKey, role: u8, outcome: Value| {
        cases.push(json!({
            "name": name, "header": to_base64(&forge.header()), "key": to_base64(&pkcs8(key)),
            "role": role, "outcome": outcome,
        }));
    };
    let code = |code: &str| json!({"code": code});
    let rsa = rsa();
    let spare = p256("recipient");
    let custodian = p256("custodian 2");
    let secret = |secret: &Secret| json!({"secret": hexed(secret)});
    let share = |role, t, of: &Secret| honest.derivation().deal(role, t, 3, of)[1].share.clone();
    case("b by RSA", &honest, &rsa, 0, secret(&honest.b));
    case("b by HPKE", &honest, &spare, 0, secret(&honest.b));
    let release = share(Role::Release, 2, &honest.r);
    case(
        "custodian 2, release",
        &honest,
        &custodian,
        1,
        secret(&release),
    );
    let rescue = share(Role::Rescue, 3, &honest.b);
    case(
        "custodian 2, rescue",
        &honest,
        &custodian,
        2,
        secret(&rescue),
    );
    case(
        "a stranger",
        &honest,
        &p256("stranger"),
        0,
        code("wrap-other-key"),
    );
    case(
        "a custodian is no recipient",
        &honest,
        &custodian,
        0,
        code("wrap-other-key"),
    );

    let mut moved = honest.clone();
    moved.wraps = other_bid.wraps.clone();
    case(
        "RSA wrap from another bid",
        &moved,
        &rsa,
        0,
        code("wrap-not-bound"),
    );
    case(
        "HPKE wrap from another bid",
        &moved,
        &spare,
        0,
        code("wrap-not-opened"),
    );
    case(
        "share from another bid",
        &moved,
        &custodian,
        1,
        code("wrap-not-opened"),
    );
    let mut moved = honest.clone();
    moved.wraps = other_lot.wraps.clone();
    case(
        "RSA wrap from another lot",
        &moved,
        &rsa,
        0,
        code("wrap-not-bound"),
    );
    case(
        "HPKE wrap from another lot",
        &moved,
        &spare,
        0,
        code("wrap-not-opened"),
    );
    let mut moved = honest.clone();
    moved.context.project = "01935b7e-8f00-7000-8000-000000000002".to_owned();
    case(
        "RSA wrap from another project",
        &moved,
        &rsa,
        0,
        code("wrap-not-bound"),
    );
    case(
        "HPKE wrap from another project",
        &moved,
        &spare,
        0,
        code("wrap-not-opened"),
    );
    let mut moved = honest.clone();
    moved.wraps.rescue = honest.wraps.release.clone();
    case(
        "share for another role",
        &moved,
        &custodian,
        2,
        code("wrap-not-opened"),
    );

    let mut place = honest.place(Role::Recipient, 1);
    place.x = 2;
    let mut misplaced = honest.clone();
    misplaced.wraps.recipients[0].value.0 =
        wrap(&rsa.public(), &place, &honest.b, &mut TestRng::new("place"));
    case(
        "RSA wrap for another place",
        &misplaced,
        &rsa,
        0,
        code("wrap-not-bound"),
    );
    let mut altered = honest.clone();
    altered.wraps.recipients[0].value.0[10] ^= 1;
    altered.wraps.recipients[1].value.0[100] ^= 1;
    case(
        "RSA wrap altered",
        &altered,
        &rsa,
        0,
        code("wrap-not-opened"),
    );
    case(
        "HPKE wrap altered",
        &altered,
        &spare,
        0,
        code("wrap-not-opened"),
    );
    let mut compressed = honest.clone();
    compressed.wraps.recipients[1].value.0[0] = 2;
    case(
        "enc that is no uncompressed point",
        &compressed,
        &spare,
        0,
        code("wrap-not-opened"),
    );
    let mut lying = honest.clone();
    let place = honest.place(Role::Recipient, 2);
    lying.wraps.recipients[1].value.0 = wrap(
        &spare.public(),
        &place,
        &honest.r,
        &mut TestRng::new("lying"),
    );
    case(
        "a wrap of something else than b",
        &lying,
        &spare,
        0,
        code("secret-mismatch"),
    );
    let mut hollow = honest.clone();
    hollow.hand(Role::Release, 2, &honest.b, &honest.r);
    hollow.commitments.release[1] = honest.commitments.release[1];
    case(
        "a wrap of another share",
        &hollow,
        &custodian,
        1,
        code("share-mismatch"),
    );
    let rsa_keys = [RSA_3072, RSA_4096].map(|key| PrivateKey::from_pkcs8(key).unwrap());
    let larger = Recipe {
        seed: "larger",
        recipients: rsa_keys.to_vec(),
        documents: vec![],
        ..Recipe::default()
    };
    let larger = Forge::new(&larger.seal());
    for (at, (bits, key)) in ["3072", "4096"].into_iter().zip(&rsa_keys).enumerate() {
        let name = format!("b by RSA of {bits} bits");
        case(&name, &larger, key, 0, secret(&larger.b));
        let mut altered = larger.clone();
        altered.wraps.recipients[at].value.0[20] ^= 1;
        let name = format!("RSA of {bits} bits, altered");
        case(&name, &altered, key, 0, code("wrap-not-opened"));
        let mut moved = larger.clone();
        moved.context.lot = "2".to_owned();
        let name = format!("RSA of {bits} bits, moved to another lot");
        case(&name, &moved, key, 0, code("wrap-not-bound"));
        // A length that RSA wraps have, and this key's do not.
        let mut other = larger.clone();
        other.wraps.recipients[at].value.0 = larger.wraps.recipients[1 - at].value.0.clone();
        let name = format!("RSA of {bits} bits, of another modulus' length");
        case(&name, &other, key, 0, code("wrap-not-opened"));
    }
    json!({
        "about": "Opening one's own wrap (section 11) and checking what is inside. `key` is an unencrypted PKCS #8, `role` 0 b, 1 release, 2 rescue.",
        "cases": cases,
    })
}

pub(super) fn key_files() -> Value {
    let key = p256("key file");
    let PrivateKey::P256(p256_key) = &key else {
        unreachable!("p256 makes P-256 keys")
    };
    let passphrase = "正确的马 battery staple";
    let file = keyfile::seal(&key, passphrase, [0x5a; 16]).unwrap();
    let text = String::from_utf8(file).unwrap();
    let composed = keyfile::seal(&key, "p\u{e4}ssword", [0x5b; 16]).unwrap();
    let composed = String::from_utf8(composed).unwrap();
    let scalar = json!({"scalar": hex::encode(p256_key.as_bytes())});
    let code = |code: &str| json!({"code": code});
    let mut cases = vec![
        json!({"name": "an ordinary key file", "file": text, "passphrase": passphrase, "outcome": scalar}),
        json!({"name": "a passphrase not in normal form C", "file": composed, "passphrase": "pa\u{308}ssword", "outcome": scalar}),
        json!({"name": "another passphrase", "file": text, "passphrase": "wrong", "outcome": code("passphrase-wrong")}),
    ];
    for (name, from, to) in [
        ("more memory", "\"m\":65536", "\"m\":65537"),
        ("less memory", "\"m\":65536", "\"m\":1024"),
        ("more lanes", "\"p\":1", "\"p\":4"),
        ("fewer passes", "\"t\":3", "\"t\":1"),
        ("another format", "keyfile\"", "keyfile2\""),
        ("a short salt", "5a5a\"", "5a\""),
        ("white space", ",\"format\"", ", \"format\""),
        (
            "an unknown member",
            "{\"argon2id\"",
            "{\"a\":0,\"argon2id\"",
        ),
        ("an RSA key", "\"public\":\"MFkw", "\"public\":\"MFkx"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}");
        cases.push(json!({"name": name, "file": changed, "passphrase": passphrase, "outcome": code("keyfile-wrong")}));
    }
    json!({
        "about": "Key files (section 12): the private scalar, or the code of the refusal.",
        "cases": cases,
        "written": written(),
    })
}

/// What is written, and what is refused before anything is.
fn written() -> Vec<Value> {
    let scalar = Secret::from_bytes([0x21; 32]);
    let salt = [0x5c; 16];
    let key = PrivateKey::from_scalar(Suite::Intl, scalar.as_bytes()).unwrap();
    let case = |name: &str, passphrase: &str| {
        let outcome = match keyfile::seal(&key, passphrase, salt) {
            Ok(file) => json!({"file": String::from_utf8(file).unwrap()}),
            Err(problem) => json!({"code": problem.code()}),
        };
        json!({
            "name": name, "scalar": hexed(&scalar), "salt": hex::encode(salt),
            "passphrase": passphrase, "outcome": outcome,
        })
    };
    [
        ("8 characters", "12345678"),
        ("7 characters", "1234567"),
        ("none", ""),
        (
            "8 characters of Chinese",
            "\u{4e00}\u{4e8c}\u{4e09}\u{56db}\u{4e94}\u{516d}\u{4e03}\u{516b}",
        ),
        (
            "7 characters of Chinese, 21 bytes",
            "\u{4e00}\u{4e8c}\u{4e09}\u{56db}\u{4e94}\u{516d}\u{4e03}",
        ),
        (
            "8 characters beyond U+FFFF",
            "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
        ),
        (
            "4 characters beyond U+FFFF, 8 units of UTF-16",
            "\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
        ),
        ("8 characters that normal form C makes 7", "123456a\u{308}"),
        ("7 characters and a space", "1234567 "),
    ]
    .map(|(name, passphrase)| case(name, passphrase))
    .into()
}

pub(super) fn pkcs8(key: &PrivateKey) -> Vec<u8> {
    match key {
        PrivateKey::P256(key) => {
            let key = p256::SecretKey::from_slice(key.as_bytes()).unwrap();
            use p256::pkcs8::EncodePrivateKey as _;
            key.to_pkcs8_der().unwrap().as_bytes().to_vec()
        }
        PrivateKey::Rsa(key) => key.to_pkcs8(),
        PrivateKey::Sm2(key) => {
            let key = sm2::SecretKey::from_slice(key.as_bytes()).unwrap();
            use sm2::pkcs8::EncodePrivateKey as _;
            key.to_pkcs8_der().unwrap().as_bytes().to_vec()
        }
        PrivateKey::Held(_) => unreachable!("vectors have keys in memory"),
    }
}

pub(super) fn hexed(secret: &Secret) -> String {
    hex::encode(secret.as_bytes())
}
