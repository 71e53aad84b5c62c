//! PKCS #11 with SoftHSM: real tokens, made for each test in a folder of its own.
//!
//! The library reads its folder from the environment when it is loaded, so each test runs
//! itself again in a process with that environment.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::softhsm::{LIBRARY, token, with_softhsm};
use common::{PIN, cases, pair, pin, run};
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_token::{Address, Middleware, Session, TokenKey, Tries};

/// Puts a key and a certificate about it into a token.
fn import(folder: &Path, token: &str, name: &str, id: &str, pkcs8: &[u8], usage: &str) {
    let made = pair(folder, name, pkcs8, usage, false);
    // softhsm2-util lets no key of a curve derive.
    run(
        "pkcs11-tool",
        &[
            "--module",
            LIBRARY,
            "--token-label",
            token,
            "--login",
            "--pin",
            PIN,
            "--write-object",
            made.key.to_str().unwrap(),
            "--type",
            "privkey",
            "--id",
            id,
            "--label",
            name,
            "--usage-sign",
            if usage == "keyAgreement" {
                "--usage-derive"
            } else {
                "--usage-decrypt"
            },
        ],
    );
    certificate(token, name, id, &made.certificate);
}

fn certificate(token: &str, name: &str, id: &str, file: &Path) {
    run(
        "pkcs11-tool",
        &[
            "--module",
            LIBRARY,
            "--token-label",
            token,
            "--login",
            "--pin",
            PIN,
            "--write-object",
            file.to_str().unwrap(),
            "--type",
            "cert",
            "--id",
            id,
            "--label",
            name,
        ],
    );
}

fn key(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crypto/vectors/keys")
        .join(name);
    std::fs::read(path).unwrap()
}

fn open(label: &str) -> Arc<dyn Session> {
    let address = Address::parse(&format!("pkcs11:token={label}?module-path={LIBRARY}")).unwrap();
    let middleware = address.middleware().unwrap();
    let token = address.find(middleware.as_ref()).unwrap();
    middleware.open(&token.id, Some(&pin(PIN))).unwrap()
}

fn middleware() -> Box<dyn Middleware> {
    let address = Address::parse(&format!("pkcs11:?module-path={LIBRARY}")).unwrap();
    address.middleware().unwrap()
}

const BOTH: &str = "digitalSignature,keyEncipherment";

#[test]
fn keys_in_a_token_sign_what_our_verifier_accepts() {
    with_softhsm("keys_in_a_token_sign_what_our_verifier_accepts", |folder| {
        token("A");
        let all = [
            ("rsa-2048.pk8", "01"),
            ("rsa-3072.pk8", "02"),
            ("p-256.pk8", "03"),
        ];
        for (name, id) in all {
            import(folder, "A", name, id, &key(name), "digitalSignature");
        }
        let session = open("A");
        assert_eq!(session.entries().len(), 3);
        for (name, id) in all {
            let entry = session
                .entries()
                .iter()
                .find(|entry| entry.key.0 == id)
                .unwrap();
            assert_eq!(entry.label, name);
            assert!(entry.signs && !entry.decrypts);
            let signer = TokenKey::new(Arc::clone(&session), entry, &[]).unwrap();
            let public: PublicKey = FileKey::bare(&key(name)).unwrap().public_key();
            // Half of all signatures by P-256 come with the larger s.
            for number in 0..8_u8 {
                let message = [number; 40];
                let signature = signer.sign(&message).unwrap();
                assert_eq!(public.verify(&message, &signature), Ok(()), "{name}");
            }
            assert_eq!(signer.chain()[0], entry.certificate);
        }
    });
}

#[test]
fn wraps_open_in_a_token_or_are_refused_as_the_vectors_say() {
    with_softhsm(
        "wraps_open_in_a_token_or_are_refused_as_the_vectors_say",
        |folder| {
            token("A");
            let cases = cases("sealed-bid/wraps.json");
            let mut keys: Vec<Vec<u8>> = cases.iter().map(|case| case.key.clone()).collect();
            keys.sort();
            keys.dedup();
            assert!(keys.len() >= 4 && cases.len() >= 20);
            for (number, pkcs8) in keys.iter().enumerate() {
                let usage = if pkcs8.len() < 200 {
                    "keyAgreement"
                } else {
                    "keyEncipherment"
                };
                import(
                    folder,
                    "A",
                    &format!("k{number}"),
                    &format!("{number:02}"),
                    pkcs8,
                    usage,
                );
            }
            let session = open("A");
            for case in &cases {
                let number = keys.iter().position(|it| *it == case.key).unwrap();
                let entries = session.entries();
                let entry = entries
                    .iter()
                    .find(|entry| entry.label == format!("k{number}"))
                    .unwrap();
                assert!(entry.decrypts && !entry.signs);
                let key = TokenKey::new(Arc::clone(&session), entry, &[]).unwrap();
                case.check(&key.opener().unwrap());
            }
        },
    );
}

