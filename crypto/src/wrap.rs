//! Wrapping one secret to one public key, bound to its bid and place
//! (docs/spec/sealed-bid.md, 11): HPKE for P-256, OAEP for RSA.

mod hpke_p256;
mod key;
mod rsa_oaep;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::rng::Rng;
use crate::secret::Secret;

pub use key::{KeyProblem, PrivateKey, PublicKey};

/// How a secret is wrapped; follows from the kind of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WrapKind {
    #[serde(rename = "hpke-p256")]
    HpkeP256,
    #[serde(rename = "rsa-oaep-sha256")]
    RsaOaepSha256,
}

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
    pub envelope: u8,
    pub role: Role,
    /// How many of `of` are needed.
    pub threshold: u8,
    pub of: u8,
    /// The recipient's place, from 1.
    pub x: u8,
    /// H(ctx).
    pub context: Digest,
}

/// Why a wrap does not give its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapProblem {
    #[error("this key is not among those the secret was wrapped to")]
    OtherKey,
    #[error("the wrap does not open with this key: it was altered or made for something else")]
    NotOpened,
    #[error("the wrap opens, but was made for another bid, lot, project or role")]
    NotBound,
}

impl UnwrapProblem {
    /// The stable code of the specification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherKey => "wrap-other-key",
            Self::NotOpened => "wrap-not-opened",
            Self::NotBound => "wrap-not-bound",
        }
    }
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
    let wctx = context.bytes(&key.id());
    match key {
        PublicKey::P256(key) => hpke_p256::wrap(key, &wctx, secret, &Secret::random(rng)),
        PublicKey::Rsa(key) => rsa_oaep::wrap(key, &wctx, secret, rng),
    }
}

/// Wraps with an ephemeral key derived from `ikm`, so that the wrap can be
/// recomputed. Only P-256 keys can be dealt to; `None` for others.
pub(crate) fn wrap_dealt(
    key: &PublicKey,
    context: &WrapContext,
    secret: &Secret,
    ikm: &Secret,
) -> Option<Vec<u8>> {
    match key {
        PublicKey::P256(p256) => {
            let wctx = context.bytes(&key.id());
            Some(hpke_p256::wrap(p256, &wctx, secret, ikm))
        }
        PublicKey::Rsa(_) => None,
    }
}

/// Opens a wrap. RSA decryption is blinded with `rng`.
pub(crate) fn unwrap(
    key: &PrivateKey,
    context: &WrapContext,
    value: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Result<Secret, UnwrapProblem> {
    let wctx = context.bytes(&key.public().id());
    let opened: Zeroizing<Vec<u8>> = match key {
        PrivateKey::P256(key) => hpke_p256::unwrap(key.scalar(), &wctx, value)?,
        PrivateKey::Rsa(key) => rsa_oaep::unwrap(key.key(), &wctx, value, rng)?,
    };
    Secret::from_slice(&opened).ok_or(UnwrapProblem::NotOpened)
}

#[cfg(test)]
mod tests;
