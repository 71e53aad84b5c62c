//! Encryption by SM2 (GB/T 32918.4), spelt as GM/T 0009 says: C1, C3, C2.

use alloc::vec::Vec;

use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::elliptic_curve::{Group as _, PrimeField as _};
use sm2::{NonZeroScalar, ProjectivePoint};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::der::Cipher;
use super::{Point, Scalar};
use crate::kdf::Extracted;
use crate::rng::{self, Rng};
use crate::sm3::Sm3;

/// The least and the most bytes that the ciphertext of so many has: the heads, two
/// integers of 1 to 33 bytes, C3 and C2.
pub const fn lengths(text: usize) -> (usize, usize) {
    const fn of(integer: usize, text: usize) -> usize {
        let contents = 2 * (2 + integer) + (2 + 32) + (2 + text);
        contents + if contents < 128 { 2 } else { 3 }
    }
    (of(1, text), of(33, text))
}

/// With a random ephemeral scalar.
pub fn encrypt(to: &Point, text: &[u8], rng: &mut (impl Rng + ?Sized)) -> Vec<u8> {
    loop {
        let candidate = Zeroizing::new(rng::bytes(rng));
        if let Some(sealed) = try_encrypt(to, text, &candidate) {
            return sealed;
        }
    }
}

/// With the ephemeral scalar that `ikm` yields, so that it can be made again.
pub fn encrypt_dealt(to: &Point, text: &[u8], ikm: &[u8; 32]) -> Vec<u8> {
    let ikm = Extracted::of_uniform(ikm);
    let candidates = (0..=255).map(|c: u8| ikm.expand(&[b"kaibiao/1 ephemeral sm2", &[c]]));
    let mut sealed = candidates.filter_map(|candidate| try_encrypt(to, text, &candidate));
    sealed
        .next()
        .expect("of 256 numbers one is below the order")
}

/// `None` when the scalar is none, or makes a key stream of zeros.
pub(super) fn try_encrypt(to: &Point, text: &[u8], ephemeral: &[u8; 32]) -> Option<Vec<u8>> {
    let k = scalar(ephemeral)?;
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
pub fn decrypt<const N: usize>(key: &Scalar, sealed: &[u8]) -> Option<Zeroizing<[u8; N]>> {
    let text = decrypt_any(key, sealed)?;
    Some(Zeroizing::new(text[..].try_into().ok()?))
}

/// The same of however many bytes there are.
pub fn decrypt_any(key: &Scalar, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = Cipher::read(sealed)?;
    let c1 = [&[4], &cipher.x[..], &cipher.y].concat();
    let c1 = Point::from_bytes(&c1).ok()?.key().to_projective();
    let shared = Shared::new(&(c1 * *scalar(key.as_bytes())?));
    let mut text = Zeroizing::new(cipher.text.to_vec());
    let is_keyed = shared.add_key_stream(&mut text);
    let is_whole = shared.digest(&text).ct_eq(&cipher.hash);
    (is_keyed && bool::from(is_whole)).then_some(text)
}

/// SM2Cipher (GM/T 0009, 7.2) of a session key of 16 bytes; C1 is a point of the curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sm2Cipher {
    /// x1, big-endian.
    pub x: [u8; 32],
    /// y1, big-endian.
    pub y: [u8; 32],
    /// C3
    pub hash: [u8; 32],
    /// C2
    pub text: [u8; 16],
}

impl Sm2Cipher {
    /// In DER, as it was read.
    pub fn write(&self) -> Vec<u8> {
        Cipher {
            x: self.x,
            y: self.y,
            hash: self.hash,
            text: &self.text,
        }
        .write()
    }
}

/// The parts of a session key's ciphertext, for a token to decrypt; C1 is a point.
pub fn parts(sealed: &[u8]) -> Option<Sm2Cipher> {
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
    hasher.finish()
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
