//! A private key file, already decrypted: read, and made to sign.
#![no_main]

use kaibiao_crypto::signature::message;
use kaibiao_crypto::signer::{FileKey, Signer as _};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = FileKey::bare(bytes) {
        let message = message("login", "o", "", b"{}");
        if let Ok(signature) = key.sign(&message) {
            let _ = key.public_key().verify(&message, &signature);
        }
    }
});
