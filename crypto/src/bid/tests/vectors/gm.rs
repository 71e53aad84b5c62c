//! What suite `gm` has of its own: derivations and sealed chunks step by step, its
//! kinds of wraps, headers that mix suites, key files.

mod signatures;

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use super::parts::{hexed, pkcs8};
use crate::Suite;
use crate::bid::chunk::{CHUNK, ChunkTree, chunk_count, ciphertext_length};
use crate::bid::{Header, HeaderPart};
use crate::encoding::to_base64;
use crate::keyfile;
use crate::secret::Secret;
use crate::test_rng::TestRng;
use crate::wrap::{PrivateKey, Role, WrapKind, wrap};

pub(super) use signatures::signatures;

const GM: Suite = Suite::Gm;

pub(super) fn derivations() -> Value {
    let sample = Recipe::of(GM).seal();
    let forge = Forge::new(&sample);
    let derivation = forge.derivation();
    let dek = derivation.dek(&sample.b, &sample.r);
    let prk = derivation.prk(&dek);
    let segments: Vec<_> = [0, 1, 2, 1025]
        .map(|segment| {
            let key = derivation.segment_key(&prk, segment);
            let encrypt = hexed(&GM.expand(&key, &[b"kaibiao/1 encrypt", &[0]]));
            json!({
                "segment": segment,
                "SK": hexed(&key),
                "EK": encrypt[..32],
                "MK": hexed(&GM.expand(&key, &[b"kaibiao/1 authenticate", &[0]])),
                "KC": derivation.commit_segment(&key),
            })
        })
        .into();
    let dealt: Vec<_> = derivation
        .deal(Role::Release, 2, 3, &sample.r)
        .into_iter()
        .map(|dealt| {
            let ephemeral = GM.expand(&dealt.ephemeral, &[b"kaibiao/1 ephemeral sm2", &[0]]);
            json!({
                "x": dealt.x, "share": hexed(&dealt.share), "KS": dealt.commitment,
                "ephemeral_ikm": hexed(&dealt.ephemeral), "ephemeral": hexed(&ephemeral),
            })
        })
        .collect();
    json!({
        "about": "Sections 3 to 5, step by step, for envelope 0. Plaintexts of `streams`: byte k is k mod 251. `dealing`: of r, two of three, for release; `ephemeral` is the scalar for c = 0.",
        "ctx": String::from_utf8(sample.header.part(HeaderPart::Context).to_vec()).unwrap(),
        "hctx": derivation.context,
        "msg_id": hex::encode(derivation.message),
        "b": hexed(&sample.b), "r": hexed(&sample.r),
        "KB": derivation.commit_b(&sample.b), "KR": derivation.commit_r(&sample.r),
        "DEK": hexed(&dek), "KC": derivation.commit_dek(&prk),
        "segments": segments,
        "dealing": dealt,
        "streams": streams(&forge),
    })
}

/// A segment of each length: its first sealed chunk's end, and its commitments.
fn streams(forge: &Forge) -> Vec<Value> {
    let lengths = [0, 1, 16, 17, CHUNK, CHUNK + 1];
    let streams = lengths.map(|length| {
        let cipher = forge.cipher(&forge.r, 2, length as u64);
        let plaintext = pattern(length);
        let mut chunks: Vec<Vec<u8>> = plaintext.chunks(CHUNK).map(<[u8]>::to_vec).collect();
        chunks.resize(usize::try_from(chunk_count(length as u64)).unwrap(), vec![]);
        let total = ciphertext_length(GM, length as u64);
        let mut committed = ChunkTree::of_ciphertext(GM, total);
        let mut document = ChunkTree::of_document(GM, length as u64);
        for digests in cipher.seal(0, &mut chunks) {
            document.push(&digests.plain.unwrap());
            committed.push(&digests.sealed);
        }
        let first = &chunks[0];
        json!({
            "segment": 2, "length": length, "document_digest": document.finish(),
            "ciphertext_length": total, "ciphertext_sm3": GM.digest(&chunks.concat()),
            "first_tag": hex::encode(&first[first.len() - 32..]), "C": committed.finish(),
        })
    });
    streams.into()
}

