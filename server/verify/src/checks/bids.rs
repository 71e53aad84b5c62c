//! What is known of a bid that was received: what it promised, where the bundle has it.

use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{Header, Promise};

use crate::reading::Reading;

/// What was promised of a bid whose header or sheet is in the bundle, and is that bid's.
pub(super) fn promise(reading: &Reading<'_>, bid: &Digest) -> Option<Promise> {
    if let Some(header) = reading.bundle.headers.get(bid) {
        let header = Header::parse(header).ok();
        let header = header.filter(|it| it.digest() == *bid)?;
        return Some(header.promise().clone());
    }
    let sheet = reading.bundle.sheets.get(bid)?;
    let promise = Promise::parse(sheet.context.as_ref()?, &sheet.commitments).ok()?;
    let is_its = promise.bid_digest(sheet.wraps?, sheet.chain?) == *bid;
    is_its.then_some(promise)
}
