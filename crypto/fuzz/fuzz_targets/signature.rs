//! Signature values and public keys of every kind.
#![no_main]

use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, PublicKey, Signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, Vec<u8>, [u8; 32])| {
    let (key, value, ed25519) = input;
    let keys = [
        PublicKey::Rsa(key.clone()),
        PublicKey::P256(key.clone()),
        PublicKey::Sm2(key),
        PublicKey::Ed25519(ed25519),
    ];
    for key in keys {
        for algorithm in [
            Algorithm::RsaPkcs1,
            Algorithm::RsaPss,
            Algorithm::EcdsaP256,
            Algorithm::Ed25519,
            Algorithm::Sm2,
        ] {
            let signature = Signature {
                algorithm,
                value: Base64(value.clone()),
            };
            let _ = key.verify(b"message", &signature);
        }
    }
});
