//! `signatures/acts.json`: acts as they travel, and whether their signatures hold.

use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, PublicKey, Signature, message};
use kaibiao_crypto::signer::{FileKey, Signer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pki::*;
use crate::{ORIGIN, PROJECT, read, write};

const BODY: &str = r#"{"act":"withdraw","bid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","lot":"1","nonce":"00112233445566778899aabbccddeeff","note":"撤回投标"}"#;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActVector {
    name: String,
    /// `accepted`, `wire` when it is no act at all, or the refusal's code.
    expect: String,
    /// The text of the act as it travels.
    act: String,
    origin: String,
    project: String,
    /// `rsa` (DER of `RSAPublicKey`), `p256` or `sm2` (65 bytes), `ed25519` (32).
    key_kind: String,
    key: Base64,
    /// The signed bytes, in hexadecimal, where the act is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[test]
fn acts_have_the_outcome_that_their_vector_names() {
    for vector in read::<ActVector>("signatures/acts.json") {
        let key = match (vector.key_kind.as_str(), vector.key.0) {
            ("rsa", key) => PublicKey::Rsa(key),
            ("p256", key) => PublicKey::P256(key),
            ("sm2", key) => PublicKey::Sm2(key),
            (_, key) => PublicKey::Ed25519(key.try_into().unwrap()),
        };
        let place = Place {
            origin: &vector.origin,
            project: &vector.project,
        };
        let outcome = match serde_json::from_str::<SignedAct>(&vector.act) {
            Err(_) => "wire",
            Ok(act) => match act.verify_by_key(place, &key) {
                Ok(body) => {
                    let bytes = message(body.purpose(), place.origin, place.project, body.bytes());
                    assert_eq!(Some(hex::encode(bytes)), vector.message, "{}", vector.name);
                    "accepted"
                }
                Err(problem) => problem.code(),
            },
        };
        assert_eq!(outcome, vector.expect, "{}", vector.name);
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
            PublicKey::Sm2(key) => ("sm2", key),
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
