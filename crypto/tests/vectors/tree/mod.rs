//! `tree/proofs.json`: proofs that hold, and such as do not.

mod frontier;

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::{ConsistencyProof, InclusionProof};
use serde_json::Value;

use crate::read;

#[test]
fn proofs_have_the_outcome_that_their_vector_names() {
    for vector in read::<Value>("tree/proofs.json") {
        let digest = |name: &str| vector[name].as_str().unwrap().parse::<Digest>().unwrap();
        let holds = if vector["kind"] == "inclusion" {
            serde_json::from_value::<InclusionProof>(vector["proof"].clone())
                .is_ok_and(|proof| proof.verify(&digest("leaf"), &digest("root")).is_ok())
        } else {
            serde_json::from_value::<ConsistencyProof>(vector["proof"].clone())
                .is_ok_and(|proof| proof.verify(&digest("old_root"), &digest("root")).is_ok())
        };
        assert_eq!(holds, vector["expect"] == "accepted", "{}", vector["name"]);
    }
}
