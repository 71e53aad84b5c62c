//! Wraps to a key of SM2 (docs/spec/suite-gm.md, 6), of `secret || H(wctx)`.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::sm2::{Point, Scalar, cipher};
use super::sm3::Sm3;
use super::sm4::{BLOCK, Sm4};
use crate::held::Holder;
use crate::rng::{self, Rng};
use crate::secret::Secret;
use crate::suite::wrapping::UnwrapProblem;

/// secret || H(wctx)
const BOUND: usize = 64;
/// What stands before the encrypted key: iv, and the blocks under the key.
const FRONT: usize = BLOCK + BOUND;

/// The least and the most bytes of a wrap to a custodian.
pub(crate) const DEALT: (usize, usize) = cipher::lengths(BOUND);
/// The least and the most bytes of a wrap to a recipient.
pub(crate) const FRESH: (usize, usize) = {
    let (least, most) = cipher::lengths(BLOCK);
    (FRONT + least, FRONT + most)
};

/// `sm2-sm4-cbc`: what a token can open.
pub(crate) fn wrap(
    to: &Point,
    wctx: &[u8],
    secret: &Secret,
    rng: &mut (impl Rng + ?Sized),
) -> Vec<u8> {
    let key: Zeroizing<[u8; BLOCK]> = Zeroizing::new(rng::bytes(rng));
    let iv = rng::bytes(rng);
    let mut bound = bound(wctx, secret);
    let (blocks, _) = bound.as_chunks_mut::<BLOCK>();
    Sm4::new(&key).cbc_encrypt(&iv, blocks);
    let sealed = cipher::encrypt(to, key.as_slice(), rng);
    [&iv[..], bound.as_slice(), &sealed].concat()
}

/// `sm2`: can be made again from `ikm`.
pub(crate) fn wrap_dealt(to: &Point, wctx: &[u8], secret: &Secret, ikm: &Secret) -> Vec<u8> {
    cipher::encrypt_dealt(to, bound(wctx, secret).as_slice(), ikm.as_bytes())
}

/// Opens what [`wrap`] made.
pub(crate) fn unwrap(key: &Scalar, wctx: &[u8], value: &[u8]) -> Result<Secret, UnwrapProblem> {
    let (front, sealed) = value
        .split_first_chunk::<FRONT>()
        .ok_or(UnwrapProblem::NotOpened)?;
    let session = cipher::decrypt::<BLOCK>(key, sealed).ok_or(UnwrapProblem::NotOpened)?;
    let (iv, blocks) = front.split_first_chunk().ok_or(UnwrapProblem::NotOpened)?;
    let mut bound = Zeroizing::new([0; BOUND]);
    bound.copy_from_slice(blocks);
    let (blocks, _) = bound.as_chunks_mut::<BLOCK>();
    Sm4::new(&session).cbc_decrypt(iv, blocks);
    unbound(wctx, &bound)
}

/// Opens what [`wrap`] made, with a key that its holder computes with. Whether C1 is a
/// point is asked before the holder sees it.
pub(crate) fn unwrap_held(
    holder: &Holder,
    wctx: &[u8],
    value: &[u8],
) -> Result<Secret, UnwrapProblem> {
    let (front, sealed) = value
        .split_first_chunk::<FRONT>()
        .ok_or(UnwrapProblem::NotOpened)?;
    let sealed = cipher::parts(sealed).ok_or(UnwrapProblem::NotOpened)?;
    let (iv, blocks) = front.split_first_chunk().ok_or(UnwrapProblem::NotOpened)?;
    let blocks: &[u8; BOUND] = blocks.try_into().map_err(|_| UnwrapProblem::NotOpened)?;
    unbound(wctx, &*holder.sm2_sm4_cbc(&sealed, iv, blocks)?)
}

/// Opens what [`wrap_dealt`] made.
pub(crate) fn unwrap_dealt(
    key: &Scalar,
    wctx: &[u8],
    value: &[u8],
) -> Result<Secret, UnwrapProblem> {
    let bound = cipher::decrypt::<BOUND>(key, value).ok_or(UnwrapProblem::NotOpened)?;
    unbound(wctx, &bound)
}

fn bound(wctx: &[u8], secret: &Secret) -> Zeroizing<[u8; BOUND]> {
    let mut bound = Zeroizing::new([0; BOUND]);
    bound[..32].copy_from_slice(secret.as_bytes());
    bound[32..].copy_from_slice(&digest(wctx));
    bound
}

fn unbound(wctx: &[u8], bound: &[u8; BOUND]) -> Result<Secret, UnwrapProblem> {
    let (secret, rest) = bound.split_at(32);
    if bool::from(rest.ct_eq(&digest(wctx))) {
        Secret::from_slice(secret).ok_or(UnwrapProblem::NotOpened)
    } else {
        Err(UnwrapProblem::NotBound)
    }
}

fn digest(wctx: &[u8]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    hasher.update(wctx);
    hasher.finish()
}
