//! Signatures by SM2 with SM3 (GB/T 32918.2), in DER, under the identifier of
//! GM/T 0009.
//!
//! Those made here are a function of key and message alone (RFC 6979 over SM3).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sm2::Scalar as Number;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::PrimeField as _;

use super::{Point, Scalar, der};
use crate::sm3::Sm3;

/// Why a signature is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Not r and s in 1 ... n-1 with r + s != n, in their one spelling.
    Form,
    /// It does not hold.
    Invalid,
}

/// Whom a key belongs to, as far as SM2 asks (GM/T 0009, 10).
const IDENTIFIER: &str = "1234567812345678";

/// a, b, x_G and y_G of the curve (GB/T 32918.5).
const CURVE: [u8; 128] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
];

/// Whether a signature over `message` holds; `point` is uncompressed.
pub fn verify(point: &[u8], message: &[u8], value: &[u8]) -> Result<(), Problem> {
    let signature = read(value).ok_or(Problem::Form)?;
    let point = Point::from_bytes(point).map_err(|_| Problem::Invalid)?;
    VerifyingKey::new(IDENTIFIER, point.key())
        .and_then(|key| key.verify(message, &signature))
        .map_err(|_| Problem::Invalid)
}

/// Signs, or says in the library's words why not.
pub fn sign(key: &Scalar, message: &[u8]) -> Result<Vec<u8>, String> {
    let signature: Signature = SigningKey::from_slice(IDENTIFIER, key.as_bytes())
        .and_then(|key| key.try_sign(message))
        .map_err(|problem| problem.to_string())?;
    let number = |bytes: sm2::FieldBytes| bytes.into();
    Ok(der::write_signature(
        &number(signature.r_bytes()),
        &number(signature.s_bytes()),
    ))
}

/// e = SM3(Z || message): what a token that signs digests is given. Z is that of
/// docs/spec/suite-gm.md, 7.
pub fn digest(point: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let point = Point::from_bytes(point).ok()?;
    let mut z = Sm3::new();
    z.update(&[0, 0x80]);
    z.update(IDENTIFIER.as_bytes());
    z.update(&CURVE);
    z.update(&point.as_bytes()[1..]);
    let mut e = Sm3::new();
    e.update(&z.finish());
    e.update(message);
    Some(e.finish())
}

/// The one spelling of what a token returned: 64 bytes r || s, or a SEQUENCE of two
/// integers that may have zeros before them. What is in that spelling stays in it, though
/// it has 64 bytes.
pub fn normal(returned: &[u8]) -> Option<Vec<u8>> {
    if der::read_signature(returned).is_some() {
        return Some(returned.to_vec());
    }
    let (r, s) = match returned.split_first_chunk::<32>() {
        Some((r, s)) if s.len() == 32 => (*r, s.try_into().ok()?),
        _ => der::read_padded_signature(returned)?,
    };
    Some(der::write_signature(&r, &s))
}

/// r and s in 1 ... n-1 with r + s != n, in their one spelling.
pub(super) fn read(value: &[u8]) -> Option<Signature> {
    let (r, s) = der::read_signature(value)?;
    let number = |bytes: [u8; 32]| Number::from_repr(bytes.into()).into_option();
    if bool::from((number(r)? + number(s)?).is_zero()) {
        return None;
    }
    Signature::from_scalars(r, s).ok()
}
