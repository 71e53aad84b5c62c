//! A bundle and a policy from a stranger. Whatever is read is verified to its end; an
//! archive that is read is written again as it came.
//!
//! Bytes that are no archive are files: names and contents in turn, with two zero bytes
//! after each. So contents can change without a checksum.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kaibiao_verify::{Language, Policy, archive, verify};
use libfuzzer_sys::fuzz_target;

/// Of a platform without a log: no signature is the fuzzer's to make, and the checks
/// are made all the same.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let policy = br#"{"format":"kaibiao/1 policy","origin":"kaibiao.example","quorum":0,"statement_key":"WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=","receipt_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","cas":[]}"#;
    Policy::parse(policy).expect("a policy")
});

fuzz_target!(|bytes: &[u8]| {
    let _ = Policy::parse(bytes);
    if let Ok(files) = archive::read(bytes) {
        assert_eq!(archive::write(&files).as_deref(), Ok(bytes));
        check(bytes);
        return;
    }
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|pair| pair == [0, 0]) {
        parts.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    let files: BTreeMap<&str, &[u8]> = parts
        .chunks_exact(2)
        .filter_map(|pair| Some((std::str::from_utf8(pair[0]).ok()?, pair[1])))
        .collect();
    let files: Vec<_> = files.into_iter().collect();
    if let Ok(bundle) = archive::write(&files) {
        check(&bundle);
    }
});

fn check(bundle: &[u8]) {
    if let Ok(report) = verify(bundle, &POLICY, &[("receipt", bundle)]) {
        assert!(!report.text(Language::Zh).is_empty());
        assert!(report.json().is_object());
    }
}
