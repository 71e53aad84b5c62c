//! GM/T 0016 with a double of a maker's library: a shared library in C that has the base
//! calls and no others, and computes with OpenSSL.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{PIN, cases, pair, pin, run};
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_token::{
    Address, Keeper, KeptKey, Middleware, Pin, Pins, Session, Token, TokenKey, TokenProblem, Tries,
};

/// The double's state, and the library that reads it.
struct Double {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Double {
    /// With one device.
    fn new(sign: &[u8], encrypt: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libdouble.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/skf/double.c");
        let state = format!("-DSTATE=\"{}\"", folder.path().display());
        run(
            "cc",
            &[
                "-shared",
                "-fPIC",
                "-O1",
                "-Wall",
                "-Werror",
                "-Wno-deprecated-declarations",
                &state,
                "-o",
                library.to_str().unwrap(),
                source.to_str().unwrap(),
                "-lcrypto",
            ],
        );
        let double = Self { folder, library };
        double.plug("UKEY", sign, encrypt);
        double
    }

    fn plug(&self, device: &str, sign: &[u8], encrypt: &[u8]) {
        let folder = self.folder.path().join(device);
        std::fs::create_dir(&folder).unwrap();
        pair(&folder, "sign", sign, "digitalSignature", true);
        pair(&folder, "encrypt", encrypt, "keyEncipherment", true);
        self.pin(device, "123456 6 6");
    }

    fn pin(&self, device: &str, text: &str) {
        std::fs::write(self.folder.path().join(device).join("pin"), text).unwrap();
    }

    /// How many PINs were tried.
    fn tried(&self) -> usize {
        let tried = self.folder.path().join("UKEY/tried");
        std::fs::read(tried).map_or(0, |bytes| bytes.len())
    }

    fn switch(&self, name: &str, on: bool) {
        let file = self.folder.path().join(name);
        if on {
            std::fs::write(file, "").unwrap();
        } else {
            std::fs::remove_file(file).unwrap();
        }
    }

    fn address(&self, text: &str) -> Address {
        Address::parse(&format!(
            "skf:{text}?module-path={}",
            self.library.display()
        ))
        .unwrap()
    }

    fn middleware(&self) -> Box<dyn Middleware> {
        self.address("").middleware().unwrap()
    }

    fn open(&self, text: &str) -> Result<Arc<dyn Session>, TokenProblem> {
        let middleware = self.middleware();
        let token = self.address("token=UKEY").find(middleware.as_ref())?;
        middleware.open(&token.id, Some(&pin(text)))
    }
}

/// Two keys of SM2 of the vectors.
fn keys() -> (Vec<u8>, Vec<u8>) {
    let mut keys: Vec<_> = cases("gm/wraps.json")
        .into_iter()
        .map(|case| case.key)
        .collect();
    keys.dedup();
    // id-ecPublicKey with the curve 1.2.156.10197.1.301
    keys.retain(|key| {
        key.windows(5)
            .any(|part| part == [0x2a, 0x81, 0x1c, 0xcf, 0x55])
    });
    (keys[0].clone(), keys[1].clone())
}

fn keyed(session: &Arc<dyn Session>, signs: bool) -> TokenKey {
    let entry = session
        .entries()
        .iter()
        .find(|entry| entry.signs == signs)
        .unwrap();
    assert_eq!(entry.decrypts, !signs);
    TokenKey::new(Arc::clone(session), entry, &[]).unwrap()
}

#[test]
fn a_token_presents_itself_and_its_pair_of_certificates() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    for wide in [false, true] {
        if wide {
            double.switch("wide", true);
        }
        let middleware = double.middleware();
        let tokens = middleware.tokens().unwrap();
        assert_eq!(tokens.len(), 1);
        let token = &tokens[0];
        assert_eq!(
            (token.label.as_str(), token.serial.as_str()),
            ("UKEY", "0001")
        );
        assert_eq!(
            (token.manufacturer.as_str(), token.model.as_str()),
            ("Double", "MAIN")
        );
        assert_eq!(token.tries, Tries::Left(6));
        let entries = middleware.certificates(&token.id).unwrap();
        let uses: Vec<_> = entries
            .iter()
            .map(|entry| (entry.signs, entry.decrypts))
            .collect();
        assert_eq!(uses, [(true, false), (false, true)]);
    }
    assert_eq!(double.tried(), 0);
    double.plug("SECOND", &sign, &encrypt);
    let middleware = double.middleware();
    assert_eq!(middleware.tokens().unwrap().len(), 2);
    let problem = double.address("").find(middleware.as_ref()).unwrap_err();
    assert_eq!(problem.code(), "token-ambiguous");
    assert!(
        double
            .address("token=SECOND")
            .find(middleware.as_ref())
            .is_ok()
    );
}

#[test]
fn a_token_signs_by_sm2_with_sm3() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    let public = FileKey::bare(&sign).unwrap().public_key();
    for front in [false, true] {
        if front {
            double.switch("front", true);
        }
        let session = double.open(PIN).unwrap();
        let key = keyed(&session, true);
        for number in 0..20_u8 {
            let message = vec![number; usize::from(number) * 7];
            let signature = key.sign_message(&message).unwrap();
            assert_eq!(public.verify(&message, &signature), Ok(()));
        }
    }
    assert_eq!(double.tried(), 2, "one PIN for each session");
    double.switch("foreign", true);
    let session = double.open(PIN).unwrap();
    let problem = keyed(&session, true).sign_message(b"message").unwrap_err();
    assert_eq!(problem.code(), "token-foreign-certificate");
}

