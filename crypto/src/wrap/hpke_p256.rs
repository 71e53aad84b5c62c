//! HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
//! (RFC 9180): value = enc (65 bytes) || ciphertext (48 bytes).

use std::convert::Infallible;

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{DhP256HkdfSha256, Kem};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::UnwrapProblem;
use crate::secret::Secret;

pub(super) const VALUE: usize = ENC + 48;
const ENC: usize = 65;

/// `point` is the recipient's uncompressed point, already validated;
/// the ephemeral key pair is DeriveKeyPair(ikm).
pub(super) fn wrap(point: &[u8; 65], wctx: &[u8], secret: &Secret, ikm: &Secret) -> Vec<u8> {
    let key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(point)
        .expect("a PublicKey holds only valid points");
    let (enc, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
            &OpModeS::Base,
            &key,
            wctx,
            secret.as_bytes(),
            &[],
            &mut Once(ikm),
        )
        .expect("sealing 32 bytes to a valid point does not fail");
    let mut value = enc.to_bytes().to_vec();
    value.extend(ciphertext);
    value
}

pub(super) fn unwrap(
    scalar: &[u8; 32],
    wctx: &[u8],
    value: &[u8],
) -> Result<Zeroizing<Vec<u8>>, UnwrapProblem> {
    if value.len() != VALUE {
        return Err(UnwrapProblem::NotOpened);
    }
    let key = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(scalar)
        .expect("a PrivateKey holds only valid scalars");
    let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(&value[..ENC])
        .map_err(|_| UnwrapProblem::NotOpened)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
        &OpModeR::Base,
        &key,
        &enc,
        wctx,
        &value[ENC..],
        &[],
    )
    .map(Zeroizing::new)
    .map_err(|_| UnwrapProblem::NotOpened)
}

/// A source that yields the 32 bytes of ikm: the library makes its ephemeral
/// key pair as DeriveKeyPair(32 random bytes). Vectors hold this.
struct Once<'a>(&'a Secret);

impl TryRng for Once<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the library draws its ikm at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the library draws its ikm at once")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(self.0.as_bytes());
        Ok(())
    }
}

impl TryCryptoRng for Once<'_> {}
