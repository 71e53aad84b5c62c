//! Keys that secrets are wrapped to.

use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

use super::{WrapKind, hpke_p256};
use crate::digest::Digest;
use crate::rng::Rng;

/// The DER before the point of a P-256 key (RFC 5480).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const RSA_BITS: [usize; 3] = [2048, 3072, 4096];
const RSA_EXPONENT: u32 = 65537;

/// A public key: P-256 as its valid uncompressed point, or RSA of 2048, 3072
/// or 4096 bits with the exponent 65537.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    P256([u8; 65]),
    Rsa(Box<RsaPublicKey>),
}

/// A private key held in memory. Its key id is known without asking it twice.
#[derive(Clone)]
pub enum PrivateKey {
    P256(P256Key),
    Rsa(Box<RsaKey>),
}

/// A P-256 private key with its point.
#[derive(Clone)]
pub struct P256Key {
    scalar: Zeroizing<[u8; 32]>,
    point: [u8; 65],
}

/// An RSA private key of an accepted size.
#[derive(Clone)]
pub struct RsaKey(RsaPrivateKey);

/// Why bytes are not a key that secrets can be wrapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("not a DER public key of a known kind")]
    Unknown,
    #[error("not a valid point of P-256 in uncompressed form")]
    Point,
    #[error("RSA keys have 2048, 3072 or 4096 bits and the exponent 65537")]
    Rsa,
    #[error("not a certificate")]
    Certificate,
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo; only its one canonical encoding.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyProblem> {
        if let Some(point) = der.strip_prefix(&P256_PREFIX) {
            p256::PublicKey::from_sec1_bytes(point).map_err(|_| KeyProblem::Point)?;
            return match point.try_into() {
                Ok(point) if der.len() == 91 => Ok(Self::P256(point)),
                _ => Err(KeyProblem::Point),
            };
        }
        let key = RsaPublicKey::from_public_key_der(der).map_err(|_| KeyProblem::Unknown)?;
        check_rsa(&key)?;
        let key = Self::Rsa(Box::new(key));
        if key.spki() == der {
            Ok(key)
        } else {
            Err(KeyProblem::Unknown)
        }
    }

    /// The key of a certificate. Whether the certificate is to be trusted is
    /// another matter.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyProblem> {
        let (rest, certificate) =
            x509_parser::parse_x509_certificate(der).map_err(|_| KeyProblem::Certificate)?;
        if !rest.is_empty() {
            return Err(KeyProblem::Certificate);
        }
        Self::from_spki(certificate.tbs_certificate.subject_pki.raw)
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => [&P256_PREFIX[..], point].concat(),
            Self::Rsa(key) => key
                .to_public_key_der()
                .expect("an RSA key read from DER can be written as DER")
                .into_vec(),
        }
    }

    /// key id = H(SPKI).
    pub fn id(&self) -> Digest {
        Digest::of(&self.spki())
    }

    pub const fn kind(&self) -> WrapKind {
        match self {
            Self::P256(_) => WrapKind::HpkeP256,
            Self::Rsa(_) => WrapKind::RsaOaepSha256,
        }
    }

    /// The length of a wrap to this key, in bytes.
    pub fn wrap_length(&self) -> usize {
        match self {
            Self::P256(_) => hpke_p256::VALUE,
            Self::Rsa(key) => key.size(),
        }
    }
}

impl PrivateKey {
    /// Reads an unencrypted DER PKCS #8 key, RSA or P-256.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyProblem> {
        if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
            return Ok(Self::from_p256(&key));
        }
        let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| KeyProblem::Unknown)?;
        check_rsa(&key.to_public_key())?;
        Ok(Self::Rsa(Box::new(RsaKey(key))))
    }

    /// A P-256 key from its scalar, big-endian; `None` unless 0 < scalar < order.
    pub fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        let key = p256::SecretKey::from_slice(scalar).ok()?;
        Some(Self::from_p256(&key))
    }

    /// A fresh P-256 key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            rng.fill(scalar.as_mut_slice());
            // All but one in 2^32 draws are below the order.
            if let Some(key) = Self::from_scalar(&scalar) {
                return key;
            }
        }
    }

    pub fn public(&self) -> PublicKey {
        match self {
            Self::P256(key) => PublicKey::P256(key.point),
            Self::Rsa(key) => PublicKey::Rsa(Box::new(key.0.to_public_key())),
        }
    }

    fn from_p256(key: &p256::SecretKey) -> Self {
        let encoded = key.public_key().to_sec1_point(false);
        let mut point = [0; 65];
        point.copy_from_slice(encoded.as_bytes());
        Self::P256(P256Key {
            scalar: Zeroizing::new(key.to_bytes().into()),
            point,
        })
    }
}

impl P256Key {
    pub(crate) fn scalar(&self) -> &[u8; 32] {
        &self.scalar
    }
}

impl RsaKey {
    pub(crate) const fn key(&self) -> &RsaPrivateKey {
        &self.0
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().id())
    }
}

fn check_rsa(key: &RsaPublicKey) -> Result<(), KeyProblem> {
    if RSA_BITS.contains(&key.n().bits()) && *key.e() == BigUint::from(RSA_EXPONENT) {
        Ok(())
    } else {
        Err(KeyProblem::Rsa)
    }
}
