//! What stands for an event in its stream's tree (docs/spec/tree.md): a shell
//! that commits to the event's facts and details without showing either.

use serde::{Deserialize, Serialize};

use crate::canonical::{self, NotCanonical};
use crate::certificate::Millis;
use crate::digest::{Digest, salted};
use crate::merkle;

/// The salt of one body: 32 random bytes, used once.
pub type Salt = [u8; 32];

/// The leaf of an event: `{"details":hex,"facts":hex,"seq":n,"time":ms}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shell {
    /// The event's number in its stream, from 1; its leaf has index `seq - 1`.
    pub seq: u64,
    /// UTC milliseconds, never decreasing in a stream.
    pub time: Millis,
    /// [`facts_digest`] of the facts' canonical JSON.
    pub facts: Digest,
    /// [`details_digest`] of the details' canonical JSON.
    pub details: Digest,
}

/// `H("kaibiao/1 facts" || salt || u64 length || bytes)`.
pub fn facts_digest(salt: &Salt, facts: &[u8]) -> Digest {
    salted("kaibiao/1 facts", salt, facts)
}

/// `H("kaibiao/1 details" || salt || u64 length || bytes)`.
pub fn details_digest(salt: &Salt, details: &[u8]) -> Digest {
    salted("kaibiao/1 details", salt, details)
}

impl Shell {
    /// The canonical JSON that is the leaf's data.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(self)
    }

    /// Reads the leaf's data, strictly.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotCanonical> {
        canonical::from_bytes(bytes)
    }

    /// The leaf hash: `H(0x00 || shell bytes)`.
    pub fn leaf(&self) -> Digest {
        merkle::leaf_hash(&self.to_bytes())
    }

    /// Whether these are the facts that the shell commits to.
    pub fn holds_facts(&self, salt: &Salt, facts: &[u8]) -> bool {
        facts_digest(salt, facts) == self.facts
    }

    /// Whether these are the details that the shell commits to.
    pub fn holds_details(&self, salt: &Salt, details: &[u8]) -> bool {
        details_digest(salt, details) == self.details
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_shell_is_the_bytes_of_its_vector() {
        let vector: Value =
            serde_json::from_str(include_str!("../vectors/tree/shell.json")).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let salt = |name: &str| crate::digest::lower_hex::<32>(&text(name)).unwrap();
        let shell = Shell {
            seq: 7,
            time: 1_795_000_000_123,
            facts: facts_digest(&salt("facts_salt"), text("facts").as_bytes()),
            details: details_digest(&salt("details_salt"), text("details").as_bytes()),
        };
        assert_eq!(String::from_utf8(shell.to_bytes()).unwrap(), text("shell"));
        assert_eq!(shell.leaf().to_string(), text("leaf"));
        assert_eq!(Shell::from_bytes(text("shell").as_bytes()).unwrap(), shell);
        assert!(shell.holds_facts(&salt("facts_salt"), text("facts").as_bytes()));
        assert!(!shell.holds_facts(&salt("details_salt"), text("facts").as_bytes()));
        assert!(!shell.holds_details(&salt("facts_salt"), text("facts").as_bytes()));
        for refused in vector["refused"].as_array().unwrap() {
            let bytes = refused["shell"].as_str().unwrap().as_bytes();
            assert!(Shell::from_bytes(bytes).is_err(), "{refused}");
        }
    }
}
