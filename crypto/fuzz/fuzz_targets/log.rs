//! Notes, checkpoints, requests to a witness, proofs and paths of a log, from
//! the wire. What is read is written again as it came.
#![no_main]

use kaibiao_crypto::merkle::leaf_hash;
use kaibiao_crypto::platform_key::PlatformPublicKey;
use kaibiao_crypto::tlog::{
    AddCheckpoint, Checkpoint, LogKey, LogProof, Policy, SignedNote, TilePath, WitnessKey, bundle,
    bundle_entries, judge,
};
use libfuzzer_sys::fuzz_target;

/// The base point: somebody's key, nobody knows whose.
const KEY: [u8; 32] = {
    let mut key = [0x66; 32];
    key[0] = 0x58;
    key
};

fuzz_target!(|bytes: &[u8]| {
    if let Some(entries) = bundle_entries(bytes) {
        assert_eq!(bundle(entries).as_deref(), Some(bytes));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let log = LogKey::new(
        "log.example.cn".parse().expect("a name"),
        PlatformPublicKey::from_bytes(KEY),
    );
    let policy = Policy::new(log.clone(), vec![], 0).expect("a policy");
    if let Ok(note) = text.parse::<SignedNote>() {
        assert_eq!(note.to_string(), text);
        assert!(policy.open(&note).is_err());
    }
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(request) = text.parse::<AddCheckpoint>() {
        assert_eq!(request.to_string(), text);
        assert!(judge(&request, &log, None).is_err());
    }
    if let Ok(proof) = text.parse::<LogProof>() {
        assert_eq!(proof.to_string(), text);
        assert!(proof.verify(&leaf_hash(b""), &policy).is_err());
    }
    if let Ok(path) = text.parse::<TilePath>() {
        assert_eq!(path.to_string(), text);
    }
    if let Ok(key) = text.parse::<LogKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<WitnessKey>() {
        assert_eq!(key.to_string(), text);
    }
});
