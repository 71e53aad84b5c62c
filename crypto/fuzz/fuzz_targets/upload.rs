//! A saved upload state from elsewhere: refused, or goes on without a panic.
#![no_main]

use std::sync::OnceLock;

use kaibiao_crypto::bid::{Checkpoint, Header, UploadCheck};
use libfuzzer_sys::fuzz_target;

static HEADER: OnceLock<Header> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let header = HEADER.get_or_init(|| {
        Header::parse(include_bytes!("../seeds/header/ordinary")).expect("the seed is a header")
    });
    if let Ok(saved) = serde_json::from_slice::<Checkpoint>(bytes)
        && let Ok(mut check) = UploadCheck::new(header).resume(&saved)
    {
        assert_eq!(check.position(), saved.offset);
        assert_eq!(check.checkpoint(), saved);
        let _ = check.update(bytes);
        assert!(check.position() <= check.length());
    }
    let _ = UploadCheck::announced(header, bytes);
});
