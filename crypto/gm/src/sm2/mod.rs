//! SM2 (GB/T 32918): keys, signatures, encryption.

pub mod cipher;
pub(crate) mod der;
pub mod signature;

use alloc::vec::Vec;
use core::fmt;

use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::pkcs8::DecodePrivateKey as _;
use zeroize::Zeroizing;

use crate::rng::Rng;

/// The DER before the point in the SPKI of a key: id-ecPublicKey with the curve
/// 1.2.156.10197.1.301.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];

/// A valid point of SM2, uncompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point([u8; 65]);

/// Not 65 bytes of a point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPoint;

impl fmt::Display for NotAPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a valid point of SM2 in uncompressed form")
    }
}

impl core::error::Error for NotAPoint {}

/// A private key of SM2 with its point.
#[derive(Clone)]
pub struct Scalar {
    bytes: Zeroizing<[u8; 32]>,
    point: Point,
}

impl Point {
    /// `None` when it is not the SPKI of an SM2 key at all.
    pub fn from_spki(der: &[u8]) -> Option<Result<Self, NotAPoint>> {
        der.strip_prefix(&SPKI).map(Self::from_bytes)
    }

    /// An uncompressed point (SEC 1, 2.3.3).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAPoint> {
        let point = bytes.try_into().map_err(|_| NotAPoint)?;
        sm2::PublicKey::from_sec1_bytes(bytes).map_err(|_| NotAPoint)?;
        Ok(Self(point))
    }

    /// The one spelling of docs/spec/suite-gm.md, 2.
    pub fn spki(&self) -> Vec<u8> {
        [&SPKI[..], &self.0].concat()
    }

    /// 65 bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn key(&self) -> sm2::PublicKey {
        sm2::PublicKey::from_sec1_bytes(&self.0).expect("a Point is a valid point")
    }
}

impl Scalar {
    /// Reads PKCS #8 (RFC 5958) with the key as RFC 5915 spells it.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        Self::new(&sm2::SecretKey::from_pkcs8_der(der).ok()?)
    }

    /// Big-endian; `None` unless 0 < scalar < order - 1.
    pub fn from_bytes(scalar: &[u8; 32]) -> Option<Self> {
        Self::new(&sm2::SecretKey::from_slice(scalar).ok()?)
    }

    /// A fresh key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            rng.fill(scalar.as_mut_slice());
            // All but one in 2^32 draws are below the order.
            if let Some(key) = Self::from_bytes(&scalar) {
                return key;
            }
        }
    }

    /// The public half.
    pub fn point(&self) -> Point {
        self.point.clone()
    }

    /// The scalar, big-endian.
    pub fn as_bytes(&self) -> &[u8; 32] {
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
mod tests;
