//! SM3 (GB/T 32905), and HMAC over it (RFC 2104).

mod lanes;

use alloc::vec::Vec;

use fearless_simd::Level;
use hmac::{KeyInit as _, Mac as _, SimpleHmac};
use sm3::Digest as _;

/// SM3 of bytes that arrive one after another.
#[derive(Clone, Default)]
pub struct Sm3(sm3::Sm3);

impl Sm3 {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One for each text, which it has taken. Whole blocks of texts are hashed side
    /// by side, as many at once as a register has words.
    pub fn of_each(texts: &[&[u8]]) -> Vec<Self> {
        Self::of_each_at(crate::level(), texts)
    }

    /// With the instructions of this level.
    pub(crate) fn of_each_at(level: Level, texts: &[&[u8]]) -> Vec<Self> {
        let hashers = lanes::hashers(level, texts);
        hashers.into_iter().map(Self).collect()
    }

    /// How many texts are hashed side by side.
    pub(crate) fn lanes() -> usize {
        lanes::count()
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that it has taken.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// HMAC-SM3 of the parts one after the other.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac_of(key, parts.iter().copied())
}

pub(crate) fn hmac_of<'a>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    started(key, parts).finalize().into_bytes().into()
}

/// Whether `tag` is it, compared in constant time.
pub fn hmac_is(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    started(key, parts.iter().copied())
        .verify_slice(tag)
        .is_ok()
}

fn started<'a>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> SimpleHmac<sm3::Sm3> {
    let mut mac = SimpleHmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests;
