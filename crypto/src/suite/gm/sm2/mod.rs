//! SM2 (GB/T 32918): keys, signatures, encryption.

pub(crate) mod cipher;
pub(super) mod der;
pub(crate) mod signature;

use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::pkcs8::DecodePrivateKey as _;
use zeroize::Zeroizing;

use crate::rng::Rng;
use crate::suite::wrapping::KeyProblem;

/// The DER before the point in the SPKI of a key: id-ecPublicKey with the curve
/// 1.2.156.10197.1.301.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];

/// A valid point of SM2, uncompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point([u8; 65]);

/// A private key of SM2 with its point.
#[derive(Clone)]
pub struct Scalar {
    bytes: Zeroizing<[u8; 32]>,
    point: Point,
}

impl Point {
    /// `None` when it is not the SPKI of an SM2 key at all.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Result<Self, KeyProblem>> {
        der.strip_prefix(&SPKI).map(Self::from_bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyProblem> {
        let point = bytes.try_into().map_err(|_| KeyProblem::Point)?;
        sm2::PublicKey::from_sec1_bytes(bytes).map_err(|_| KeyProblem::Point)?;
        Ok(Self(point))
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        [&SPKI[..], &self.0].concat()
    }

    /// 65 bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn key(&self) -> sm2::PublicKey {
        sm2::PublicKey::from_sec1_bytes(&self.0).expect("a Point is a valid point")
    }
}

impl Scalar {
    /// Reads PKCS #8 (RFC 5958) with the key as RFC 5915 spells it.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        Self::new(&sm2::SecretKey::from_pkcs8_der(der).ok()?)
    }

    /// Big-endian; `None` unless 0 < scalar < order - 1.
    pub(crate) fn from_bytes(scalar: &[u8; 32]) -> Option<Self> {
        Self::new(&sm2::SecretKey::from_slice(scalar).ok()?)
    }

    pub(crate) fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            rng.fill(scalar.as_mut_slice());
            // All but one in 2^32 draws are below the order.
            if let Some(key) = Self::from_bytes(&scalar) {
                return key;
            }
        }
    }

    pub(crate) fn point(&self) -> Point {
        self.point.clone()
    }

    /// The scalar, big-endian.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// With order - 1 nothing can be signed, so it is no key.
    fn new(key: &sm2::SecretKey) -> Option<Self> {
        let scalar = *key.to_nonzero_scalar();
        if bool::from((scalar + sm2::Scalar::ONE).is_zero()) {
            return None;
        }
        let encoded = key.public_key().to_sec1_point(false);
        Some(Self {
            bytes: Zeroizing::new(key.to_bytes().into()),
            point: Point(encoded.as_bytes().try_into().ok()?),
        })
    }
}

#[cfg(test)]
impl Scalar {
    pub(crate) fn to_pkcs8(&self) -> Vec<u8> {
        use sm2::pkcs8::EncodePrivateKey as _;
        let key = sm2::SecretKey::from_slice(self.as_bytes()).expect("a Scalar is a scalar");
        let der = key.to_pkcs8_der().expect("a key can be written");
        der.as_bytes().to_vec()
    }

    /// r || s of a digest, as a token answers.
    pub(crate) fn sign_digest(&self, e: &[u8; 32]) -> Vec<u8> {
        use sm2::dsa::signature::hazmat::PrehashSigner as _;
        let key = sm2::dsa::SigningKey::from_slice("", self.as_bytes()).expect("a scalar");
        let signature: sm2::dsa::Signature = key.sign_prehash(e).expect("it signs");
        signature.to_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests;