pub(super) fn headers() -> Value {
    let honest = Forge::new(
        &Recipe {
            recipients: vec![sm2("recipient"), sm2("spare")],
            rescue: Some(3),
            documents: vec![("a", pattern(1))],
            ..Recipe::of(GM)
        }
        .seal(),
    );
    let intl = Forge::new(
        &Recipe {
            rescue: Some(3),
            ..Recipe::default()
        }
        .seal(),
    );
    let header = Header::parse(&honest.header()).unwrap();
    let mut cases = vec![json!({
        "name": "an ordinary header", "header": to_base64(&honest.header()),
        "outcome": {"bid": header.digest()},
    })];
    let mut refused = |name: &str, code: &str, change: &dyn Fn(&mut Forge)| {
        let mut forge = honest.clone();
        change(&mut forge);
        cases.push(json!({
            "name": name, "header": to_base64(&forge.header()), "outcome": {"code": code},
        }));
    };
    let (form, field, fit) = (
        "header-not-canonical",
        "header-field",
        "header-inconsistent",
    );
    refused("an unknown suite", "header-unknown-format", &|f| {
        f.context.suite = "GM".to_owned();
    });
    refused("ctx says intl, all else is of gm", form, &|f| {
        f.context.suite = "intl".to_owned();
    });
    refused("a recipient's wrap of intl", form, &|f| {
        f.wraps.recipients[0].kind = WrapKind::HpkeP256;
    });
    refused("a custodian's wrap of intl", form, &|f| {
        f.wraps.release[1] = intl.wraps.release[1].clone();
    });
    refused("a wrap for rescue of intl, and another key", form, &|f| {
        f.wraps.rescue[2].kind = WrapKind::RsaOaepSha256;
        f.wraps.recipients[0].key = GM.digest(b"another key");
    });
    refused("a recipient's wrap in the custodians' shape", fit, &|f| {
        f.wraps.recipients[1].kind = WrapKind::Sm2;
    });
    refused("a custodian's wrap in the recipients' shape", fit, &|f| {
        f.wraps.release[0].kind = WrapKind::Sm2Sm4Cbc;
    });
    for (name, kind, length) in [
        ("a recipient's wrap too short", 0, 139),
        ("a recipient's wrap too long", 0, 205),
        ("a custodian's wrap too short", 1, 107),
        ("a custodian's wrap too long", 1, 174),
    ] {
        refused(name, field, &|f| {
            let wraps = [&mut f.wraps.recipients[0], &mut f.wraps.release[0]];
            wraps.map(|wrap| &mut wrap.value.0)[kind].resize(length, 0);
        });
    }
    refused(
        "ctx names the certificate by SHA-256",
        "header-certificate",
        &|f| {
            f.context.certificate = Suite::Intl.digest(&stored_of(GM, "certificate"));
        },
    );
    // The same bid taken for one of the other suite.
    let mut taken = intl.clone();
    taken.context.suite = "gm".to_owned();
    cases.push(json!({
        "name": "ctx says gm, all else is of intl", "header": to_base64(&taken.header()),
        "outcome": {"code": form},
    }));
    let mut foreign = intl.clone();
    foreign.wraps.recipients[0].kind = WrapKind::Sm2Sm4Cbc;
    cases.push(json!({
        "name": "a wrap of gm in a bid of intl", "header": to_base64(&foreign.header()),
        "outcome": {"code": form},
    }));
    json!({
        "about": "Headers (section 6): the bid digest, or the code of the refusal.",
        "cases": cases,
    })
}

