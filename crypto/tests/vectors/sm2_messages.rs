//! `timestamp/detached-sm2.json`: detached signatures by SM2, in both frames, and what
//! is refused of them.

use kaibiao_crypto::certificate::Ca;
use kaibiao_crypto::cms::sign;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::FileKey;

use crate::pki::sm2::*;
use crate::pki::*;
use crate::signed::*;
use crate::timestamps::{DetachedVector, detached_holds};
use crate::{folder, read, write};

const FILE: &str = "timestamp/detached-sm2.json";
const CONTENT: &[u8] = b"%PDF-1.7 not really";

/// A message in pieces and what is changed in it; the usual one holds.
struct Case {
    name: &'static str,
    expect: &'static str,
    change: fn(&mut Pieces),
}

const fn case(name: &'static str, expect: &'static str, change: fn(&mut Pieces)) -> Case {
    Case {
        name,
        expect,
        change,
    }
}

fn is_gm(pieces: &Pieces) -> bool {
    pieces.frame == GM_SIGNED_DATA
}

const CASES: &[Case] = &[
    case("piece by piece", "accepted", |_| ()),
    case("SM2 without its digest", "accepted", |it| {
        it.signature_algorithm = SM2.to_vec();
    }),
    case("algorithms with NULL", "accepted", |it| {
        let null = |identifier: &[u8]| sequence(&[&identifier[2..], b"\x05\x00"]);
        it.signature_algorithm = null(SM2_SM3);
        it.digest_algorithm = null(SM3);
        it.digest_algorithms = vec![null(SM3)];
    }),
    case("no certificate named", "accepted", |it| {
        drop(it.attributes.pop())
    }),
    case("the other frame's type of message", "cms-content", |it| {
        it.frame = if is_gm(it) {
            SIGNED_DATA
        } else {
            GM_SIGNED_DATA
        }
        .to_vec();
    }),
    case("the other frame's type of content", "cms-content", |it| {
        it.content_type = if is_gm(it) { DATA } else { GM_DATA }.to_vec();
    }),
    case(
        "the other frame's type in the attribute",
        "cms-content",
        |it| {
            let other = if is_gm(it) { DATA } else { GM_DATA };
            it.attributes[0] = attribute(CONTENT_TYPE, other);
        },
    ),
    case("with the file inside", "cms-content", |it| {
        it.content = Some(CONTENT.to_vec());
    }),
    case("SHA-256 with SM2", "cms-algorithm", |it| {
        it.digest_algorithms = vec![SHA_256.to_vec()];
        it.digest_algorithm = SHA_256.to_vec();
    }),
    case("SM3 with ECDSA", "cms-algorithm", |it| {
        it.signature_algorithm = ECDSA_SHA_256.to_vec();
    }),
    case("SM3 with RSA", "cms-algorithm", |it| {
        it.signature_algorithm = RSA.to_vec();
    }),
    case("another digest algorithm outside", "cms-algorithm", |it| {
        it.digest_algorithms = vec![SHA_256.to_vec()];
    }),
    case("the message digest by SHA-256", "cms-digest", |it| {
        let digest = kaibiao_crypto::Digest::of(CONTENT);
        it.attributes[1] = attribute(MESSAGE_DIGEST, &der(4, digest.as_bytes()));
    }),
    case("without a message digest", "cms-malformed", |it| {
        it.attributes.remove(1);
    }),
    case("without a content type", "cms-malformed", |it| {
        it.attributes.remove(0);
    }),
    case("a message digest twice", "cms-malformed", |it| {
        it.attributes.insert(1, it.attributes[1].clone());
    }),
    case("attributes out of order", "cms-malformed", |it| {
        it.attributes.swap(0, 1);
    }),
    case("version 3", "cms-malformed", |it| it.version = 3),
    case("two signers", "cms-signers", |it| it.signers = 2),
    case("without the certificate", "cms-no-certificate", |it| {
        it.certificates.clear();
    }),
    case(
        "another certificate named",
        "cms-signing-certificate",
        |it| {
            it.attributes[2] = signing_certificate(&[SM3, &der(4, &sm3(b"another"))]);
        },
    ),
];

