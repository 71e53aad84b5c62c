//! How the vectors were made.

use kaibiao_crypto::certificate::{Ca, Use};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::signature::{Algorithm, PublicKey, Signature, message};
use kaibiao_crypto::signer::{FileKey, Signer};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, Receipt, SignedStatement, UnlockAck,
};
use kaibiao_crypto::{Digest, rng::Rng};
use serde::Serialize;
use serde_json::{Value, json};

use crate::pki::*;
use crate::{ActVector, CertificateVector, StatementVector};

const ORIGIN: &str = "bid.example.cn";
const PROJECT: &str = "0192d3a0-0000-7000-8000-000000000001";
const BODY: &str = r#"{"act":"withdraw","bid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","lot":"1","nonce":"00112233445566778899aabbccddeeff","note":"撤回投标"}"#;

pub fn write<T: Serialize>(name: &str, vectors: &[T]) {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::write(path, serde_json::to_string_pretty(vectors).unwrap() + "\n").unwrap();
}

struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

/// An act whose signature was made over `signed` and that shows `body`.
fn act(body: &str, signature: &Signature) -> Value {
    json!({
        "body": body,
        "signature": {"algorithm": signature.algorithm, "value": signature.value, "chain": []},
    })
}

#[test]
#[ignore = "writes the vectors"]
fn write_act_vectors() {
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, key: &FileKey, act: String| {
        let (key_kind, key) = match key.public_key() {
            PublicKey::Rsa(key) => ("rsa", key),
            PublicKey::P256(key) => ("p256", key),
            PublicKey::Ed25519(key) => ("ed25519", key.to_vec()),
        };
        vectors.push(ActVector {
            name: name.into(),
            expect: expect.into(),
            act,
            origin: ORIGIN.into(),
            project: PROJECT.into(),
            key_kind: key_kind.into(),
            key: Base64(key),
            message: (expect == "accepted")
                .then(|| hex::encode(message("withdraw", ORIGIN, PROJECT, BODY.as_bytes()))),
        });
    };
    let keys = [RSA_2048, RSA_3072, P_256, ED25519].map(|pkcs8| FileKey::bare(pkcs8).unwrap());
    let good = message("withdraw", ORIGIN, PROJECT, BODY.as_bytes());
    let wrong = [
        (
            "signed for another purpose",
            message("submit", ORIGIN, PROJECT, BODY.as_bytes()),
        ),
        (
            "signed for another platform",
            message("withdraw", "bid.example.com", PROJECT, BODY.as_bytes()),
        ),
        (
            "signed for another project",
            message(
                "withdraw",
                ORIGIN,
                "0192d3a0-0000-7000-8000-000000000002",
                BODY.as_bytes(),
            ),
        ),
        (
            "signed for no project",
            message("withdraw", ORIGIN, "", BODY.as_bytes()),
        ),
        ("signed over the body alone", BODY.as_bytes().to_vec()),
        ("signed without the zero byte after the label", {
            let mut bytes = good.clone();
            bytes.remove("kaibiao/1 sig".len());
            bytes
        }),
    ];
    for (key, kind) in keys
        .iter()
        .zip(["RSA-2048", "RSA-3072", "P-256", "Ed25519"])
    {
        let signature = key.sign(&good).unwrap();
        push(kind, "accepted", key, act(BODY, &signature).to_string());
        for (name, bytes) in &wrong {
            let signature = key.sign(bytes).unwrap();
            let name = format!("{kind}, {name}");
            push(
                &name,
                "signature-invalid",
                key,
                act(BODY, &signature).to_string(),
            );
        }
        let mut flipped = signature.clone();
        let last = flipped.value.0.len() - 1;
        flipped.value.0[last] ^= 1;
        push(
            &format!("{kind}, a bit flipped"),
            "signature-invalid",
            key,
            act(BODY, &flipped).to_string(),
        );
    }
    let pss = openssl_pss(&good);
    push(
        "RSA-PSS, salt of 32 bytes",
        "accepted",
        &keys[0],
        act(BODY, &pss).to_string(),
    );
    let relabelled = Signature {
        algorithm: Algorithm::RsaPkcs1,
        ..pss
    };
    push(
        "RSA-PSS called PKCS #1 v1.5",
        "signature-invalid",
        &keys[0],
        act(BODY, &relabelled).to_string(),
    );
    let p256_key = &keys[2];
    let low = p256_key.sign(&good).unwrap();
    let parsed = p256::ecdsa::Signature::from_slice(&low.value).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(parsed.r(), -*parsed.s()).unwrap();
    for (name, value) in [
        ("P-256, high s", high.to_bytes().to_vec()),
        ("P-256, in DER", parsed.to_der().as_bytes().to_vec()),
        ("P-256, r and s zero", vec![0; 64]),
    ] {
        let signature = Signature {
            algorithm: Algorithm::EcdsaP256,
            value: Base64(value),
        };
        push(
            name,
            "signature-form",
            p256_key,
            act(BODY, &signature).to_string(),
        );
    }
    let claimed = Signature {
        algorithm: Algorithm::Ed25519,
        ..low.clone()
    };
    push(
        "P-256, called Ed25519",
        "signature-wrong-algorithm",
        p256_key,
        act(BODY, &claimed).to_string(),
    );
    let text = act(BODY, &low).to_string();
    let base64 = serde_json::to_value(&low.value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned();
    let loose = text.replace(&base64, base64.trim_end_matches('='));
    push("base64 without padding", "wire", p256_key, loose);
    push(
        "an unknown member",
        "wire",
        p256_key,
        text.replacen('{', "{\"x\":1,", 1),
    );
    push(
        "a member twice",
        "wire",
        p256_key,
        text.replacen("\"signature\":", "\"body\":\"{}\",\"signature\":", 1),
    );
    push(
        "no signature",
        "act-unsigned",
        p256_key,
        json!({ "body": BODY }).to_string(),
    );
    for (name, expect, body) in [
        (
            "a body with a member twice",
            "act-malformed",
            BODY.replacen("\"act\"", "\"act\":\"submit\",\"act\"", 1),
        ),
        (
            "a body with white space",
            "act-malformed",
            BODY.replacen(':', ": ", 1),
        ),
        ("a body with members out of order", "act-malformed", {
            BODY.replacen("\"act\":\"withdraw\",", "", 1)
                .replacen('}', ",\"act\":\"withdraw\"}", 1)
        }),
        (
            "a body with a needless escape",
            "act-malformed",
            BODY.replacen("撤", "\\u64a4", 1),
        ),
        (
            "a body with a fraction",
            "act-malformed",
            BODY.replacen("\"1\"", "1.5", 1),
        ),
        (
            "a nonce in capitals",
            "act-nonce",
            BODY.replacen("ddeeff", "DDEEFF", 1),
        ),
        (
            "a nonce too short",
            "act-nonce",
            BODY.replacen("ddeeff", "ddee", 1),
        ),
        (
            "no purpose",
            "act-purpose",
            BODY.replacen("\"act\":\"withdraw\",", "", 1),
        ),
        (
            "a purpose that is no name",
            "act-purpose",
            BODY.replacen("withdraw", "With draw", 1),
        ),
    ] {
        let signature = p256_key
            .sign(&message("withdraw", ORIGIN, PROJECT, body.as_bytes()))
            .unwrap();
        push(name, expect, p256_key, act(&body, &signature).to_string());
    }
    write("signatures/acts.json", &vectors);
}

/// A PSS signature with RSA-2048, by openssl.
fn openssl_pss(bytes: &[u8]) -> Signature {
    let path = format!("{}/vectors/keys/rsa-2048.pk8", env!("CARGO_MANIFEST_DIR"));
    let value = openssl(
        &[
            "dgst",
            "-sha256",
            "-keyform",
            "DER",
            "-sign",
            &path,
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:32",
        ],
        bytes,
    );
    Signature {
        algorithm: Algorithm::RsaPss,
        value: Base64(value),
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_statement_vectors() {
    let key = PlatformKey::from_pkcs8(ED25519).unwrap();
    let (other, _) = PlatformKey::generate(&mut Counting(0));
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, kind: &str, statement: String| {
        vectors.push(StatementVector {
            name: name.into(),
            expect: expect.into(),
            kind: kind.into(),
            statement,
            origin: ORIGIN.into(),
            project: PROJECT.into(),
            key: key.public_key(),
        });
    };
    let text = |signed: &SignedStatement| serde_json::to_string(signed).unwrap();
    let digest = |n: u8| Digest::of(&[n]);
    let mut bids = vec![digest(1), digest(2), digest(3)];
    bids.sort();
    let receipt = Receipt {
        bid: digest(1),
        leaf: digest(10),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_794_999_000_000,
        tick: 0,
    };
    let signed = SignedStatement::issue(&receipt, ORIGIN, &key, &mut Counting(0)).unwrap();
    push("a receipt", "accepted", "receipt", text(&signed));
    push(
        "a receipt taken for a closing",
        "refused",
        "closing",
        text(&signed),
    );
    let forged = SignedStatement::issue(&receipt, ORIGIN, &other, &mut Counting(0)).unwrap();
    push(
        "a receipt under another key",
        "refused",
        "receipt",
        text(&forged),
    );
    let elsewhere = Receipt {
        project: "0192d3a0-0000-7000-8000-000000000002".into(),
        ..receipt
    };
    let signed = SignedStatement::issue(&elsewhere, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "a receipt of another project",
        "refused",
        "receipt",
        text(&signed),
    );
    let ack = UnlockAck {
        bid: digest(1),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_795_000_100_000,
        unlock: digest(11),
    };
    let signed = SignedStatement::issue(&ack, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "an acknowledgement",
        "accepted",
        "acknowledge",
        text(&signed),
    );
    let closing = ClosingStatement {
        at: 1_795_000_000_000,
        lots: vec![
            LotBids {
                bids: bids.clone(),
                lot: "1".into(),
            },
            LotBids {
                bids: vec![],
                lot: "2".into(),
            },
        ],
        project: PROJECT.into(),
        root: digest(12),
        shell_seq: 11,
        size: 12,
    };
    let signed_closing = SignedStatement::issue(&closing, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "a closing statement",
        "accepted",
        "closing",
        text(&signed_closing),
    );
    let mut swapped = closing.clone();
    swapped.lots[0].bids.swap(0, 1);
    let mut doubled = closing.clone();
    doubled.lots[0].bids[1] = doubled.lots[0].bids[0];
    let mut lots = closing.clone();
    lots.lots.swap(0, 1);
    let beyond = ClosingStatement {
        shell_seq: 13,
        ..closing.clone()
    };
    for (name, statement) in [
        ("a closing with bids out of order", swapped),
        ("a closing with a bid twice", doubled),
        ("a closing with lots out of order", lots),
        ("a closing whose deadline is not in its tree", beyond),
    ] {
        let signed = SignedStatement::issue(&statement, ORIGIN, &key, &mut Counting(0)).unwrap();
        push(name, "refused", "closing", text(&signed));
    }
    let altered = SignedStatement {
        body: signed_closing.body.replace("\"size\":12", "\"size\":13"),
        ..signed_closing.clone()
    };
    push(
        "a closing altered afterwards",
        "refused",
        "closing",
        text(&altered),
    );
    let accepted = AcceptedStatement {
        at: 1_795_000_600_000,
        bids: bids[..2].to_vec(),
        closing: signed_closing.digest(),
        lot: "1".into(),
        project: PROJECT.into(),
        root: digest(13),
        size: 20,
    };
    let signed = SignedStatement::issue(&accepted, ORIGIN, &key, &mut Counting(0)).unwrap();
    push("an accepted set", "accepted", "accepted", text(&signed));
    push(
        "an accepted set from another platform",
        "refused",
        "accepted",
        text(
            &SignedStatement::issue(&accepted, "bid.example.com", &key, &mut Counting(0)).unwrap(),
        ),
    );
    write("signatures/statements.json", &vectors);
}

#[test]
#[ignore = "writes the vectors"]
fn write_certificate_vectors() {
    let root = Authority::root("Kaibiao Vectors Root");
    let middle = root.intermediate("Kaibiao Vectors Intermediate");
    let stranger = Authority::root("Kaibiao Vectors Root");
    let lists = |revoked: &[u64], stale| vec![root.crl(revoked, stale), middle.crl(revoked, stale)];
    let ca = root.ca("vectors", lists(&[], false));
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, ca: Ca, chain: Vec<Vec<u8>>, usage, now| {
        vectors.push(CertificateVector {
            name: name.into(),
            expect: expect.into(),
            organisation: (expect == "accepted").then(|| CODE.into()),
            organisation_name: (expect == "accepted").then(|| NAME.into()),
            cas: vec![ca],
            chain: chain.into_iter().map(Base64).collect(),
            usage,
            now,
            openssl: None,
        });
    };
    let leaf = |leaf: Leaf| vec![root.issue(P_256, leaf)];
    for (name, key) in [
        ("RSA-2048", RSA_2048),
        ("RSA-3072", RSA_3072),
        ("RSA-4096", RSA_4096),
        ("P-256", P_256),
    ] {
        let chain = vec![root.issue(key, Leaf::signing())];
        push(
            &format!("{name} to sign"),
            "accepted",
            ca.clone(),
            chain,
            Use::Sign,
            NOW,
        );
        let chain = vec![root.issue(key, Leaf::encryption())];
        push(
            &format!("{name} to encrypt"),
            "accepted",
            ca.clone(),
            chain,
            Use::Encrypt,
            NOW,
        );
    }
    for (name, key) in [
        ("RSA-1024", RSA_1024),
        ("RSA with e = 3", RSA_2048_E3),
        ("P-384", P_384),
        ("Ed25519", ED25519),
    ] {
        let chain = vec![root.issue(key, Leaf::signing())];
        push(
            name,
            "certificate-weak-key",
            ca.clone(),
            chain,
            Use::Sign,
            NOW,
        );
    }
    let below = vec![
        middle.issue(RSA_2048, Leaf::signing()),
        middle.certificate.clone(),
    ];
    push(
        "below an intermediate",
        "accepted",
        ca.clone(),
        below.clone(),
        Use::Sign,
        NOW,
    );
    push(
        "without its intermediate",
        "certificate-unknown-issuer",
        ca.clone(),
        below[..1].to_vec(),
        Use::Sign,
        NOW,
    );
    let forged = vec![
        stranger.issue(P_256, Leaf::signing()),
        stranger.certificate.clone(),
    ];
    push(
        "from an authority of the same name",
        "certificate-unknown-issuer",
        ca.clone(),
        forged,
        Use::Sign,
        NOW,
    );
    push(
        "signing with the encryption certificate",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf::encryption()),
        Use::Sign,
        NOW,
    );
    push(
        "encrypting to the signing certificate",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf::signing()),
        Use::Encrypt,
        NOW,
    );
    push(
        "without key usage",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf {
            usages: vec![],
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "expired",
        "certificate-expired",
        ca.clone(),
        leaf(Leaf {
            years: (2024, 2026),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "not valid yet",
        "certificate-not-yet-valid",
        ca.clone(),
        leaf(Leaf {
            years: (2027, 2028),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    let with = |crls| root.ca("vectors", crls);
    push(
        "revoked",
        "certificate-revoked",
        with(lists(&[7], false)),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "no revocation list",
        "certificate-crl-missing",
        with(vec![]),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "a stale revocation list",
        "certificate-crl-stale",
        with(lists(&[], true)),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "a forged revocation list",
        "certificate-crl-broken",
        with(vec![stranger.crl(&[], false)]),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "no organisation",
        "certificate-no-organisation",
        ca.clone(),
        leaf(Leaf {
            code: None,
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "a wrong check character",
        "certificate-bad-organisation-code",
        ca.clone(),
        leaf(Leaf {
            code: Some("91350100M000100Y44"),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    let mut longer = root.issue(P_256, Leaf::signing());
    longer.push(0);
    push(
        "a byte after the certificate",
        "certificate-malformed",
        ca,
        vec![longer],
        Use::Sign,
        NOW,
    );
    write("certificates/chains.json", &vectors);
}
