//! What a bid is hashed and derived with, of every suite.

use super::{gm, intl};
use crate::digest::Digest;
use crate::secret::Secret;

/// H of bytes that arrive one after another.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(intl::digest::Sha256),
    Sm3(gm::sm3::Sm3),
}

/// A pseudorandom key, from which keys are expanded.
pub(crate) enum Extracted {
    Sha256(intl::kdf::Extracted),
    Sm3(gm::kdf::Extracted),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sm3(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => hasher.finish(),
            Self::Sm3(hasher) => Digest::from_bytes(hasher.finish()),
        }
    }
}

impl Extracted {
    /// HKDF-Expand. `info` is the concatenation of its parts.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> Secret {
        match self {
            Self::Sha256(prk) => prk.expand(info),
            Self::Sm3(prk) => Secret::from_bytes(*prk.expand(info)),
        }
    }
}
