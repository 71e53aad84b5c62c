//! Keys to wrap to: one encoding each; certificates never panic.
#![no_main]

use kaibiao_crypto::wrap::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = PublicKey::from_spki(bytes) {
        assert_eq!(key.spki(), bytes);
    }
    let _ = PublicKey::from_certificate(bytes);
});