#[test]
fn a_wrong_pin_is_told_and_nothing_is_tried_twice() {
    with_softhsm("a_wrong_pin_is_told_and_nothing_is_tried_twice", |folder| {
        token("A");
        import(folder, "A", "k", "01", &key("rsa-2048.pk8"), BOTH);
        let middleware = middleware();
        let tokens = middleware.tokens().unwrap();
        assert_eq!(tokens[0].tries, Tries::Unknown);
        let id = &tokens[0].id;
        let problem = middleware.open(id, Some(&pin("000000"))).err().unwrap();
        assert_eq!(problem.code(), "token-pin-wrong");
        assert_eq!(middleware.tokens().unwrap()[0].tries, Tries::Fewer);
        let session = middleware.open(id, Some(&pin(PIN))).unwrap();
        assert_eq!(session.entries().len(), 1);
        drop(session);
        // Logged out with the session: the next one asks for the PIN again.
        let problem = middleware.open(id, Some(&pin("000000"))).err().unwrap();
        assert_eq!(problem.code(), "token-pin-wrong");
    });
}

#[test]
fn of_two_tokens_one_has_to_be_named() {
    with_softhsm("of_two_tokens_one_has_to_be_named", |folder| {
        token("A");
        token("B");
        import(folder, "B", "k", "01", &key("p-256.pk8"), BOTH);
        let middleware = middleware();
        let tokens = middleware.tokens().unwrap();
        assert_eq!(tokens.len(), 2);
        let found = |text: &str| {
            let address = Address::parse(&format!("pkcs11:{text}?module-path={LIBRARY}"));
            address.unwrap().find(middleware.as_ref())
        };
        assert_eq!(found("").unwrap_err().code(), "token-ambiguous");
        assert_eq!(found("token=C").unwrap_err().code(), "token-absent");
        let b = found("token=B").unwrap();
        let serial = format!("serial={}", b.serial);
        assert_eq!(found(&serial).unwrap(), b);
        // Without a PIN its certificates are seen.
        assert_eq!(middleware.certificates(&b.id).unwrap().len(), 1);
        assert_eq!(open("B").entries().len(), 1);
        assert!(open("A").entries().is_empty());
    });
}

#[test]
fn a_certificate_about_another_key_is_found_out() {
    with_softhsm("a_certificate_about_another_key_is_found_out", |folder| {
        token("A");
        let made = pair(folder, "mine", &key("rsa-2048.pk8"), BOTH, false);
        let other = pair(folder, "other", &key("rsa-3072.pk8"), BOTH, false);
        let file = made.key.to_str().unwrap();
        run(
            "softhsm2-util",
            &[
                "--import", file, "--token", "A", "--label", "k", "--id", "01", "--pin", PIN,
            ],
        );
        certificate("A", "other", "01", &other.certificate);
        certificate("A", "authority", "99", &made.certificate);
        let session = open("A");
        assert_eq!(session.authorities().len(), 1);
        let key = TokenKey::new(Arc::clone(&session), &session.entries()[0], &[]).unwrap();
        let problem = key.sign_message(b"message").unwrap_err();
        assert_eq!(problem.code(), "token-foreign-certificate");
        assert!(problem.zh().contains("other") && problem.en().contains("other"));
    });
}

#[test]
fn what_is_no_library_of_pkcs11_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    for path in [text.to_str().unwrap(), "/lib/x86_64-linux-gnu/libm.so.6"] {
        let address = Address::parse(&format!("pkcs11:?module-path={path}")).unwrap();
        let problem = address.middleware().err().unwrap();
        assert_eq!(problem.code(), "token-middleware-broken", "{path}");
    }
}
