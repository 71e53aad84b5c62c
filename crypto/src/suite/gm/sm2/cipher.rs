//! Encryption by SM2 (GB/T 32918.4), spelt as GM/T 0009 says: C1, C3, C2.

use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::elliptic_curve::{Group as _, PrimeField as _};
use sm2::{NonZeroScalar, ProjectivePoint};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::der::Cipher;
use super::{Point, Scalar};
use crate::held::Sm2Cipher;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::suite::gm::kdf::Extracted;
use crate::suite::gm::sm3::Sm3;

/// The least and the most bytes that the ciphertext of so many has: the heads, two
/// integers of 1 to 33 bytes, C3 and C2.
pub(crate) const fn lengths(text: usize) -> (usize, usize) {
    const fn of(integer: usize, text: usize) -> usize {
        let contents = 2 * (2 + integer) + (2 + 32) + (2 + text);
        contents + if contents < 128 { 2 } else { 3 }
    }
    (of(1, text), of(33, text))
}

/// With a random ephemeral scalar.
pub(crate) fn encrypt(to: &Point, text: &[u8], rng: &mut (impl Rng + ?Sized)) -> Vec<u8> {
    loop {
        let candidate = Secret::random(rng);
        if let Some(sealed) = try_encrypt(to, text, &candidate) {
            return sealed;
        }
    }
}

/// With the ephemeral scalar that `ikm` yields, so that it can be made again.
pub(crate) fn encrypt_dealt(to: &Point, text: &[u8], ikm: &Secret) -> Vec<u8> {
    let ikm = Extracted::of_uniform(ikm);
    let candidates = (0..=255).map(|c: u8| ikm.expand(&[b"kaibiao/1 ephemeral sm2", &[c]]));
    let mut sealed = candidates.filter_map(|candidate| try_encrypt(to, text, &candidate));
    sealed
        .next()
        .expect("of 256 numbers one is below the order")
}

/// `None` when the scalar is none, or makes a key stream of zeros.
pub(super) fn try_encrypt(to: &Point, text: &[u8], ephemeral: &Secret) -> Option<Vec<u8>> {
    let k = scalar(ephemeral.as_bytes())?;
    let (x, y) = coordinates(&ProjectivePoint::mul_by_generator(&*k));
    let shared = Shared::new(&(to.key().to_projective() * *k));
    let mut sealed = Zeroizing::new(text.to_vec());
    if !shared.add_key_stream(&mut sealed) {
        return None;
    }
    let cipher = Cipher {
        x: *x,
        y: *y,
        hash: shared.digest(text),
        text: &sealed,
    };
    Some(cipher.write())
}

/// The `N` bytes that were encrypted; `None` when anything is not as it is
/// written here.
pub(crate) fn decrypt<const N: usize>(key: &Scalar, sealed: &[u8]) -> Option<Zeroizing<[u8; N]>> {
    let cipher = Cipher::read(sealed)?;
    let c1 = [&[4], &cipher.x[..], &cipher.y].concat();
    let c1 = Point::from_bytes(&c1).ok()?.key().to_projective();
    let shared = Shared::new(&(c1 * *scalar(key.as_bytes())?));
    let mut text = Zeroizing::new(<[u8; N]>::try_from(cipher.text).ok()?);
    let is_keyed = shared.add_key_stream(text.as_mut_slice());
    let is_whole = shared.digest(text.as_slice()).ct_eq(&cipher.hash);
    (is_keyed && bool::from(is_whole)).then_some(text)
}

/// The parts of a session key's ciphertext, for a token to decrypt; C1 is a point.
pub(crate) fn parts(sealed: &[u8]) -> Option<Sm2Cipher> {
    let cipher = Cipher::read(sealed)?;
    Point::from_bytes(&[&[4], &cipher.x[..], &cipher.y].concat()).ok()?;
    Some(Sm2Cipher {
        x: cipher.x,
        y: cipher.y,
        hash: cipher.hash,
        text: cipher.text.try_into().ok()?,
    })
}

/// (x2, y2)
struct Shared {
    x: Zeroizing<[u8; 32]>,
    y: Zeroizing<[u8; 32]>,
}

impl Shared {
    fn new(point: &ProjectivePoint) -> Self {
        let (x, y) = coordinates(point);
        Self { x, y }
    }

    /// Adds t; false when it is zero throughout.
    fn add_key_stream(&self, text: &mut [u8]) -> bool {
        let mut any = 0;
        for (bytes, number) in text.chunks_mut(32).zip(1_u32..) {
            let pad = Zeroizing::new(hash(&[&*self.x, &*self.y, &number.to_be_bytes()]));
            for (byte, pad) in bytes.iter_mut().zip(pad.iter()) {
                *byte ^= pad;
                any |= pad;
            }
        }
        any != 0
    }

    /// C3
    fn digest(&self, text: &[u8]) -> [u8; 32] {
        hash(&[&*self.x, text, &*self.y])
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finish().into_bytes()
}

fn scalar(bytes: &[u8; 32]) -> Option<NonZeroScalar> {
    let scalar = sm2::Scalar::from_repr((*bytes).into()).into_option()?;
    NonZeroScalar::new(scalar).into_option()
}

/// Of a point that is not at infinity.
fn coordinates(point: &ProjectivePoint) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let encoded = point.to_affine().to_sec1_point(false);
    let number = |from: usize| {
        let bytes = &encoded.as_bytes()[from..from + 32];
        Zeroizing::new(bytes.try_into().expect("a coordinate has 32 bytes"))
    };
    (number(1), number(33))
}

#[cfg(test)]
pub(crate) fn whole(parts: &Sm2Cipher) -> Vec<u8> {
    Cipher {
        x: parts.x,
        y: parts.y,
        hash: parts.hash,
        text: &parts.text,
    }
    .write()
}
