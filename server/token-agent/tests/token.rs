//! The token agent over a token that is locked, blocked and pulled: a double that
//! computes with a key as a token does.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod world;

use std::sync::{Arc, Mutex};

use kaibiao_client::keys::store;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::held::{RsaText, Sm2Cipher};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::signature::{Signature, message};
use kaibiao_token::{
    Address, BareKey, Entry, KeyId, Middleware, Outcome, Pin, Session, Token, TokenId,
    TokenProblem, Tries,
};
use kaibiao_token_agent::person::Told;
use kaibiao_token_agent::token::TokenHolder;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::json;
use world::{NONCE, PAGE, PASSPHRASE, PLATFORM, World, key_file};
use zeroize::Zeroizing;

const PIN: &str = "123456";

/// What the test does to the token, and what the token saw.
struct Hardware {
    plugged: bool,
    left: u32,
    /// The PIN that the next session takes; PINs cannot be read from outside.
    right: bool,
    /// Whether the private key is there.
    holds: bool,
    opened: usize,
}

type Shared = Arc<Mutex<Hardware>>;

struct Double {
    hardware: Shared,
    key: p256::SecretKey,
    entry: Entry,
}

struct Opened {
    hardware: Shared,
    token: Token,
    key: p256::SecretKey,
    entries: Vec<Entry>,
}

impl Double {
    fn token(&self) -> Token {
        let left = self.hardware.lock().unwrap().left;
        Token {
            id: TokenId("0".to_owned()),
            label: "单位 A".to_owned(),
            serial: "77".to_owned(),
            manufacturer: String::new(),
            model: String::new(),
            tries: if left == 0 {
                Tries::Blocked
            } else {
                Tries::Left(left)
            },
            asks_itself: false,
        }
    }
}

impl Middleware for Double {
    fn tokens(&self) -> Outcome<Vec<Token>> {
        let plugged = self.hardware.lock().unwrap().plugged;
        Ok(plugged.then(|| self.token()).into_iter().collect())
    }

    fn certificates(&self, _: &TokenId) -> Outcome<Vec<Entry>> {
        Ok(vec![self.entry.clone()])
    }

    fn open(&self, _: &TokenId, _: Option<&Pin>) -> Outcome<Arc<dyn Session>> {
        let mut hardware = self.hardware.lock().unwrap();
        hardware.opened += 1;
        if !hardware.right {
            hardware.left -= 1;
            let left = Tries::Left(hardware.left);
            return Err(match hardware.left {
                0 => TokenProblem::PinBlocked,
                _ => TokenProblem::PinWrong { left },
            });
        }
        hardware.left = 3;
        let entries = if hardware.holds {
            vec![self.entry.clone()]
        } else {
            Vec::new()
        };
        drop(hardware);
        Ok(Arc::new(Opened {
            hardware: Arc::clone(&self.hardware),
            token: self.token(),
            key: self.key.clone(),
            entries,
        }))
    }
}

