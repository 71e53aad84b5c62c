//! A manifest as a bidder may have sealed it, against an honest header.
#![no_main]

use std::sync::OnceLock;

use kaibiao_crypto::bid::{Header, Manifest, check_names};
use libfuzzer_sys::fuzz_target;

static HEADER: OnceLock<Header> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let header = HEADER.get_or_init(|| {
        Header::parse(include_bytes!("../seeds/header/ordinary")).expect("the seed is a header")
    });
    if let Ok(manifest) = Manifest::parse(bytes, header, 0) {
        let names = manifest.documents.iter().map(|document| &document.name[..]);
        assert!(check_names(names).is_ok());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = check_names(text.split('\n'));
    }
});
