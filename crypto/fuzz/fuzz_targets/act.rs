//! An act from the wire: read, looked at, verified by a key and by a chain.
#![no_main]

use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::Trust;
use kaibiao_crypto::signature::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(act) = serde_json::from_slice::<SignedAct>(bytes) else {
        return;
    };
    let place = Place {
        origin: "o",
        project: "p",
    };
    let _ = act.envelope();
    let _ = act.read::<serde_json::Value>();
    assert!(
        act.verify(place, &Trust::default(), 1_780_272_000_000)
            .is_err()
    );
    assert!(
        act.verify_by_key(place, &PublicKey::Ed25519([3; 32]))
            .is_err()
    );
});
