//! What fuzzing begins with (crypto/fuzz/seeds) is of the format as it is: from inputs that
//! are refused at the first byte nothing is found, and two targets take a header from there.

use std::io::{Cursor, Read as _};

use crate::bid::*;

macro_rules! seed {
    ($name:literal) => {
        include_bytes!(concat!("../../../fuzz/seeds/", $name))
    };
}

#[test]
fn seeds_are_of_this_format() {
    let ordinary = Header::parse(seed!("header/ordinary")).unwrap();
    assert!(Header::parse(seed!("header/rescue")).is_ok());
    let manifest = Manifest::parse(seed!("manifest/ordinary"), &ordinary, 0);
    assert!(manifest.is_ok(), "{:?}", manifest.err());
    for saved in [&seed!("upload/start")[..], seed!("upload/end")] {
        let saved = serde_json::from_slice(saved).unwrap();
        assert!(UploadCheck::new(&ordinary).resume(&saved).is_ok());
    }
    let whole = |file: &[u8]| {
        let mut file = Kbid::open(Cursor::new(file)).unwrap();
        let mut check = UploadCheck::new(file.header());
        let mut body = Vec::new();
        file.body(0).unwrap().read_to_end(&mut body).unwrap();
        check.update(&body).is_ok() && check.is_complete()
    };
    assert!(whole(seed!("kbid/ordinary")) && whole(seed!("kbid/many")));
    assert!(!whole(seed!("kbid/altered")));
}
