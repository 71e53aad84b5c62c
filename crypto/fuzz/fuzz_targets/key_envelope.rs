//! The encryption key of a pair as an authority sends it (GB/T 35276, GM/T 0016), opened by
//! a signing key to which a fuzzer can seal nothing: what opens is the seeds' key.
#![no_main]

use std::sync::LazyLock;

use kaibiao_client::keys::envelope;
use kaibiao_gm::sm2::Scalar;
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

static SIGNING: LazyLock<Zeroizing<Vec<u8>>> =
    LazyLock::new(|| Zeroizing::new(include_bytes!("../../vectors/keys/sm2.pk8").to_vec()));

/// The key in the envelopes among the seeds.
const SENT: [u8; 32] = [0x35; 32];

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = envelope::open(bytes, std::slice::from_ref(&*SIGNING)) {
        let scalar = Scalar::from_pkcs8(&key).expect("a key of SM2");
        assert_eq!(scalar.as_bytes(), &SENT);
    }
});