#[test]
#[ignore = "writes the vectors; needs a JDK and BouncyCastle"]
fn write_detached_vectors_by_sm2() {
    let authorities = Authorities::new(0, 0);
    let ca = authorities.ca(&[77]);
    let pkcs8 = std::fs::read(folder("keys/sm2.pk8")).unwrap();
    let key = Sm2Key::of(&pkcs8);
    let middle = || authorities.middle_certificate.clone();
    let ours = |leaf: Leaf, spelling: usize| {
        let chain = vec![authorities.issue(leaf, &key.spki(spelling), 0), middle()];
        let key = FileKey::from_pkcs8(&pkcs8, chain.clone()).unwrap();
        (sign(CONTENT, NOW, &key).unwrap(), chain)
    };
    let mut vectors = Vec::new();
    let mut push = |name: String, expect: &str, content: &[u8], message, ca: &Ca| {
        vectors.push(DetachedVector {
            name,
            expect: expect.into(),
            cas: vec![ca.clone()],
            now: NOW,
            content: Base64(content.to_vec()),
            message: Base64(message),
            signing_time: None,
            key: None,
            chain: vec![],
        });
    };
    let mut made = Vec::new();
    for spelling in 0..KEYS.len() {
        let (message, chain) = ours(Leaf::signing(), spelling);
        push(
            format!("ours, sm2, key spelt {spelling}"),
            "accepted",
            CONTENT,
            message,
            &ca,
        );
        made.push(chain);
    }
    let (good, chain) = ours(Leaf::signing(), 0);
    let leaf = chain[0].clone();
    push(
        "another file".into(),
        "cms-digest",
        b"%PDF-1.7 not quite",
        good.clone(),
        &ca,
    );
    push(
        "an octet after it".into(),
        "cms-malformed",
        CONTENT,
        [&good[..], &[0]].concat(),
        &ca,
    );
    let revoked = Leaf {
        serial: 77,
        ..Leaf::signing()
    };
    push(
        "revoked".into(),
        "certificate-revoked",
        CONTENT,
        ours(revoked, 0).0,
        &ca,
    );
    push(
        "an encryption certificate".into(),
        "certificate-wrong-usage",
        CONTENT,
        ours(Leaf::encryption(), 0).0,
        &ca,
    );
    for (frame, is_gm) in [("GM/T 0010", true), ("RFC 5652", false)] {
        for Case {
            name,
            expect,
            change,
        } in CASES
        {
            let mut pieces = Pieces::sm2(is_gm, CONTENT, &leaf, &pkcs8);
            change(&mut pieces);
            push(
                format!("{frame}, {name}"),
                expect,
                CONTENT,
                pieces.sign(),
                &ca,
            );
        }
        let pieces = Pieces::sm2(is_gm, CONTENT, &leaf, &pkcs8);
        push(
            format!("{frame}, over other attributes"),
            "cms-signature",
            CONTENT,
            pieces.sign_over(b"others"),
            &ca,
        );
        let value = key.sign(&der(0x31, &pieces.attributes.concat()));
        let numbers = parts(&value);
        let padded = der(2, &[&[0, 0][..], &numbers[0][2..]].concat());
        for (name, value) in [
            ("r with zeros before it", sequence(&[&padded, &numbers[1]])),
            ("r and s as 64 bytes", raw(&numbers)),
            ("r + s = n", sequence(&[&der(2, &[1]), &der(2, &MINUS_ONE)])),
        ] {
            push(
                format!("{frame}, {name}"),
                "cms-signature",
                CONTENT,
                pieces.with_value(&value),
                &ca,
            );
        }
    }
    // RSA and P-256 in a message of GM/T 0010, and as though they were SM2.
    let plain = Authority::root("Kaibiao Plain Root");
    let plain_ca = plain.ca("test", vec![plain.crl(&[], false)]);
    for (name, pkcs8, signature) in [("RSA", RSA_2048, RSA), ("P-256", P_256, ECDSA_SHA_256)] {
        let leaf = plain.issue(pkcs8, Leaf::signing());
        let dressed = Pieces::sm2(true, CONTENT, &leaf, pkcs8);
        let framed = Pieces {
            digest_algorithms: vec![SHA_256.to_vec()],
            digest_algorithm: SHA_256.to_vec(),
            signature_algorithm: signature.to_vec(),
            attributes: usual_attributes(GM_DATA, CONTENT, &leaf),
            ..dressed.clone()
        };
        push(
            format!("GM/T 0010, {name}"),
            "cms-algorithm",
            CONTENT,
            framed.sign(),
            &plain_ca,
        );
        push(
            format!("GM/T 0010, {name} as SM2"),
            "cms-signature",
            CONTENT,
            dressed.sign(),
            &plain_ca,
        );
    }
    // A point of P-256 under the name of SM2's curve.
    let point = parts(&openssl_spki(P_256))[1].clone();
    let spki = der(0x30, &[hex::decode(KEYS[0]).unwrap(), point].concat());
    let off = authorities.issue(Leaf::signing(), &spki, 0);
    let message = Pieces::sm2(true, CONTENT, &off, &pkcs8).sign();
    push(
        "a point of P-256 as SM2's".into(),
        "cms-signature",
        CONTENT,
        message,
        &ca,
    );
    // An SM2 leaf of an authority of P-256.
    let mut inner = parts(&parts(&plain.issue(P_256, Leaf::signing()))[0]);
    inner[SPKI] = key.spki(0);
    let issued = with_text(
        &plain.issue(P_256, Leaf::signing()),
        &der(0x30, &inner.concat()),
    );
    let mixed = plain.sign_again(&issued, |_| ());
    let message = Pieces::sm2(true, CONTENT, &mixed, &pkcs8).sign();
    push(
        "a mixed chain".into(),
        "certificate-chain",
        CONTENT,
        message,
        &plain_ca,
    );
    let desk = Desk::new();
    desk.write("content", CONTENT);
    desk.write("leaf.cer", &leaf);
    desk.write("key.pk8", &pkcs8);
    desk.write("p7s", &good);
    assert_eq!(bouncy_castle(&desk, "verify").trim(), "true");
    bouncy_castle(&desk, "sign");
    let message = desk.read("p7s");
    push("by BouncyCastle".into(), "accepted", CONTENT, message, &ca);

    for (vector, chain) in vectors.iter_mut().zip(made) {
        vector.key = Some("sm2".into());
        vector.chain = chain.into_iter().map(Base64).collect();
    }
    for vector in vectors.iter_mut().filter(|it| it.expect == "accepted") {
        vector.signing_time = vector.verify().expect(&vector.name).signing_time;
    }
    write(FILE, &vectors);
}

