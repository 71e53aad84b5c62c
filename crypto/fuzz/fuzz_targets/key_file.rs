//! A key file is refused or names a valid P-256 key; nothing is stretched.
#![no_main]

use kaibiao_crypto::keyfile::KeyFile;
use kaibiao_crypto::wrap::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = KeyFile::parse(bytes) {
        let read = PublicKey::from_spki(&file.public().spki()).unwrap();
        assert_eq!(&read, file.public());
    }
});