/// All vectors of b, with SM4 in CBC mode in the token, and where it has ECB alone.
#[test]
fn wraps_open_in_a_token_or_are_refused_as_the_vectors_say() {
    let (sign, _) = keys();
    let cases = cases("gm/wraps.json");
    let mut tried = 0;
    for case in &cases {
        // A key of P-256 is for another token.
        if FileKey::bare(&case.key).unwrap().public_key() != public_of_sm2(&case.key) {
            continue;
        }
        let double = Double::new(&sign, &case.key);
        for ecb in [false, true] {
            if ecb {
                double.switch("ecb", true);
            }
            let session = double.open(PIN).unwrap();
            case.check(&keyed(&session, false).opener().unwrap());
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried}");
}

fn public_of_sm2(pkcs8: &[u8]) -> kaibiao_crypto::signature::PublicKey {
    match FileKey::bare(pkcs8).unwrap().public_key() {
        key @ kaibiao_crypto::signature::PublicKey::Sm2(_) => key,
        _ => kaibiao_crypto::signature::PublicKey::Ed25519([0; 32]),
    }
}

#[test]
fn tries_are_told_until_the_token_locks_and_then_it_is_left_alone() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    double.pin("UKEY", "123456 3 3");
    let code = |text: &str| double.open(text).err().map(|problem| problem.code());
    assert_eq!(code("1"), Some("token-pin-form"));
    assert_eq!(code("12345\0"), Some("token-pin-form"));
    let wrong = double.open("000000").err().unwrap();
    assert_eq!(
        wrong,
        TokenProblem::PinWrong {
            left: Tries::Left(2)
        }
    );
    assert!(wrong.zh().contains("还可再试 2 次") && wrong.en().contains("2 tries are left"));
    let wrong = double.open("000000").err().unwrap();
    assert!(wrong.zh().contains("只剩 1 次"), "{}", wrong.zh());
    assert_eq!(
        double.middleware().tokens().unwrap()[0].tries,
        Tries::Left(1)
    );
    assert_eq!(code("000000"), Some("token-pin-blocked"));
    assert_eq!(double.tried(), 3);
    // Locked: the right one is not even tried.
    assert_eq!(code(PIN), Some("token-pin-blocked"));
    assert_eq!(double.tried(), 3);
    double.pin("UKEY", "123456 3 2");
    assert!(double.open(PIN).is_ok());
    assert_eq!(
        double.middleware().tokens().unwrap()[0].tries,
        Tries::Left(3)
    );
}

#[test]
fn a_pulled_token_is_told_from_a_wrap_that_does_not_open() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    let session = double.open(PIN).unwrap();
    let opener = keyed(&session, false).opener().unwrap();
    double.switch("pulled", true);
    let problem = keyed(&session, true).sign_message(b"message").unwrap_err();
    assert_eq!(problem, TokenProblem::TokenGone);
    let case = cases("gm/wraps.json")
        .into_iter()
        .find(|case| case.key == encrypt)
        .unwrap();
    assert_eq!(case.refusal(&opener), Some("wrap-key-unavailable"));
    assert!(double.middleware().tokens().unwrap().is_empty());
    assert_eq!(double.open(PIN).err(), Some(TokenProblem::NoToken));
    double.switch("pulled", false);
    double.switch("busy", true);
    assert_eq!(double.open(PIN).err(), Some(TokenProblem::Busy));
    assert_eq!(double.tried(), 1);
}

#[test]
fn a_library_that_tells_impossible_lengths_is_not_believed() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    double.switch("liar", true);
    let problem = double.middleware().tokens().unwrap_err();
    assert_eq!(problem.code(), "token-refused");
    assert!(
        problem.en().contains("impossible length"),
        "{}",
        problem.en()
    );
    let libm = "skf:?module-path=/lib/x86_64-linux-gnu/libm.so.6";
    let problem = Address::parse(libm).unwrap().middleware().err().unwrap();
    assert_eq!(problem.code(), "token-middleware-broken");
    assert!(problem.en().contains("SKF_EnumDev"), "{}", problem.en());
}

/// The PIN of a file, which remembers nothing but what it is told.
struct Written(&'static str);

impl Pins for Written {
    fn read(&self) -> Result<Pin, String> {
        Ok(pin(self.0))
    }

    fn was_refused(&self, _: &Token, _: &Pin) -> bool {
        false
    }

    fn refused(&self, _: &Token, _: &Pin) {}
}

#[test]
fn a_service_signs_with_its_sm2_key_in_a_token_and_opens_it_again() {
    let (sign, encrypt) = keys();
    let double = Double::new(&sign, &encrypt);
    let opened = |text| Keeper::open(double.address("token=UKEY"), Box::new(Written(text)));
    let wrong = opened("000000").err().unwrap();
    let left = Tries::Left(5);
    assert_eq!(wrong, TokenProblem::PinWrong { left }.into());
    assert_eq!(double.tried(), 1);
    let keeper = opened(PIN).unwrap();
    let public = FileKey::bare(&sign).unwrap().public_key();
    assert!(keeper.has(&public));
    assert!(!keeper.has(&FileKey::bare(&encrypt).unwrap().public_key()));
    let key = KeptKey::new(Arc::clone(&keeper), public.clone(), Vec::new());
    for message in [&b"one"[..], b"another"] {
        let signature = key.sign(message).unwrap();
        assert_eq!(public.verify(message, &signature), Ok(()));
    }
    double.switch("pulled", true);
    assert!(key.sign(b"message").is_err());
    assert!(keeper.problem().is_some());
    double.switch("pulled", false);
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let signature = key.sign(b"message").unwrap();
    assert_eq!(public.verify(b"message", &signature), Ok(()));
    assert_eq!(double.tried(), 3);
}
