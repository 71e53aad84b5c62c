//! Signatures under one purpose: what is signed, by which algorithms, and how
//! a signature is checked (docs/spec/signatures.md).

use ring::signature as suite;
use serde::{Deserialize, Serialize};

use crate::digest::lp;
use crate::encoding::Base64;

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

/// How a signature was made. SHA-256 throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    #[serde(rename = "rsa-pkcs1-sha256")]
    RsaPkcs1,
    /// RSASSA-PSS with MGF1-SHA-256 and a salt of 32 bytes (RFC 8017, 8.1).
    #[serde(rename = "rsa-pss-sha256")]
    RsaPss,
    /// ECDSA on P-256 (FIPS 186-5), as 64 bytes r || s with s at most (n-1)/2.
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256,
    /// Ed25519 (RFC 8032).
    #[serde(rename = "ed25519")]
    Ed25519,
}

/// A signature as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub algorithm: Algorithm,
    pub value: Base64,
}

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA; the DER of `RSAPublicKey` (RFC 8017, A.1.1).
    Rsa(Vec<u8>),
    /// P-256; the uncompressed point, 65 bytes (SEC 1, 2.3.3).
    P256(Vec<u8>),
    /// Ed25519; 32 bytes.
    Ed25519([u8; 32]),
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureProblem {
    #[error("the signature's algorithm does not go with the key")]
    WrongAlgorithm,
    #[error("the signature is not in its one accepted form (64 bytes r || s with low s)")]
    Form,
    #[error("the signature does not hold for this purpose, place and text")]
    Invalid,
}

impl SignatureProblem {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongAlgorithm => "signature-wrong-algorithm",
            Self::Form => "signature-form",
            Self::Invalid => "signature-invalid",
        }
    }
}

impl PublicKey {
    /// Checks a signature over `message` as built by [`message`].
    ///
    /// RSA keys are 2048 to 8192 bits; narrower rules on certificates are
    /// theirs.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureProblem> {
        let (algorithm, key): (&dyn suite::VerificationAlgorithm, &[u8]) =
            match (self, signature.algorithm) {
                (Self::Rsa(key), Algorithm::RsaPkcs1) => (&suite::RSA_PKCS1_2048_8192_SHA256, key),
                (Self::Rsa(key), Algorithm::RsaPss) => (&suite::RSA_PSS_2048_8192_SHA256, key),
                (Self::P256(key), Algorithm::EcdsaP256) => {
                    require_low_s(&signature.value)?;
                    (&suite::ECDSA_P256_SHA256_FIXED, key)
                }
                (Self::Ed25519(key), Algorithm::Ed25519) => (&suite::ED25519, key),
                _ => return Err(SignatureProblem::WrongAlgorithm),
            };
        suite::UnparsedPublicKey::new(algorithm, key)
            .verify(message, &signature.value)
            .map_err(|_| SignatureProblem::Invalid)
    }
}

/// Of the two values of s that verify, only the smaller is a signature here, so
/// that nobody can make a second signature out of a first.
fn require_low_s(value: &[u8]) -> Result<(), SignatureProblem> {
    let signature =
        p256::ecdsa::Signature::from_slice(value).map_err(|_| SignatureProblem::Form)?;
    if signature.normalize_s() == signature {
        Ok(())
    } else {
        Err(SignatureProblem::Form)
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
