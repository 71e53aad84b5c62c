//! SM3 (GB/T 32905), and HMAC over it (RFC 2104).

mod lanes;

use fearless_simd::Level;
use hmac::{KeyInit as _, Mac as _, SimpleHmac};
use sm3::Digest as _;

use crate::digest::Digest;

/// SM3 of bytes that arrive one after another.
#[derive(Clone)]
pub(crate) struct Sm3(sm3::Sm3);

impl Sm3 {
    pub(crate) fn new() -> Self {
        Self(sm3::Sm3::new())
    }

    /// One for each text, which it has taken. Whole blocks of texts are hashed side
    /// by side, as many at once as a register has words.
    pub(super) fn of_each(texts: &[&[u8]]) -> Vec<Self> {
        Self::of_each_at(Level::new(), texts)
    }

    /// With the instructions of this level.
    pub(super) fn of_each_at(level: Level, texts: &[&[u8]]) -> Vec<Self> {
        let hashers = lanes::hashers(level, texts);
        hashers.into_iter().map(Self).collect()
    }

    /// How many texts are hashed side by side.
    pub(super) fn lanes() -> usize {
        lanes::count()
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

/// HMAC-SM3 of the parts one after the other.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    started(key, parts).finalize().into_bytes().into()
}

/// Compares in constant time.
pub(super) fn hmac_is(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    started(key, parts).verify_slice(tag).is_ok()
}

fn started(key: &[u8], parts: &[&[u8]]) -> SimpleHmac<sm3::Sm3> {
    let mut mac = SimpleHmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests;