pub(super) fn wraps() -> Value {
    let recipe = |seed, lot| Recipe {
        seed,
        lot,
        recipients: vec![sm2("recipient"), sm2("spare")],
        rescue: Some(3),
        documents: vec![],
        ..Recipe::of(GM)
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
    let secret = |secret: &Secret| json!({"secret": hexed(secret)});
    let share = |role, t, of: &Secret| honest.derivation().deal(role, t, 3, of)[1].share.clone();
    let (recipient, spare, custodian) = (sm2("recipient"), sm2("spare"), sm2("custodian 2"));
    let (not_opened, not_bound) = ("wrap-not-opened", "wrap-not-bound");
    case("b", &honest, &recipient, 0, secret(&honest.b));
    case("b, to a spare", &honest, &spare, 0, secret(&honest.b));
    let release = share(Role::Release, 2, &honest.r);
    case("a share of r", &honest, &custodian, 1, secret(&release));
    let rescue = share(Role::Rescue, 3, &honest.b);
    case("a share of b", &honest, &custodian, 2, secret(&rescue));
    let other_key = code("wrap-other-key");
    case(
        "a stranger",
        &honest,
        &sm2("stranger"),
        0,
        other_key.clone(),
    );
    case(
        "the same scalar on P-256",
        &honest,
        &p256("recipient"),
        0,
        other_key,
    );

    for (name, from) in [("another bid", &other_bid), ("another lot", &other_lot)] {
        let mut moved = honest.clone();
        moved.wraps = from.wraps.clone();
        for (what, key, role) in [("b", &recipient, 0), ("a share", &custodian, 1)] {
            let name = format!("{what} from {name}");
            case(&name, &moved, key, role, code(not_bound));
        }
    }
    let mut moved = honest.clone();
    moved.wraps.rescue = honest.wraps.release.clone();
    case(
        "a share for the other role",
        &moved,
        &custodian,
        2,
        code(not_bound),
    );
    let mut misplaced = honest.clone();
    let place = honest.place(Role::Recipient, 2);
    misplaced.wraps.recipients[0].value.0 = wrap(
        &recipient.public(),
        &place,
        &honest.b,
        &mut TestRng::new("place"),
    );
    case(
        "b for another place",
        &misplaced,
        &recipient,
        0,
        code(not_bound),
    );
    let mut lying = honest.clone();
    let place = honest.place(Role::Recipient, 1);
    lying.wraps.recipients[0].value.0 = wrap(
        &recipient.public(),
        &place,
        &honest.r,
        &mut TestRng::new("lying"),
    );
    let mismatch = code("secret-mismatch");
    case(
        "something else than b",
        &lying,
        &recipient,
        0,
        mismatch.clone(),
    );
    let mut hollow = honest.clone();
    hollow.hand(Role::Release, 2, &honest.b, &honest.r);
    hollow.commitments.release[1] = honest.commitments.release[1];
    case(
        "another share",
        &hollow,
        &custodian,
        1,
        code("share-mismatch"),
    );

    // Byte 0 is of iv, 16 and 48 of the blocks, 80 of the DER.
    for (at, outcome) in [
        (0, mismatch.clone()),
        (16, mismatch),
        (32, code(not_bound)),
        (79, code(not_bound)),
        (80, code(not_opened)),
        (100, code(not_opened)),
    ] {
        let mut altered = honest.clone();
        altered.wraps.recipients[0].value.0[at] ^= 1;
        let name = format!("b, byte {at} altered");
        case(&name, &altered, &recipient, 0, outcome);
    }
    let last = |forge: &mut Forge, change: &dyn Fn(&mut Vec<u8>)| {
        change(&mut forge.wraps.release[1].value.0);
    };
    type Change<'a> = &'a dyn Fn(&mut Vec<u8>);
    let changes: [(&str, Change<'_>); 5] = [
        ("the ciphertext altered", &|value| {
            *value.last_mut().unwrap() ^= 1
        }),
        ("x1 altered", &|value| value[20] ^= 1),
        ("a byte after the DER", &|value| value.push(0)),
        ("the last byte missing", &|value| {
            value.truncate(value.len() - 1)
        }),
        ("a length spelt longer", &|value| {
            value.splice(1..3, [0x82, 0, value[2]]);
        }),
    ];
    for (name, change) in changes {
        let mut altered = honest.clone();
        last(&mut altered, change);
        let name = format!("a share, {name}");
        case(&name, &altered, &custodian, 1, code(not_opened));
    }
    json!({
        "about": "Opening one's own wrap (section 6) and checking what is inside. `key` is an unencrypted PKCS #8, `role` 0 b, 1 release, 2 rescue.",
        "cases": cases,
    })
}

pub(super) fn key_files() -> Value {
    let key = sm2("key file");
    let passphrase = "正确的马 battery staple";
    let file = keyfile::seal(&key, passphrase, [0x5a; 16]).unwrap();
    let text = String::from_utf8(file).unwrap();
    let scalar = json!({"scalar": hex::encode(key.scalar().unwrap())});
    let code = |code: &str| json!({"code": code});
    let sealed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file: Value = serde_json::from_str(&text).unwrap();
        let mut sealed = super::run::base64(&file["sealed"]);
        change(&mut sealed);
        file["sealed"] = json!(to_base64(&sealed));
        file.to_string()
    };
    let mut cases = Vec::new();
    let mut case = |name: &str, file: &str, passphrase: &str, outcome: Value| {
        cases.push(json!({
            "name": name, "file": file, "passphrase": passphrase, "outcome": outcome,
        }));
    };
    case("an ordinary key file", &text, passphrase, scalar);
    let wrong = code("passphrase-wrong");
    case("another passphrase", &text, "another one", wrong.clone());
    let altered = sealed(&|sealed| sealed[0] ^= 1);
    case("the scalar altered", &altered, passphrase, wrong.clone());
    let altered = sealed(&|sealed| sealed[63] ^= 1);
    case("the tag altered", &altered, passphrase, wrong.clone());
    let short = sealed(&|sealed| sealed.truncate(48));
    case(
        "sealed as in intl",
        &short,
        passphrase,
        code("keyfile-wrong"),
    );
    let mut swapped: Value = serde_json::from_str(&text).unwrap();
    swapped["public"] = json!(to_base64(&sm2("another").public().spki()));
    case(
        "another public key",
        &swapped.to_string(),
        passphrase,
        wrong,
    );
    let mut swapped: Value = serde_json::from_str(&text).unwrap();
    swapped["public"] = json!(to_base64(&p256("another").public().spki()));
    let outcome = code("keyfile-wrong");
    case(
        "a public key of P-256",
        &swapped.to_string(),
        passphrase,
        outcome,
    );
    json!({
        "about": "Key files (section 9): the private scalar, or the code of the refusal.",
        "cases": cases,
    })
}
