//! Time stamps, answers of an authority of time, and detached signatures, from
//! anywhere, against authorities under which nothing that a fuzzer makes up can be
//! issued.
#![no_main]

use std::sync::LazyLock;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, TimeAuthorities, TimeAuthority, Trust};
use kaibiao_crypto::cms::verify_detached;
use kaibiao_crypto::timestamp::{Response, Timestamp, verify};
use libfuzzer_sys::fuzz_target;

struct Vectors {
    authorities: TimeAuthorities,
    imprint: Digest,
    stamps: Vec<Timestamp>,
    trust: Trust,
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    let tokens: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/timestamp/tokens.json"))
            .expect("the vectors are JSON");
    let read = |value: &serde_json::Value| {
        let authorities: Vec<TimeAuthority> =
            serde_json::from_value(value.clone()).expect("the vectors hold authorities");
        TimeAuthorities::new(&authorities).expect("the vectors' authorities are read")
    };
    let authorities = read(&tokens[0]["authorities"]);
    let imprint = serde_json::from_value(tokens[0]["imprint"].clone()).expect("a digest");
    let tokens = tokens.as_array().expect("the vectors are a list").iter();
    // All that hold for whoever did not ask.
    let stamps = tokens.filter_map(|it| {
        let token: kaibiao_crypto::encoding::Base64 =
            serde_json::from_value(it["token"].clone()).expect("a token");
        let stamp = verify(&token, imprint, None, &authorities).ok()?;
        Some(stamp.into_inner())
    });
    let stamps = stamps.collect();
    let detached: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/timestamp/detached.json"))
            .expect("the vectors are JSON");
    let cas: Vec<Ca> =
        serde_json::from_value(detached[0]["cas"].clone()).expect("the vectors hold authorities");
    Vectors {
        authorities,
        imprint,
        stamps,
        trust: Trust::new(&cas).expect("the vectors' authorities are read"),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let check = |token: &[u8]| {
        // Whatever holds says what one of the vectors says.
        if let Ok(stamp) = verify(token, VECTORS.imprint, None, &VECTORS.authorities) {
            assert!(VECTORS.stamps.contains(&stamp));
        }
    };
    check(bytes);
    if let Ok(Response::Granted(token)) = Response::read(bytes) {
        check(&token);
    }
    let another = verify_detached(bytes, b"no such file", &VECTORS.trust, 1_780_272_000_000);
    assert!(another.is_err());
    let _ = verify_detached(
        bytes,
        b"%PDF-1.7 not really",
        &VECTORS.trust,
        1_780_272_000_000,
    );
});
