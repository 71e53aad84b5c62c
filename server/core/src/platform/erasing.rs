//! Whose details may be erased in the platform's stream (docs/spec/events.md, *Erased
//! details*).

use super::{Book, Platform, Recorded, State, What};
use crate::erasure::Erasable;
use crate::ids::{Millis, Seq};
use crate::refusal::RefusalCode;

/// How long it is kept who was logged in and from where, in milliseconds: not less than
/// six months (网络安全法 art. 21). Nobody erases its own traces.
const LOG_KEPT: Millis = 184 * 24 * 3_600_000;

impl Erasable for Platform {
    fn may_be_erased(state: &State, event: &Recorded, now: Millis) -> Result<(), RefusalCode> {
        match &event.facts.what {
            What::SessionsNoted { .. } if now - event.time < LOG_KEPT => {
                Err(RefusalCode::EraseEarly)
            }
            What::SessionsNoted { .. } => Ok(()),
            What::DeskCalled { call } | What::CallAnswered { call } => {
                if state.calls.contains(call) {
                    Err(RefusalCode::EraseEarly)
                } else {
                    Ok(())
                }
            }
            What::RoleBound { .. }
            | What::RoleRevoked { .. }
            | What::AuthorityLinked { .. }
            | What::AuthorityUnlinked { .. }
            | What::Configured { .. }
            | What::AuthoritiesChanged { .. }
            | What::Started { .. }
            | What::Stopped
            | What::HealthNoted { .. }
            | What::ClockSet { .. }
            | What::ListBridged { .. }
            | What::AgentAuthorised { .. }
            | What::AgentRevoked { .. }
            | What::Exported { .. }
            | What::DetailsErased { .. } => Err(RefusalCode::NotErasable),
        }
    }

    fn are_alike(one: &Book, other: &Book, _: Seq) -> bool {
        let other = Book {
            // Calls that were answered are at hand for some days, and rest on nothing. That
            // a certificate is known by its call alone is forgotten with it.
            calls: one.calls.clone(),
            certificates: one.certificates.clone(),
            ..other.clone()
        };
        *one == other
    }
}
