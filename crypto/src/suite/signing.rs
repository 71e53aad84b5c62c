//! Keys that sign, of every suite, and the algorithms that go with each.

use std::fmt;

use serde::{Deserialize, Serialize};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::gm::sm2;
use super::intl::{signature, spki};
use super::{gm, intl};

/// How a signature was made (docs/spec/signatures.md, 2). SHA-256 throughout, but
/// for SM2.
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
    /// SM2 with SM3 (GB/T 32918.2) under the identifier 1234567812345678, as the
    /// DER of r and s (docs/spec/suite-gm.md, 7).
    #[serde(rename = "sm2-sm3")]
    Sm2,
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
    /// SM2; the uncompressed point, 65 bytes.
    Sm2(Vec<u8>),
}

/// The kinds of keys that are accepted in certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits.
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    #[serde(rename = "rsa-4096")]
    Rsa4096,
    /// P-256 (FIPS 186-5), also called secp256r1 and prime256v1.
    #[serde(rename = "p-256")]
    P256,
    /// SM2 (GB/T 32918.5).
    #[serde(rename = "sm2")]
    Sm2,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureProblem {
    /// `signature-wrong-algorithm`
    #[error("the signature's algorithm does not go with the key")]
    WrongAlgorithm,
    /// `signature-form`
    #[error(
        "the signature is not in its one accepted form (64 bytes r || s with low s; for SM2, strict DER)"
    )]
    Form,
    /// `signature-invalid`
    #[error("the signature does not hold for this purpose, place and text")]
    Invalid,
}

/// Why a certificate's key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpkiProblem {
    /// Not DER, or not a point of the curve.
    Malformed,
    /// Of another kind, size, exponent or form than those that are accepted.
    Weak,
}

impl From<sm2::signature::Problem> for SignatureProblem {
    fn from(problem: sm2::signature::Problem) -> Self {
        match problem {
            sm2::signature::Problem::Form => Self::Form,
            sm2::signature::Problem::Invalid => Self::Invalid,
        }
    }
}

impl SignatureProblem {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongAlgorithm => "signature-wrong-algorithm",
            Self::Form => "signature-form",
            Self::Invalid => "signature-invalid",
        }
    }
}

impl PublicKey {
    /// The key of a certificate, and its kind.
    pub(crate) fn from_spki(
        spki: &SubjectPublicKeyInfo<'_>,
    ) -> Result<(Self, KeyAlgorithm), SpkiProblem> {
        match gm::spki::point(spki) {
            Some(Ok(point)) => Ok((Self::Sm2(point.as_bytes().to_vec()), KeyAlgorithm::Sm2)),
            Some(Err(problem)) => Err(problem),
            None => spki::signing_key(spki),
        }
    }

    /// Whether somebody can hold this key alone: an Ed25519 key of small order is
    /// everybody's.
    pub fn has_an_owner(&self) -> bool {
        match self {
            Self::Rsa(_) | Self::P256(_) | Self::Sm2(_) => true,
            Self::Ed25519(key) => !signature::is_of_small_order(key),
        }
    }

    /// Whether `value` is a signature over `message` made by `algorithm`.
    pub(crate) fn check(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        value: &[u8],
    ) -> Result<(), SignatureProblem> {
        match (self, algorithm) {
            (Self::Rsa(key), Algorithm::RsaPkcs1) => signature::rsa_pkcs1(key, message, value),
            (Self::Rsa(key), Algorithm::RsaPss) => signature::rsa_pss(key, message, value),
            (Self::P256(key), Algorithm::EcdsaP256) => signature::ecdsa_p256(key, message, value),
            // By a key that is everybody's nobody has signed.
            (Self::Ed25519(_), Algorithm::Ed25519) if !self.has_an_owner() => {
                Err(SignatureProblem::Invalid)
            }
            (Self::Ed25519(key), Algorithm::Ed25519) => signature::ed25519(key, message, value),
            (Self::Sm2(key), Algorithm::Sm2) => Ok(sm2::signature::verify(key, message, value)?),
            (Self::Rsa(_) | Self::P256(_) | Self::Ed25519(_) | Self::Sm2(_), _) => {
                Err(SignatureProblem::WrongAlgorithm)
            }
        }
    }
}

/// A private key that signs.
pub(crate) enum SigningKey {
    Intl(intl::signature::SigningKey),
    Sm2(Box<gm::sm2::Scalar>),
}

impl SigningKey {
    /// Reads PKCS #8 (RFC 5958): RSA of 2048 to 4096 bits, P-256, Ed25519 or SM2.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        match gm::sm2::Scalar::from_pkcs8(pkcs8) {
            Some(key) => Some(Self::Sm2(Box::new(key))),
            None => intl::signature::SigningKey::from_pkcs8(pkcs8).map(Self::Intl),
        }
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Intl(key) => key.public(),
            Self::Sm2(key) => PublicKey::Sm2(key.point().as_bytes().to_vec()),
        }
    }

    /// Signs `message`, or says in the library's words why not.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<(Algorithm, Vec<u8>), String> {
        match self {
            Self::Intl(key) => key.sign(message),
            Self::Sm2(key) => Ok((Algorithm::Sm2, sm2::signature::sign(key, message)?)),
        }
    }
}

/// What a device that signs is given, and what is made of its answer.
pub(crate) mod device {
    use super::{Algorithm, PublicKey, signature, sm2};
    use crate::digest::Digest;

    pub(crate) fn digest(key: &PublicKey, message: &[u8]) -> Option<Digest> {
        match key {
            PublicKey::Rsa(_) | PublicKey::P256(_) => Some(Digest::of(message)),
            PublicKey::Sm2(point) => sm2::signature::digest(point, message).map(Digest::from_bytes),
            PublicKey::Ed25519(_) => None,
        }
    }

    pub(crate) fn normal(key: &PublicKey, returned: &[u8]) -> Option<(Algorithm, Vec<u8>)> {
        match key {
            PublicKey::Rsa(_) => Some((Algorithm::RsaPkcs1, returned.to_vec())),
            PublicKey::P256(_) => Some((Algorithm::EcdsaP256, signature::low_s(returned)?)),
            PublicKey::Sm2(_) => Some((Algorithm::Sm2, sm2::signature::normal(returned)?)),
            PublicKey::Ed25519(_) => Some((Algorithm::Ed25519, returned.to_vec())),
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::P256 => "P-256",
            Self::Sm2 => "SM2",
        })
    }
}
