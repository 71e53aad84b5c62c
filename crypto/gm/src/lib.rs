//! The algorithms of suite `gm`, SM2, SM3 and SM4 (docs/spec/suite-gm.md), by themselves:
//! without the standard library, since the page runs this crate as a WASM module.
//!
//! Digests, tags and secrets are 32 bytes. Randomness is an argument.

#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]
// Tests may cast and repeat themselves; what runs may not.
#![cfg_attr(not(test), warn(clippy::pedantic))]
#![allow(
    clippy::must_use_candidate,
    reason = "nearly every function here only computes; the mark would be noise"
)]
#![allow(
    clippy::missing_errors_doc,
    reason = "an error type names each of its cases"
)]
#![allow(
    clippy::missing_panics_doc,
    reason = "an expect states the invariant by which it never panics"
)]
#![allow(
    clippy::doc_markdown,
    reason = "C_i, EK_i and their like are the specification's signs, not code"
)]

extern crate alloc;

pub mod kdf;
pub mod rng;
pub mod segment;
pub mod sm2;
pub mod sm3;
pub mod sm4;

use fearless_simd::Level;

/// 32 secret bytes, wiped when dropped.
pub type Secret = zeroize::Zeroizing<[u8; 32]>;

/// The instructions that texts and blocks are worked on with: what this processor has, and
/// without the standard library what every processor of the target has.
fn level() -> Level {
    #[cfg(any(feature = "std", target_arch = "wasm32"))]
    return Level::new();
    #[cfg(not(any(feature = "std", target_arch = "wasm32")))]
    return Level::baseline();
}

#[cfg(test)]
mod tests;
