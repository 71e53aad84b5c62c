//! A certificate from anywhere, and a chain judged against an authority of SM2.
#![no_main]

use std::sync::LazyLock;

use kaibiao_crypto::certificate::{Ca, Certificate, KeyAlgorithm, Trust, Use};
use kaibiao_crypto::wrap::PublicKey;
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_780_272_000_000;

/// The authority of the vectors, under which nothing that a fuzzer makes up can be issued.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/certificates/sm2.json"))
            .expect("the vectors are JSON");
    let cas: Vec<Ca> =
        serde_json::from_value(vectors[0]["cas"].clone()).expect("the vectors hold authorities");
    Trust::new(&cas).expect("the vectors' authorities are read")
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = Certificate::parse(bytes) {
        let is_sm2 = certificate.key_algorithm() == KeyAlgorithm::Sm2;
        // A key that signs is the same one to wrap to, whichever way it is spelt.
        let key = PublicKey::from_certificate(bytes);
        assert_eq!(is_sm2, matches!(key, Ok(PublicKey::Sm2(_))));
    }
    let half = bytes.len() / 2;
    for usage in [Use::Sign, Use::Encrypt] {
        let judged = TRUST.judge(&[bytes], NOW, usage);
        assert!(judged.is_err() || Certificate::parse(bytes).is_ok());
        let _ = TRUST.judge(&[&bytes[..half], &bytes[half..]], NOW, usage);
    }
});
