//! TimeStampReq (RFC 3161, 2.4.1).

use der::Tag;

use crate::cms::element::{element, integer, sequence};
use crate::cms::of_hash;
use crate::digest::Digest;
use crate::suite::Hash;

/// A request for a time stamp: for this digest, under whatever policy the
/// authority has, with its certificate in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// SHA-256 of what is to be stamped.
    pub imprint: Digest,
    /// A random number, which the answer repeats.
    pub nonce: u64,
}

impl Request {
    /// The DER of the request, the body of a POST of `application/timestamp-query`.
    pub fn to_der(self) -> Vec<u8> {
        let digest = element(Tag::OctetString, &[self.imprint.as_bytes()]);
        sequence(&[
            &integer(&[1]),
            &sequence(&[&of_hash(Hash::Sha256), &digest]),
            &integer(&self.nonce.to_be_bytes()),
            // certReq
            &element(Tag::Boolean, &[&[0xff]]),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_that_of_the_specification() {
        let request = Request {
            imprint: Digest::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap())),
            nonce: 1,
        };
        let imprint: String = (0..32).map(|at| format!("{at:02x}")).collect();
        assert_eq!(
            hex::encode(request.to_der()),
            format!("303a020101302f300b0609608648016503040201 0420{imprint}0201010101ff")
                .replace(' ', "")
        );
    }
}
