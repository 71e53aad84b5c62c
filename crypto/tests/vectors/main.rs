//! Vectors that carry their expected outcome, for this and other
//! implementations: `vectors/{signatures,certificates,tree}`.
//!
//! `cargo test -p kaibiao-crypto --test vectors -- --ignored` makes those of
//! signatures and certificates anew; new files are a change of the format and
//! want a reason.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod certificates;
mod make;
#[path = "../pki/mod.rs"]
mod pki;

use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{Ca, Millis, Trust, Use};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::merkle::{ConsistencyProof, InclusionProof};
use kaibiao_crypto::platform_key::PlatformPublicKey;
use kaibiao_crypto::signature::{PublicKey, message};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, Receipt, SignedStatement, UnlockAck,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// `rsa` (DER of `RSAPublicKey`), `p256` (65 bytes) or `ed25519` (32).
    key_kind: String,
    key: Base64,
    /// The signed bytes, in hexadecimal, where the act is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementVector {
    name: String,
    /// `accepted` or `refused`.
    expect: String,
    /// receipt, acknowledge, closing or accepted.
    kind: String,
    statement: String,
    origin: String,
    project: String,
    key: PlatformPublicKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateVector {
    name: String,
    /// `accepted` or the refusal's code.
    expect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    /// Its name in the certificate where it is accepted; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_name: Option<String>,
    cas: Vec<Ca>,
    chain: Vec<Base64>,
    usage: Use,
    now: Millis,
    /// Whether openssl accepts the same path, where it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openssl: Option<bool>,
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let vectors: Vec<T> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!vectors.is_empty());
    vectors
}

#[test]
fn acts_have_the_outcome_that_their_vector_names() {
    for vector in read::<ActVector>("signatures/acts.json") {
        let key = match (vector.key_kind.as_str(), vector.key.0) {
            ("rsa", key) => PublicKey::Rsa(key),
            ("p256", key) => PublicKey::P256(key),
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

#[test]
fn statements_have_the_outcome_that_their_vector_names() {
    for vector in read::<StatementVector>("signatures/statements.json") {
        let (origin, project, key) = (&vector.origin, &vector.project, &vector.key);
        let holds = match serde_json::from_str::<SignedStatement>(&vector.statement) {
            Err(_) => false,
            Ok(signed) => match vector.kind.as_str() {
                "receipt" => signed.verify::<Receipt>(origin, project, key).is_ok(),
                "acknowledge" => signed.verify::<UnlockAck>(origin, project, key).is_ok(),
                "closing" => signed
                    .verify::<ClosingStatement>(origin, project, key)
                    .is_ok(),
                _ => signed
                    .verify::<AcceptedStatement>(origin, project, key)
                    .is_ok(),
            },
        };
        assert_eq!(holds, vector.expect == "accepted", "{}", vector.name);
    }
}

fn certificates() -> impl Iterator<Item = CertificateVector> {
    let files = ["chains", "paths", "rules"];
    let names = files.map(|file| format!("certificates/{file}.json"));
    names.into_iter().flat_map(|name| read(&name))
}

#[test]
fn openssl_says_of_each_path_what_its_vector_names() {
    let folder = std::env::temp_dir().join(format!("kaibiao-paths-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let pem = |name: &str, ders: &[&Base64]| {
        let path = folder.join(name);
        let pems: Vec<String> = ders.iter().map(|der| pki::pem(&der.0)).collect();
        std::fs::write(&path, pems.concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for vector in certificates() {
        let Some(expected) = vector.openssl else {
            continue;
        };
        let root = pem("root", &[&vector.cas[0].root]);
        let others = pem("others", &vector.chain[1..].iter().collect::<Vec<_>>());
        let leaf = pem("leaf", &[&vector.chain[0]]);
        let at = (vector.now / 1000).to_string();
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["verify", "-attime", &at, "-CAfile", &root]);
        // A file without certificates cannot be read.
        if vector.chain.len() > 1 {
            openssl.args(["-untrusted", &others]);
        }
        let said = openssl
            .arg(&leaf)
            .output()
            .expect("the tests need the openssl command");
        assert_eq!(said.status.success(), expected, "{}: {said:?}", vector.name);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn certificates_have_the_outcome_that_their_vector_names() {
    for vector in certificates() {
        let chain: Vec<&[u8]> = vector.chain.iter().map(|der| der.0.as_slice()).collect();
        let trust = Trust::new(&vector.cas).unwrap();
        match trust.judge(&chain, vector.now, vector.usage) {
            Ok(holder) => {
                assert_eq!(vector.expect, "accepted", "{}", vector.name);
                let code = holder.organisation.to_string();
                assert_eq!(vector.organisation, Some(code), "{}", vector.name);
                let called = holder.name.clone().unwrap_or_default();
                assert_eq!(vector.organisation_name, Some(called), "{}", vector.name);
            }
            Err(problem) => assert_eq!(problem.code(), vector.expect, "{}", vector.name),
        }
    }
}

#[test]
fn proofs_have_the_outcome_that_their_vector_names() {
    for vector in read::<Value>("tree/proofs.json") {
        let digest = |name: &str| vector[name].as_str().unwrap().parse::<Digest>().unwrap();
        let holds = if vector["kind"] == "inclusion" {
            serde_json::from_value::<InclusionProof>(vector["proof"].clone())
                .is_ok_and(|proof| proof.verify(&digest("leaf"), &digest("root")).is_ok())
        } else {
            serde_json::from_value::<ConsistencyProof>(vector["proof"].clone())
                .is_ok_and(|proof| proof.verify(&digest("old_root"), &digest("root")).is_ok())
        };
        assert_eq!(holds, vector["expect"] == "accepted", "{}", vector["name"]);
    }
}
