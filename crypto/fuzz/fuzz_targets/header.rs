//! A header is refused, or keeps its exact bytes and a consistent layout.
#![no_main]

use kaibiao_crypto::bid::{Header, HeaderPart, Promise, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = Header::parse(bytes) else {
        return;
    };
    assert_eq!(header.to_bytes(), bytes);
    assert!(bytes.len() <= limits::HEADER);
    let mut offset = 0;
    for place in header.layout().places() {
        assert_eq!(place.offset, offset);
        offset += place.ciphertext;
    }
    assert_eq!(header.layout().length(), offset);
    let context = header.part(HeaderPart::Context);
    let commitments = header.part(HeaderPart::Commitments);
    assert_eq!(
        &Promise::parse(context, commitments).unwrap(),
        header.promise()
    );
});
