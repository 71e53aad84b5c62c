//! A certificate from anywhere, and a chain judged against a real authority.
#![no_main]

use std::sync::LazyLock;

use kaibiao_crypto::certificate::{Ca, Certificate, Trust, Use};
use libfuzzer_sys::fuzz_target;

/// The authority of the certificate vectors, under which nothing that a fuzzer
/// makes up can be issued.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/certificates/chains.json"))
            .expect("the vectors are JSON");
    let cas: Vec<Ca> =
        serde_json::from_value(vectors[0]["cas"].clone()).expect("the vectors hold authorities");
    Trust::new(&cas).expect("the vectors' authorities are read")
});

fuzz_target!(|bytes: &[u8]| {
    let parsed = Certificate::parse(bytes);
    if let Ok(certificate) = &parsed {
        assert_eq!(certificate.der(), bytes);
    }
    let half = bytes.len() / 2;
    for usage in [Use::Sign, Use::Encrypt] {
        let judged = TRUST.judge(&[bytes], 1_780_272_000_000, usage);
        assert!(judged.is_err() || parsed.is_ok());
        let _ = TRUST.judge(&[&bytes[..half], &bytes[half..]], 1_780_272_000_000, usage);
    }
});
