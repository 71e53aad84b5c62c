//! A whole file: reader, upload check and its digests agree and never panic.
#![no_main]

use std::io::{Cursor, Read};

use kaibiao_crypto::bid::{Kbid, UploadCheck, chunk_digests};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = Kbid::open(Cursor::new(bytes)) else {
        return;
    };
    let header = file.header().clone();
    let mut body = Vec::new();
    file.body(0).unwrap().read_to_end(&mut body).unwrap();
    assert_eq!(body.len() as u64, header.layout().length());
    let whole = UploadCheck::new(&header).update(&body);
    match chunk_digests(&header, &mut &body[..]).unwrap() {
        Ok(digests) => {
            assert!(whole.is_ok());
            let mut check = UploadCheck::announced(&header, &digests).unwrap();
            check.update(&body).unwrap();
            assert!(check.is_complete());
        }
        Err(problem) => assert_eq!(whole, Err(problem)),
    }
    for place in header.layout().places() {
        let mut ciphertext = Vec::new();
        file.segment(place.envelope, place.segment)
            .unwrap()
            .unwrap()
            .read_to_end(&mut ciphertext)
            .unwrap();
        assert_eq!(ciphertext.len() as u64, place.ciphertext);
    }
});