impl Session for Opened {
    fn token(&self) -> &Token {
        &self.token
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn authorities(&self) -> &[Vec<u8>] {
        &[]
    }

    fn bare(&self) -> &[BareKey] {
        &[]
    }

    fn look(&self) -> Outcome<()> {
        if self.hardware.lock().unwrap().plugged {
            Ok(())
        } else {
            Err(TokenProblem::TokenGone)
        }
    }

    fn sign(&self, _: &KeyId, digest: &[u8]) -> Outcome<Vec<u8>> {
        if !self.hardware.lock().unwrap().plugged {
            return Err(TokenProblem::TokenGone);
        }
        let key = p256::ecdsa::SigningKey::from(&self.key);
        let signature: p256::ecdsa::Signature = key.sign_prehash(digest).unwrap();
        Ok(signature.to_bytes().to_vec())
    }

    fn rsa(&self, _: &KeyId, _: &[u8]) -> Outcome<RsaText> {
        Err(TokenProblem::Unsupported { what: "RSA" })
    }

    fn ecdh(&self, _: &KeyId, _: &[u8; 65]) -> Outcome<Secret> {
        Err(TokenProblem::Unsupported { what: "ECDH" })
    }

    fn sm2_sm4_cbc(
        &self,
        _: &KeyId,
        _: &Sm2Cipher,
        _: &[u8; 16],
        _: &[u8; 64],
    ) -> Outcome<Zeroizing<[u8; 64]>> {
        Err(TokenProblem::Unsupported { what: "SM2" })
    }
}

/// A world whose token is plugged in, and the token.
async fn plugged() -> (World, Shared, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("K.p12");
    std::fs::write(&path, key_file("a P-256 key as openssl 3 writes it")).unwrap();
    let given = |_: &_| Ok(Zeroizing::new(PASSPHRASE.to_owned()));
    let stored = store::read(&path, &given).unwrap().remove(0);
    let certificate = stored.chain[0].clone();
    let hardware = Arc::new(Mutex::new(Hardware {
        plugged: true,
        left: 3,
        right: true,
        holds: true,
        opened: 0,
    }));
    let double = Double {
        hardware: Arc::clone(&hardware),
        key: p256::SecretKey::from_pkcs8_der(&stored.pkcs8).unwrap(),
        entry: Entry {
            key: KeyId("1".to_owned()),
            label: "sign".to_owned(),
            certificate: certificate.clone(),
            signs: true,
            decrypts: true,
        },
    };
    let address = Address::parse("pkcs11:").unwrap();
    let world = World::with(Box::new(TokenHolder::new(address, Box::new(double)))).await;
    (world, hardware, certificate)
}

fn login() -> Vec<u8> {
    let body = format!(r#"{{"act":"login","address":"{PAGE}","challenge":"c","nonce":"{NONCE}"}}"#);
    message("login", PLATFORM, "", body.as_bytes())
}

#[tokio::test]
async fn one_pin_serves_a_batch_and_the_signature_is_the_certificates() {
    let (world, hardware, certificate) = plugged().await;
    let secret = world.pair(PAGE).await;
    let status = world.paired(&secret, "status", &json!({})).await.good();
    assert_eq!(status["holder"], "token");
    assert_eq!(status["label"], "单位 A 77");
    assert_eq!(status["state"], "locked");
    assert_eq!(status["tries"], 3);
    let held = world
        .paired(&secret, "certificates", &json!({}))
        .await
        .good();
    assert_eq!(held["certificates"][0]["algorithm"], "ecdsa-p256-sha256");
    assert_eq!(held["certificates"][0]["kind"], "hpke-p256");
    assert_eq!(hardware.lock().unwrap().opened, 0, "listing needs no PIN");

    world.pins(&[PIN]);
    for _ in 0..3 {
        let signed = world.sign(&secret, &login()).await.good();
        let signature: Signature = serde_json::from_value(signed).unwrap();
        let leaf = Certificate::parse(&certificate).unwrap();
        leaf.public_key().verify(&login(), &signature).unwrap();
    }
    assert_eq!(hardware.lock().unwrap().opened, 1);
}

#[tokio::test]
async fn a_wrong_pin_is_tried_once_and_a_blocked_one_never() {
    let (world, hardware, _) = plugged().await;
    let secret = world.pair(PAGE).await;
    hardware.lock().unwrap().right = false;
    world.pins(&["1", "2", "3", "4"]);
    for left in [2, 1] {
        let reply = world.sign(&secret, &login()).await;
        assert_eq!(reply.body["tries"], left);
        reply.refused(403, "pin-wrong");
        assert!(world.told().contains(&Told::PinWrong { tries: Some(left) }));
    }
    assert_eq!(hardware.lock().unwrap().opened, 2);
    world
        .sign(&secret, &login())
        .await
        .refused(423, "pin-blocked");
    world
        .sign(&secret, &login())
        .await
        .refused(423, "pin-blocked");
    assert_eq!(
        hardware.lock().unwrap().opened,
        3,
        "a blocked token is not asked"
    );
    let status = world.paired(&secret, "status", &json!({})).await.good();
    assert_eq!(status["state"], "blocked");
}

#[tokio::test]
async fn a_pulled_token_is_told_and_asks_for_its_pin_when_it_is_back() {
    let (world, hardware, _) = plugged().await;
    let secret = world.pair(PAGE).await;
    world.pins(&[PIN]);
    world.sign(&secret, &login()).await.good();
    hardware.lock().unwrap().plugged = false;
    world
        .sign(&secret, &login())
        .await
        .refused(503, "token-absent");
    let status = world.paired(&secret, "status", &json!({})).await.good();
    assert_eq!(status["state"], "absent");
    hardware.lock().unwrap().plugged = true;
    world
        .sign(&secret, &login())
        .await
        .refused(403, "pin-not-given");
    world.pins(&[PIN]);
    world.sign(&secret, &login()).await.good();
}

#[tokio::test]
async fn a_certificate_without_its_key_is_foreign() {
    let (world, hardware, certificate) = plugged().await;
    let secret = world.pair(PAGE).await;
    assert_eq!(world.certificate, Digest::of(&certificate));
    hardware.lock().unwrap().holds = false;
    world.pins(&[PIN]);
    world
        .sign(&secret, &login())
        .await
        .refused(403, "certificate-foreign");
}
