//! The cryptography of a bid opening: canonical bytes, purpose-bound
//! signatures, certificates and whom to trust, Merkle trees, statements of the
//! platform, time stamps, and the sealed bid itself.
//!
//! Nothing in this crate reads a clock, a file, a socket or a global source of
//! randomness: time and randomness are arguments. Types that prove a check was
//! made can be made only here.

#![deny(missing_docs)]
// Tests may cast and repeat themselves; what runs may not.
#![cfg_attr(not(test), warn(clippy::pedantic))]
#![allow(
    clippy::must_use_candidate,
    reason = "nearly every function here only computes; the mark would be noise"
)]
#![allow(
    clippy::missing_errors_doc,
    reason = "an error type names each of its cases and their codes"
)]
#![allow(
    clippy::missing_panics_doc,
    reason = "an expect states the invariant by which it never panics"
)]
#![allow(
    clippy::doc_markdown,
    reason = "KB, C_i, msg_id and their like are the specification's signs, not code"
)]

pub mod act;
pub mod anchor;
pub mod bid;
pub mod canonical;
pub mod certificate;
pub mod cms;
pub mod digest;
pub mod encoding;
pub mod held;
pub mod keyfile;
pub mod merkle;
#[cfg(feature = "openapi")]
mod openapi;
pub mod platform_key;
pub mod rng;
pub mod secret;
mod shamir;
pub mod shell;
pub mod signature;
pub mod signer;
pub mod statement;
mod suite;
#[cfg(test)]
mod test_rng;
pub mod text;
pub mod timestamp;
pub mod tlog;
mod unicode;
mod verified;
pub mod wrap;

pub use digest::Digest;
pub use suite::Suite;
pub use verified::Verified;
