//! The detached signature over a record that an act carries for everybody's tools
//! (docs/spec/cms.md, 3).

use kaibiao_core::act::Act;
use kaibiao_crypto::cms::verify_carried;

use super::Done;
use crate::reading::Reading;

/// It is over the record's exact bytes, by the act's own certificate, which was judged
/// with the act. Of a record that was corrected a public edition has the digest alone.
///
/// # Errors
/// `cms-…`.
pub(super) fn judge(
    reading: &Reading<'_>,
    done: &Done<'_>,
    act: Option<&Act>,
) -> Result<(), String> {
    let Some((_, record, cms)) = act.and_then(Act::cms) else {
        return Ok(());
    };
    let Some(bytes) = reading.bundle.records.get(&record) else {
        return Ok(());
    };
    let signed = done.details.signed.as_ref();
    let signature = signed.and_then(|it| it.signature.as_ref());
    let leaf = signature.and_then(|it| it.chain.first());
    let leaf = leaf.map_or(&[][..], |der| &der.0);
    let verified = verify_carried(&cms.0, bytes, leaf);
    verified
        .map(drop)
        .map_err(|problem| problem.code().to_owned())
}
