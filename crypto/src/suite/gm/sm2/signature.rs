//! Signatures by SM2 with SM3 (GB/T 32918.2), in DER, under the identifier of
//! GM/T 0009.
//!
//! Those made here are a function of key and message alone (RFC 6979 over SM3).

use sm2::Scalar as Number;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::PrimeField as _;

use super::{Point, Scalar, der};
use crate::suite::signing::SignatureProblem;

/// Whom a key belongs to, as far as SM2 asks (GM/T 0009, 10).
const IDENTIFIER: &str = "1234567812345678";

/// `point` is uncompressed.
pub(crate) fn verify(point: &[u8], message: &[u8], value: &[u8]) -> Result<(), SignatureProblem> {
    let signature = read(value).ok_or(SignatureProblem::Form)?;
    let point = Point::from_bytes(point).map_err(|_| SignatureProblem::Invalid)?;
    VerifyingKey::new(IDENTIFIER, point.key())
        .and_then(|key| key.verify(message, &signature))
        .map_err(|_| SignatureProblem::Invalid)
}

/// Signs, or says in the library's words why not.
pub(crate) fn sign(key: &Scalar, message: &[u8]) -> Result<Vec<u8>, String> {
    let signature: Signature = SigningKey::from_slice(IDENTIFIER, key.as_bytes())
        .and_then(|key| key.try_sign(message))
        .map_err(|problem| problem.to_string())?;
    let number = |bytes: sm2::FieldBytes| bytes.into();
    Ok(der::write_signature(
        &number(signature.r_bytes()),
        &number(signature.s_bytes()),
    ))
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
