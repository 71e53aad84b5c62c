//! Roots and revocation lists of a configuration.
#![no_main]

use kaibiao_crypto::certificate::{Ca, RevocationPolicy, Rules, Trust};
use kaibiao_crypto::encoding::Base64;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/certificates/chains.json"))
            .expect("the vectors are JSON");
    let root: Base64 = serde_json::from_value(vectors[0]["cas"][0]["root"].clone())
        .expect("the vectors hold a root");
    let ca = |root: Base64, crls| Ca {
        id: "fuzz".into(),
        root,
        intermediates: vec![],
        rules: Rules::usual(),
        revocation: RevocationPolicy::Required,
        crls,
    };
    let _ = Trust::new(&[ca(root, vec![Base64(bytes.to_vec())])]);
    let _ = Trust::new(&[ca(Base64(bytes.to_vec()), vec![])]);
});
