//! Wrapping one secret to one public key, bound to its bid and place
//! (docs/spec/sealed-bid.md, 11): HPKE for P-256, OAEP for RSA, and for SM2 what
//! docs/spec/suite-gm.md, 6, says.

use crate::digest::Digest;
use crate::rng::Rng;
use crate::secret::Secret;

pub use crate::suite::wrapping::{KeyProblem, PrivateKey, PublicKey, UnwrapProblem, WrapKind};

/// What a wrap is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// b, to one of the bidder's own recipients.
    Recipient = 0,
    /// A share of r, to a custodian.
    Release = 1,
    /// A share of b, to a custodian.
    Rescue = 2,
}

/// Everything a wrap is bound to, beside the recipient's key.
#[derive(Debug, Clone, Copy)]
pub struct WrapContext {
    /// Envelopes count from 0.
    pub envelope: u8,
    /// What the secret is.
    pub role: Role,
    /// How many of `of` are needed.
    pub threshold: u8,
    /// How many recipients of this role there are.
    pub of: u8,
    /// The recipient's place, from 1.
    pub x: u8,
    /// H(ctx).
    pub context: Digest,
}

impl WrapContext {
    /// wctx of the specification, for one recipient.
    fn bytes(&self, key: &Digest) -> [u8; 83] {
        let mut bytes = [0; 83];
        bytes[..14].copy_from_slice(b"kaibiao/1 wrap");
        bytes[14] = self.envelope;
        bytes[15] = self.role as u8;
        bytes[16] = self.threshold;
        bytes[17] = self.of;
        bytes[18] = self.x;
        bytes[19..51].copy_from_slice(key.as_bytes());
        bytes[51..].copy_from_slice(self.context.as_bytes());
        bytes
    }
}

/// Wraps with fresh randomness.
pub(crate) fn wrap(
    key: &PublicKey,
    context: &WrapContext,
    secret: &Secret,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<u8> {
    key.wrap(&context.bytes(&key.id()), secret, rng)
}

/// Wraps with an ephemeral key derived from `ikm`, so that the wrap can be
/// recomputed; `None` for keys that cannot be dealt to, which are those of RSA.
pub(crate) fn wrap_dealt(
    key: &PublicKey,
    context: &WrapContext,
    secret: &Secret,
    ikm: &Secret,
) -> Option<Vec<u8>> {
    key.wrap_dealt(&context.bytes(&key.id()), secret, ikm)
}

/// Opens a wrap of this kind. RSA decryption is blinded with `rng`.
pub(crate) fn unwrap(
    key: &PrivateKey,
    kind: WrapKind,
    context: &WrapContext,
    value: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Result<Secret, UnwrapProblem> {
    key.unwrap(kind, &context.bytes(&key.public().id()), value, rng)
}

#[cfg(test)]
mod tests;
