//! The keys of SM2 that certificates hold, in either spelling
//! (docs/spec/suite-gm.md, 8).

use x509_parser::x509::SubjectPublicKeyInfo;

use super::sm2::Point;
use crate::suite::signing::SpkiProblem;

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const SM2: &str = "1.2.156.10197.1.301";

/// `None` when it is not a key of SM2 at all.
pub(crate) fn point(spki: &SubjectPublicKeyInfo<'_>) -> Option<Result<Point, SpkiProblem>> {
    let parameters = spki.algorithm.parameters.as_ref();
    let is_ours = match spki.algorithm.algorithm.to_id_string().as_str() {
        EC_PUBLIC_KEY => parameters
            .and_then(|curve| curve.as_oid().ok())
            .is_some_and(|curve| curve.to_id_string() == SM2),
        SM2 => parameters.is_none_or(|parameters| parameters.as_null().is_ok()),
        _ => false,
    };
    let bits = &spki.subject_public_key;
    is_ours.then(|| match (bits.unused_bits, &*bits.data) {
        (0, [4, rest @ ..]) if rest.len() == 64 => {
            Point::from_bytes(&bits.data).map_err(|_| SpkiProblem::Malformed)
        }
        // A point in another form.
        (0, _) => Err(SpkiProblem::Weak),
        _ => Err(SpkiProblem::Malformed),
    })
}
