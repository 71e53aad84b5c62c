//! Detached signatures by SM2, in both frames, under an authority by which a fuzzer can
//! issue nothing: what holds is one of the vectors'.
#![no_main]

use std::sync::LazyLock;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, Trust};
use kaibiao_crypto::cms::{Detached, verify_carried, verify_detached};
use kaibiao_crypto::encoding::Base64;
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_780_272_000_000;

struct Vectors {
    trust: Trust,
    content: Vec<u8>,
    leaf: Vec<u8>,
    /// Who has signed, and when they say so.
    held: Vec<(Digest, Option<i64>)>,
}

fn told(detached: &Detached) -> (Digest, Option<i64>) {
    (detached.holder.certificate.digest(), detached.signing_time)
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/timestamp/detached-sm2.json"))
            .expect("the vectors are JSON");
    let first = &vectors[0];
    let bytes = |value: &serde_json::Value| {
        let bytes: Base64 = serde_json::from_value(value.clone()).expect("base64");
        bytes.0
    };
    let cas: Vec<Ca> =
        serde_json::from_value(first["cas"].clone()).expect("the vectors hold authorities");
    let trust = Trust::new(&cas).expect("the vectors' authorities are read");
    let content = bytes(&first["content"]);
    let all = vectors.as_array().expect("the vectors are a list").iter();
    let held = all.filter_map(|it| {
        let found = verify_detached(&bytes(&it["message"]), &content, &trust, NOW).ok()?;
        Some(told(&found))
    });
    Vectors {
        held: held.collect(),
        trust,
        content,
        leaf: bytes(&first["chain"][0]),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Vectors {
        trust,
        content,
        leaf,
        held,
    } = &*VECTORS;
    assert!(verify_detached(bytes, b"no such file", trust, NOW).is_err());
    if let Ok(found) = verify_detached(bytes, content, trust, NOW) {
        assert!(held.contains(&told(&found)));
    }
    let _ = verify_carried(bytes, content, leaf);
});
