//! The sealing terms of a lot, as the service reads them back.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::LotId;
use kaibiao_core::project::Project;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Suite;
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::wrap::PublicKey;
use kaibiao_store::Current;

/// The terms in force.
///
/// # Errors
/// `not-found` before the lot is published.
pub fn of_lot<'a>(current: &'a Current<Project>, lot: &LotId) -> Result<&'a SealingTerms, Problem> {
    let fixed = current.book.terms.get(lot).ok_or(Transport::NotFound)?;
    Ok(&fixed.terms)
}

/// The custodians' keys in the order of their shares.
///
/// # Errors
/// `internal` for a key that publication should have refused.
pub fn custodian_keys(terms: &SealingTerms) -> Result<Vec<PublicKey>, Problem> {
    let suite = Suite::named(&terms.suite)
        .ok_or_else(|| Problem::internal("a suite in the terms that is none"))?;
    let key = |custodian: &kaibiao_core::terms::Custodian| {
        let point = from_base64(&custodian.key).ok()?;
        PublicKey::from_point(suite, &point).ok()
    };
    let keys: Option<Vec<_>> = terms.custodians.iter().map(key).collect();
    keys.ok_or_else(|| Problem::internal("a custodian's key in the terms"))
}
