//! Signatures and ciphertexts of SM2 in DER: one spelling each, whatever a token's was.
#![no_main]

use std::sync::LazyLock;

use kaibiao_gm::sm2::{Scalar, cipher, signature};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<Scalar> = LazyLock::new(|| {
    let pkcs8 = include_bytes!("../../vectors/keys/sm2.pk8");
    Scalar::from_pkcs8(pkcs8).expect("the vectors hold a key of SM2")
});

fuzz_target!(|bytes: &[u8]| {
    let point = KEY.point();
    let checked = signature::verify(point.as_bytes(), b"message", bytes);
    // What is in its one spelling is left in it.
    if let Some(normal) = signature::normal(bytes) {
        assert_eq!(signature::normal(&normal).as_ref(), Some(&normal));
        assert!(checked == Err(signature::Problem::Form) || normal == bytes);
    } else {
        assert_eq!(checked, Err(signature::Problem::Form));
    }
    if let Some(parts) = cipher::parts(bytes) {
        assert_eq!(parts.write(), bytes);
    }
    let opened = cipher::decrypt::<16>(&KEY, bytes);
    assert!(opened.is_none() || cipher::parts(bytes).is_some());
    let _ = cipher::decrypt_any(&KEY, bytes);
});
