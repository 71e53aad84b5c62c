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

/// A message that is to be signed, taken apart: what a signer shows to its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The act's name.
    pub purpose: &'a str,
    /// The platform's name for itself.
    pub origin: &'a str,
    /// Empty outside a project.
    pub project: &'a str,
    /// The body's exact bytes.
    pub body: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Reads what [`message`] makes; nothing where one byte of it differs, is missing
    /// or stands after it.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(b"kaibiao/1 sig\0")?;
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (part, after) = after.split_at_checked(length)?;
            rest = after;
            Some(part)
        };
        let (purpose, origin, project, body) = (part()?, part()?, part()?, part()?);
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
        rest.is_empty().then_some(Self {
            purpose: text(purpose)?,
            origin: text(origin)?,
            project: text(project)?,
            body,
        })
    }
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
        fn a_message_is_read_as_it_was_made(
            purpose in "[a-z]{1,8}", origin in ".{0,12}", project in "[0-9a-f-]{0,36}",
            body in proptest::collection::vec(any::<u8>(), 0..40), cut in any::<proptest::sample::Index>(),
        ) {
            let bytes = message(&purpose, &origin, &project, &body);
            let read = Asked { purpose: &purpose, origin: &origin, project: &project, body: &body };
            prop_assert_eq!(Asked::read(&bytes), Some(read));
            prop_assert_eq!(Asked::read(&bytes[..cut.index(bytes.len())]), None);
            let longer = [&bytes[..], &[0]].concat();
            prop_assert_eq!(Asked::read(&longer), None);
        }
    }

    #[test]
    fn a_key_of_small_order_belongs_to_nobody() {
        // Order 1, the same with the sign set, order 8, and y = 1 spelt as p + 1.
        let mut one = [0; 32];
        one[0] = 1;
        let mut signed = one;
        signed[31] = 0x80;
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xee, 0x7f);
        let eighth = crate::digest::lower_hex(
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        );
        for key in [[0; 32], one, signed, beyond, eighth.unwrap()] {
            assert!(!PublicKey::Ed25519(key).has_an_owner(), "{key:?}");
        }
        // RFC 8032, 7.1, test 1.
        let real = crate::digest::lower_hex(
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        );
        assert!(PublicKey::Ed25519(real.unwrap()).has_an_owner());
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
