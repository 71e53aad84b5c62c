//! Tokens that are pulled and locked, and a service's key in one: SoftHSM in a slot that
//! can do both (pkcs11/slot.c).

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::softhsm::{token, with_softhsm};
use common::{PIN, pin, run};
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::signer::Signer as _;
use kaibiao_token::{
    Address, Keeper, KeeperProblem, KeptKey, Middleware, Pin, Pins, Token, TokenProblem, Tries,
};

/// A token in a slot of the tests.
struct Slot {
    folder: PathBuf,
    library: PathBuf,
}

impl Slot {
    /// With a token that has an Ed25519 key `receipt`.
    fn new(folder: &Path) -> Self {
        let library = folder.join("slot.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pkcs11/slot.c");
        let state = format!("-DSTATE=\"{}\"", folder.display());
        let (to, from) = (library.to_str().unwrap(), source.to_str().unwrap());
        let flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"];
        run(
            "cc",
            &[&flags[..], &[&state, "-o", to, from, "-ldl"]].concat(),
        );
        token("A");
        let slot = Self {
            folder: folder.to_owned(),
            library,
        };
        slot.generate("receipt", "01");
        slot
    }

    fn generate(&self, label: &str, id: &str) {
        let module = self.library.to_str().unwrap();
        let of = ["--module", module, "--token-label", "A", "--login", "--pin"];
        let what = [PIN, "--keypairgen", "--key-type", "EC:edwards25519"];
        let named = ["--label", label, "--id", id];
        run("pkcs11-tool", &[&of[..], &what, &named].concat());
        let _ = std::fs::remove_file(self.folder.join("tried"));
    }

    fn switch(&self, name: &str, on: bool) {
        let file = self.folder.join(name);
        if on {
            std::fs::write(file, "").unwrap();
        } else {
            std::fs::remove_file(file).unwrap();
        }
    }

    /// How many PINs were sent.
    fn tried(&self) -> usize {
        std::fs::read(self.folder.join("tried")).map_or(0, |bytes| bytes.len())
    }

    fn address(&self) -> Address {
        let library = self.library.display();
        Address::parse(&format!("pkcs11:token=A?module-path={library}")).unwrap()
    }

    fn middleware(&self) -> Box<dyn Middleware> {
        self.address().middleware().unwrap()
    }
}

/// PINs of a test: what the file says now, and which were refused.
#[derive(Clone, Default)]
struct Written {
    file: Arc<Mutex<String>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Written {
    fn new(text: &str) -> Self {
        let written = Self::default();
        written.write(text);
        written
    }

    fn write(&self, text: &str) {
        text.clone_into(&mut self.file.lock().unwrap());
    }
}

impl Pins for Written {
    fn read(&self) -> Result<Pin, String> {
        Ok(pin(&self.file.lock().unwrap()))
    }

    fn was_refused(&self, _: &Token, pin: &Pin) -> bool {
        let refused = self.refused.lock().unwrap();
        refused.iter().any(|it| it == pin.as_str())
    }

