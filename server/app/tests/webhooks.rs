//! `crypto/vectors/webhooks/signatures.json`: how deliveries are signed, as this
//! program and as the openssl binary see it.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_app::outbox::webhook::{SharedSecret, SigningKey, sign};
use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    deliveries: Vec<Delivery>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    name: String,
    expect: Expect,
    secret: Option<String>,
    key: Option<PlatformPublicKey>,
    headers: Headers,
    body: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Accepted,
    Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Headers {
    #[serde(rename = "webhook-id")]
    id: String,
    #[serde(rename = "webhook-timestamp")]
    timestamp: String,
    #[serde(rename = "webhook-signature")]
    signature: String,
}

/// What a receiver checks a delivery by.
enum Known {
    Secret(SharedSecret, Vec<u8>),
    Key(PlatformPublicKey),
}

impl Delivery {
    fn known(&self) -> Known {
        match (&self.secret, self.key) {
            (Some(text), None) => {
                let bytes = BASE64.decode(text.strip_prefix("whsec_").unwrap());
                Known::Secret(SharedSecret::parse(text).unwrap(), bytes.unwrap())
            }
            (None, Some(key)) => Known::Key(key),
            (Some(_), Some(_)) | (None, None) => panic!("{}: one of secret and key", self.name),
        }
    }

    fn accepted(&self) -> bool {
        self.expect == Expect::Accepted
    }

    /// The signature's bytes, where it is of this version.
    fn signature(&self, version: &str) -> Option<Vec<u8>> {
        let (named, value) = self.headers.signature.split_once(',')?;
        (named == version).then(|| BASE64.decode(value).ok())?
    }

    fn signed(&self) -> Vec<u8> {
        let Headers { id, timestamp, .. } = &self.headers;
        format!("{id}.{timestamp}.{}", self.body).into_bytes()
    }
}

fn vectors(name: &str) -> String {
    format!("{}/../../crypto/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn deliveries() -> Vec<Delivery> {
    let text = std::fs::read(vectors("webhooks/signatures.json")).unwrap();
    let File { deliveries } = serde_json::from_slice(&text).unwrap();
    let mut accepted = deliveries.iter().filter(|it| it.accepted());
    assert!(accepted.clone().any(|it| it.secret.is_some()));
    assert!(accepted.any(|it| it.key.is_some()));
    deliveries
}

#[test]
fn deliveries_have_the_outcome_that_their_vector_names() {
    for delivery in deliveries() {
        let Headers {
            id,
            timestamp,
            signature,
        } = &delivery.headers;
        let holds = match delivery.known() {
            Known::Secret(secret, _) => {
                secret.has_signed(id, timestamp, delivery.body.as_bytes(), signature)
            }
            Known::Key(key) => delivery.signature("v1a").is_some_and(|signature| {
                UnparsedPublicKey::new(&ED25519, key.as_bytes())
                    .verify(&delivery.signed(), &signature)
                    .is_ok()
            }),
        };
        assert_eq!(holds, delivery.accepted(), "{}", delivery.name);
    }
}

/// Both ways of signing have one result.
#[test]
fn a_delivery_is_signed_as_its_vector_says() {
    let pkcs8 = std::fs::read(vectors("keys/ed25519.pk8")).unwrap();
    let platform = PlatformKey::from_pkcs8(&pkcs8).unwrap();
    for delivery in deliveries().iter().filter(|it| it.accepted()) {
        let known = delivery.known();
        let key = match &known {
            Known::Secret(secret, _) => SigningKey::Shared(secret),
            Known::Key(key) => {
                assert_eq!(*key, platform.public_key(), "{}", delivery.name);
                SigningKey::Platform(&platform)
            }
        };
        let headers = &delivery.headers;
        // The milliseconds of an attempt are not told.
        let at = headers.timestamp.parse::<i64>().unwrap() * 1000 + 999;
        let made = sign(&key, &headers.id, at, delivery.body.as_bytes()).unwrap();
        assert_eq!(made.id, headers.id, "{}", delivery.name);
        assert_eq!(made.timestamp, headers.timestamp, "{}", delivery.name);
        assert_eq!(made.signature, headers.signature, "{}", delivery.name);
    }
}

#[test]
fn openssl_says_the_same_of_every_delivery() {
    let folder = tempfile::tempdir().unwrap();
    for delivery in deliveries() {
        std::fs::write(folder.path().join("message"), delivery.signed()).unwrap();
        let holds = match delivery.known() {
            Known::Secret(_, bytes) => {
                let tag = hmac(folder.path(), &bytes);
                delivery.signature("v1").is_some_and(|it| it == tag)
            }
            Known::Key(key) => delivery
                .signature("v1a")
                .is_some_and(|signature| has_signed(folder.path(), &key, &signature)),
        };
        assert_eq!(holds, delivery.accepted(), "{}", delivery.name);
    }
}

/// HMAC-SHA-256 of the folder's `message`.
fn hmac(folder: &Path, key: &[u8]) -> Vec<u8> {
    let key = format!("hexkey:{}", hex::encode(key));
    let said = Command::new("openssl")
        .current_dir(folder)
        .args(["dgst", "-sha256", "-mac", "HMAC", "-binary", "-macopt"])
        .args([&key, "message"])
        .output()
        .expect("the tests need the openssl command");
    assert!(said.status.success(), "{said:?}");
    said.stdout
}

/// Whether a signature over the folder's `message` is this key's.
fn has_signed(folder: &Path, key: &PlatformPublicKey, signature: &[u8]) -> bool {
    // RFC 8410, 4: SubjectPublicKeyInfo { { id-Ed25519 }, BIT STRING (32) }.
    let mut spki = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    spki.extend_from_slice(key.as_bytes());
    std::fs::write(folder.join("key"), spki).unwrap();
    std::fs::write(folder.join("signature"), signature).unwrap();
    let said = Command::new("openssl")
        .current_dir(folder)
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"])
        .args(["-inkey", "key", "-in", "message", "-sigfile", "signature"])
        .output()
        .expect("the tests need the openssl command");
    said.status.success()
}
