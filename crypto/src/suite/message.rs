//! How signed messages (RFC 5652, GM/T 0010) and time stamps may be hashed and signed
//! by whoever makes them, of every suite.

use super::{gm, intl};
use crate::signature::SignatureProblem;

/// A hash function (FIPS 180-4, GB/T 32905).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
    Sm3,
    /// Only where a certificate is named by its digest (RFC 2634, 5.4).
    Sha1,
}

/// A signature scheme, without its hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1,
    /// RSASSA-PSS with MGF1 of the same hash function and a salt as long as its
    /// digest (RFC 8017, 8.1).
    RsaPss,
    /// ECDSA on P-256 or P-384 (FIPS 186-5), the DER of r and s.
    Ecdsa,
    /// SM2 (GB/T 32918.2) under the identifier 1234567812345678, the DER of r and s.
    Sm2,
}

impl Hash {
    /// The digest of `bytes`.
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sm3 => {
                let mut hasher = gm::sm3::Sm3::new();
                hasher.update(bytes);
                hasher.finish().to_vec()
            }
            _ => intl::message::digest(self, bytes),
        }
    }

    /// The length of a digest, in bytes.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Scheme {
    /// Whether it may sign what is hashed so: no message mixes the suites.
    pub(crate) fn goes_with(self, hash: Hash) -> bool {
        (self == Self::Sm2) == (hash == Hash::Sm3)
    }

    /// Whether `value` is a signature over `message` by the key of a certificate
    /// (DER): RSA of 2048 to 8192 bits, P-256, P-384 or SM2.
    pub(crate) fn check(
        self,
        hash: Hash,
        certificate: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> Result<(), SignatureProblem> {
        match self {
            _ if !self.goes_with(hash) => Err(SignatureProblem::WrongAlgorithm),
            Self::Sm2 => gm::message::check(certificate, message, value),
            _ => intl::message::check(self, hash, certificate, message, value),
        }
    }
}