    fn refused(&self, _: &Token, pin: &Pin) {
        self.refused.lock().unwrap().push(pin.as_str().to_owned());
    }
}

fn kept(slot: &Slot, pins: &Written) -> (Arc<Keeper>, PublicKey) {
    let keeper = Keeper::open(slot.address(), Box::new(pins.clone())).unwrap();
    let public = PublicKey::Ed25519(keeper.labelled("receipt").unwrap());
    (keeper, public)
}

/// Waits until a token is well or not.
fn until(keeper: &Keeper, well: bool) {
    let begun = Instant::now();
    while keeper.problem().is_none() != well {
        assert!(begun.elapsed() < Duration::from_secs(20), "never");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_pulled_token_is_gone_and_its_session_with_it() {
    with_softhsm("a_pulled_token_is_gone_and_its_session_with_it", |folder| {
        let slot = Slot::new(folder);
        let middleware = slot.middleware();
        let found = slot.address().find(middleware.as_ref()).unwrap();
        let session = middleware.open(&found.id, Some(&pin(PIN))).unwrap();
        let key = session.bare()[0].key.clone();
        assert_eq!(session.sign(&key, b"message").unwrap().len(), 64);
        session.look().unwrap();
        slot.switch("pulled", true);
        let gone = |problem: TokenProblem| assert_eq!(problem.code(), "token-gone");
        gone(session.sign(&key, b"message").unwrap_err());
        gone(session.look().unwrap_err());
        gone(middleware.open(&found.id, Some(&pin(PIN))).err().unwrap());
        assert!(middleware.tokens().unwrap().is_empty());
        let absent = slot.address().find(middleware.as_ref()).unwrap_err();
        assert_eq!(absent.code(), "token-absent");
        // Put back, it asks for its PIN again.
        slot.switch("pulled", false);
        let ended = session.sign(&key, b"message").unwrap_err();
        assert_eq!(ended.code(), "token-logged-out");
        drop(session);
        let session = middleware.open(&found.id, Some(&pin(PIN))).unwrap();
        assert_eq!(session.sign(&key, b"message").unwrap().len(), 64);
        assert_eq!(slot.tried(), 2);
    });
}

#[test]
fn a_token_that_is_locked_is_not_asked_any_more() {
    with_softhsm("a_token_that_is_locked_is_not_asked_any_more", |folder| {
        let slot = Slot::new(folder);
        let middleware = slot.middleware();
        let id = slot.address().find(middleware.as_ref()).unwrap().id;
        let wrong = || middleware.open(&id, Some(&pin("000000"))).err().unwrap();
        let left = |left| TokenProblem::PinWrong { left };
        assert_eq!(wrong(), left(Tries::Fewer));
        assert_eq!(wrong(), left(Tries::Left(1)));
        assert_eq!(wrong(), TokenProblem::PinBlocked);
        assert_eq!(slot.tried(), 3);
        let locked = middleware.open(&id, Some(&pin(PIN))).err().unwrap();
        assert_eq!(locked, TokenProblem::PinBlocked);
        assert_eq!(slot.tried(), 3, "the right PIN was sent to a locked token");
    });
}

#[test]
fn a_service_signs_with_its_key_in_a_token_for_many_at_once() {
    with_softhsm(
        "a_service_signs_with_its_key_in_a_token_for_many_at_once",
        |folder| {
            let slot = Slot::new(folder);
            let (keeper, public) = kept(&slot, &Written::new(PIN));
            assert_eq!(keeper.labelled("log"), None);
            let begun = Instant::now();
            std::thread::scope(|scope| {
                for thread in 0..16_u8 {
                    let key = KeptKey::new(Arc::clone(&keeper), public.clone(), Vec::new());
                    let public = &public;
                    scope.spawn(move || {
                        for number in 0..50_u8 {
                            let message = [thread, number];
                            let signature = key.sign(&message).unwrap();
                            assert_eq!(public.verify(&message, &signature), Ok(()));
                        }
                    });
                }
            });
            println!("800 signatures in {:?}", begun.elapsed());
            assert_eq!(slot.tried(), 1);
            // Two keys of one label are none that is meant.
            slot.generate("receipt", "02");
            drop(keeper);
            let again = Keeper::open(slot.address(), Box::new(Written::new(PIN))).unwrap();
            assert_eq!(again.labelled("receipt"), None);
        },
    );
}

#[test]
fn a_service_opens_its_token_again_when_it_is_back() {
    with_softhsm(
        "a_service_opens_its_token_again_when_it_is_back",
        |folder| {
            let slot = Slot::new(folder);
            let (keeper, public) = kept(&slot, &Written::new(PIN));
            slot.switch("pulled", true);
            let gone = keeper.sign(&public, b"message").unwrap_err();
            assert_eq!(gone, TokenProblem::NoToken.into());
            assert_eq!(keeper.problem(), Some(gone));
            slot.switch("pulled", false);
            until(&keeper, true);
            keeper.sign(&public, b"message").unwrap();
            // It is missed also when there is nothing to sign.
            slot.switch("pulled", true);
            until(&keeper, false);
            slot.switch("pulled", false);
            until(&keeper, true);
            assert_eq!(slot.tried(), 3);
        },
    );
}

#[test]
fn a_token_that_hangs_holds_up_nobody_for_long() {
    with_softhsm("a_token_that_hangs_holds_up_nobody_for_long", |folder| {
        let slot = Slot::new(folder);
        let (keeper, public) = kept(&slot, &Written::new(PIN));
        slot.switch("slow", true);
        std::thread::scope(|scope| {
            let asked = (0..300).map(|_| scope.spawn(|| keeper.sign(&public, b"message")));
            let asked: Vec<_> = asked.collect();
            let told: Vec<_> = asked.into_iter().map(|it| it.join().unwrap()).collect();
            let said = |problem: &KeeperProblem| {
                told.iter().filter(|it| it.as_ref() == Err(problem)).count()
            };
            // One is with the library, 256 wait, and the others need not.
            assert_eq!(said(&KeeperProblem::Full), 300 - 257);
            assert_eq!(said(&KeeperProblem::Slow), 257);
        });
        assert_eq!(keeper.problem(), Some(KeeperProblem::Slow));
        slot.switch("slow", false);
        until(&keeper, true);
        keeper.sign(&public, b"message").unwrap();
    });
}

#[test]
fn a_wrong_pin_is_sent_once_by_no_matter_how_many_starts() {
    with_softhsm(
        "a_wrong_pin_is_sent_once_by_no_matter_how_many_starts",
        |folder| {
            let slot = Slot::new(folder);
            let pins = Written::new("000000");
            let start = || Keeper::open(slot.address(), Box::new(pins.clone())).err();
            let wrong = TokenProblem::PinWrong { left: Tries::Fewer };
            assert_eq!(start(), Some(wrong.into()));
            for _ in 0..5 {
                assert_eq!(start(), Some(KeeperProblem::RefusedBefore));
            }
            assert_eq!(slot.tried(), 1);
            pins.write("111111");
            assert!(start().is_some());
            assert_eq!(slot.tried(), 2);
            // The last try is a person's.
            pins.write(PIN);
            assert_eq!(start(), Some(KeeperProblem::LastTry));
            assert_eq!(slot.tried(), 2);
        },
    );
}

#[test]
fn a_pin_that_was_changed_while_the_token_was_gone_is_sent_once() {
    with_softhsm(
        "a_pin_that_was_changed_while_the_token_was_gone_is_sent_once",
        |folder| {
            let slot = Slot::new(folder);
            let pins = Written::new(PIN);
            let (keeper, public) = kept(&slot, &pins);
            slot.switch("pulled", true);
            until(&keeper, false);
            pins.write("000000");
            slot.switch("pulled", false);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(8) {
                keeper.sign(&public, b"message").unwrap_err();
                std::thread::sleep(Duration::from_millis(100));
            }
            assert_eq!(keeper.problem(), Some(KeeperProblem::RefusedBefore));
            assert_eq!(slot.tried(), 2);
            // Once the file is right it goes on by itself.
            pins.write(PIN);
            until(&keeper, true);
            keeper.sign(&public, b"message").unwrap();
        },
    );
}
