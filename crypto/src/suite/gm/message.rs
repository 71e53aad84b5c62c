//! How signed messages are signed in suite `gm` (docs/spec/cms.md, 2).

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{sm2, spki};
use crate::signature::SignatureProblem;

/// Whether `value` is a signature by SM2 with SM3 over `message` by the key of a
/// certificate (DER), in whichever spelling it stands there.
pub(crate) fn check(
    certificate: &[u8],
    message: &[u8],
    value: &[u8],
) -> Result<(), SignatureProblem> {
    let parsed = X509Certificate::from_der(certificate);
    let (_, certificate) = parsed.map_err(|_| SignatureProblem::WrongAlgorithm)?;
    match spki::point(certificate.public_key()) {
        Some(Ok(point)) => Ok(sm2::signature::verify(point.as_bytes(), message, value)?),
        Some(Err(_)) | None => Err(SignatureProblem::WrongAlgorithm),
    }
}
