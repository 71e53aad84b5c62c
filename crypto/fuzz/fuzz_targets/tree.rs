//! Shells, frontiers and proofs from the wire.
#![no_main]

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::{ConsistencyProof, Frontier, InclusionProof, leaf_hash};
use kaibiao_crypto::shell::Shell;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(shell) = Shell::from_bytes(bytes) {
        assert_eq!(shell.to_bytes(), bytes);
    }
    if let Ok(mut frontier) = serde_json::from_slice::<Frontier>(bytes) {
        let size = frontier.size();
        let _ = frontier.root();
        assert_eq!(frontier.append(leaf_hash(bytes)), size);
    }
    let digest = Digest::of(bytes);
    if let Ok(proof) = serde_json::from_slice::<InclusionProof>(bytes) {
        assert!(proof.verify(&leaf_hash(b""), &digest).is_err());
    }
    if let Ok(proof) = serde_json::from_slice::<ConsistencyProof>(bytes) {
        let _ = proof.verify(&leaf_hash(b""), &digest);
    }
});
