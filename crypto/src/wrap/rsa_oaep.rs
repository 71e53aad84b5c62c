//! RSAES-OAEP (RFC 8017) with SHA-256, MGF1-SHA-256 and an empty label, of
//! `secret || H(wctx)`. The label is not used because tokens rarely take one.

use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::UnwrapProblem;
use crate::digest::Digest;
use crate::rng::Rng;
use crate::secret::Secret;

pub(super) fn wrap(
    key: &RsaPublicKey,
    wctx: &[u8],
    secret: &Secret,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<u8> {
    let mut message = Zeroizing::new([0; 64]);
    message[..32].copy_from_slice(secret.as_bytes());
    message[32..].copy_from_slice(Digest::of(wctx).as_bytes());
    key.encrypt(&mut Adapter(rng), padding(), message.as_slice())
        .expect("64 bytes fit OAEP with SHA-256 under 2048 bits and more")
}

pub(super) fn unwrap(
    key: &RsaPrivateKey,
    wctx: &[u8],
    value: &[u8],
    rng: &mut (impl Rng + ?Sized),
) -> Result<Zeroizing<Vec<u8>>, UnwrapProblem> {
    let mut message = key
        .decrypt_blinded(&mut Adapter(rng), padding(), value)
        .map(Zeroizing::new)
        .map_err(|_| UnwrapProblem::NotOpened)?;
    if message.len() != 64 {
        return Err(UnwrapProblem::NotOpened);
    }
    if !bool::from(message[32..].ct_eq(Digest::of(wctx).as_bytes())) {
        return Err(UnwrapProblem::NotBound);
    }
    message.truncate(32);
    Ok(message)
}

fn padding() -> Oaep {
    Oaep::new::<rsa::sha2::Sha256>()
}

/// Our source of randomness for a library of an older `rand_core`.
pub(super) struct Adapter<'a, R: ?Sized>(pub(super) &'a mut R);

impl<R: Rng + ?Sized> RngCore for Adapter<'_, R> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(crate::rng::bytes(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(crate::rng::bytes(self.0))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl<R: Rng + ?Sized> CryptoRng for Adapter<'_, R> {}