/// n - 1, as the content of an INTEGER.
const MINUS_ONE: [u8; 33] = [
    0x00, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41,
    0x22,
];

/// The contents of two INTEGERs as 64 bytes.
fn raw(numbers: &[Vec<u8>]) -> Vec<u8> {
    let of = |number: &Vec<u8>| {
        let mut padded = [vec![0; 32], number[2..].to_vec()].concat();
        padded.split_off(padded.len() - 32)
    };
    numbers.iter().flat_map(of).collect()
}

/// A desk on which BouncyCastle is asked to `sign` or to `verify`, and what it says.
fn bouncy_castle(desk: &Desk, asked: &str) -> String {
    let program = folder("timestamp/programs/Bouncy.java");
    let jars = ["bcprov", "bcpkix", "bcutil"].map(|it| format!("/usr/share/java/{it}.jar"));
    let done = std::process::Command::new("java")
        .args(["-cp", &jars.join(":"), &program, asked])
        .current_dir(desk.path(""))
        .output();
    let done = done.expect("writing needs a JDK");
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn detached_signatures_by_sm2_have_the_outcome_that_their_vector_names() {
    let vectors = read::<DetachedVector>(FILE);
    assert!(vectors.len() > 50);
    vectors.into_iter().for_each(detached_holds);
}
