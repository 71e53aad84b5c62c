//! Signatures under one purpose: what is signed, by which algorithms, and how
//! a signature is checked (docs/spec/signatures.md).

use serde::{Deserialize, Serialize};

use crate::digest::lp;
use crate::encoding::Base64;

pub use crate::suite::signing::{Algorithm, PublicKey, SignatureProblem};

/// The bytes that are signed:
/// `"kaibiao/1 sig" || 0 || lp(purpose) || lp(origin) || lp(project) || lp(body)`.
///
/// `origin` is the platform's name for itself (part of its configuration and of
/// the sealing terms), `project` is empty for acts outside a project, such as
/// login.
pub fn message(purpose: &str, origin: &str, project: &str, body: &[u8]) -> Vec<u8> {
    let mut message = b"kaibiao/1 sig\0".to_vec();
    lp(&mut message, purpose.as_bytes());
    lp(&mut message, origin.as_bytes());
    lp(&mut message, project.as_bytes());
    lp(&mut message, body);
    message
}

/// A signature as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// How it was made.
    pub algorithm: Algorithm,
    /// Its bytes, in the form that the algorithm has.
    pub value: Base64,
}

impl PublicKey {
    /// Checks a signature over `message` as built by [`message`].
    ///
    /// RSA keys are 2048 to 8192 bits; certificates have narrower rules of
    /// their own.
    ///
    /// # Errors
    /// When the algorithm does not go with the key, when an ECDSA signature is
    /// not 64 bytes with a low s, and when the signature does not hold.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureProblem> {
        self.check(signature.algorithm, message, &signature.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        assert_eq!(
            message("submit", "o", "", b"{}"),
            b"kaibiao/1 sig\0\0\0\0\x06submit\0\0\0\x01o\0\0\0\0\0\0\0\x02{}"
        );
    }

    proptest! {
        #[test]
        fn no_two_meanings_share_their_signed_bytes(
            one in (".{0,4}", ".{0,4}", ".{0,4}", ".{0,4}"),
            other in (".{0,4}", ".{0,4}", ".{0,4}", ".{0,4}"),
        ) {
            let bytes = |(a, b, c, d): &(String, String, String, String)| message(a, b, c, d.as_bytes());
            prop_assert_eq!(bytes(&one) == bytes(&other), one == other);
        }
    }
}
