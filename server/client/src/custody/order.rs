//! Checks that the supervisor ordered a rescue. Without the supervisor's
//! signature a custodian gives no share of b, whatever the server says.

use kaibiao_core::act::Act;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use kaibiao_crypto::certificate::{Lists, Trust};

use crate::failure::Outcome;
use crate::statements::unproved;
use crate::terms::Terms;

/// Checks an order as served: the supervisor whom the sealing terms name must
/// have signed it, for this bid of this lot. Its certificate is judged as of the
/// moment when the order was accepted.
pub fn check_order(
    order: &Signed,
    terms: &Terms,
    bid: Digest,
    trust: &Trust,
    lists: &Lists,
) -> Outcome<()> {
    let project = terms.project();
    let place = Place {
        origin: terms.origin(),
        project: &project,
    };
    let signed = order
        .verify_again(place, trust, lists)
        .map_err(|problem| unproved("监督部门的补救令签名不成立", problem))?;
    let supervisor = &terms.content().officials.supervisor.organisation;
    let theirs = signed
        .holder()
        .is_some_and(|holder| holder.organisation == *supervisor);
    let this = match signed.read::<Act>() {
        Ok(Act::OrderRescue(body)) => body.bid == bid && body.lot == *terms.lot(),
        _ => false,
    };
    if theirs && this {
        Ok(())
    } else {
        Err(unproved(
            "补救令不是条款所列监督部门对这份投标签署的,拒绝补救",
            format!("no order of the supervisor's for bid {bid}"),
        ))
    }
}
