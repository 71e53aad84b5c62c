//! Secrets of 32 bytes, wiped when dropped and never printed.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::Digest;
use crate::rng::Rng;

/// 32 secret bytes: b, r, a share, a key. Every secret of a bid has this size.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes 32 bytes that are to be wiped.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh random secret.
    pub fn random(rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut secret = Self([0; 32]);
        rng.fill(&mut secret.0);
        secret
    }

    /// Takes exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// Reads 64 lowercase hexadecimal digits, as vectors spell secrets.
    #[cfg(test)]
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        crate::digest::lower_hex(text).map(Self)
    }

    /// The bytes, for whoever has to use them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// H(secret): what a signed act says of a secret that travels beside it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// Compares in constant time.
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub(crate) const fn as_mut_bytes(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_exactly_32_bytes_and_prints_nothing() {
        assert!(Secret::from_slice(&[1; 31]).is_none());
        assert!(Secret::from_slice(&[1; 33]).is_none());
        let secret = Secret::from_slice(&[7; 32]).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert!(secret.ct_eq(&Secret::from_hex(&"07".repeat(32)).unwrap()));
        assert!(!secret.ct_eq(&Secret::from_bytes([8; 32])));
    }
}
