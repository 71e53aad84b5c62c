//! A statement of the platform from the wire.
#![no_main]

use kaibiao_crypto::platform_key::PlatformPublicKey;
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, Receipt, SignedStatement, UnlockAck, verify_lists,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(signed) = serde_json::from_slice::<SignedStatement>(bytes) else {
        return;
    };
    let key = PlatformPublicKey::from_bytes([3; 32]);
    assert!(signed.verify::<Receipt>("o", "p", &key).is_err());
    assert!(signed.verify::<UnlockAck>("o", "p", &key).is_err());
    assert!(signed.verify::<ClosingStatement>("o", "p", &key).is_err());
    assert!(signed.verify::<AcceptedStatement>("o", "p", &key).is_err());
    assert!(verify_lists(&signed, &signed, "o", "p", &key).is_err());
});
