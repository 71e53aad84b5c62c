//! Wraps of suite `gm`: what opens is bound to its place, and opens at no other.
#![no_main]

use std::sync::LazyLock;

use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::wrap::{PrivateKey, UnwrapProblem, WrapKind};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
    let pkcs8 = include_bytes!("../../vectors/keys/sm2.pk8");
    PrivateKey::from_pkcs8(pkcs8).expect("the vectors hold a key of SM2")
});

/// Randomness that is none; nothing of SM2 is opened with any.
struct Zero;

impl Rng for Zero {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fuzz_target!(|bytes: &[u8]| {
    for kind in [WrapKind::Sm2, WrapKind::Sm2Sm4Cbc] {
        if KEY.unwrap(kind, b"here", bytes, &mut Zero).is_ok() {
            let elsewhere = KEY.unwrap(kind, b"elsewhere", bytes, &mut Zero);
            assert_eq!(elsewhere.err(), Some(UnwrapProblem::NotBound));
        }
    }
    for kind in [WrapKind::HpkeP256, WrapKind::RsaOaepSha256] {
        let other = KEY.unwrap(kind, b"here", bytes, &mut Zero);
        assert_eq!(other.err(), Some(UnwrapProblem::NotOpened));
    }
});
