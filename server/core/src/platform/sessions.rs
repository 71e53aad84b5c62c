//! Log-ins and log-outs, gathered: what holders of certificates did within some
//! minutes is one event, and whatever one of them does in that time is one line of it
//! ([ADR 24](../../../../docs/adr/0024-what-the-platforms-stream-holds.md)).

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};

use super::{Details, Event, Facts, What};
use crate::ids::{Millis, Organisation};
use crate::role::{By, Role};

/// How many lines an event has at most.
const LINES: usize = 1_000;

/// Whose sessions an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Administrators, centres, supervisors, hosts and transaction platforms.
    Officials,
    /// Whoever may bid, whatever else it may.
    Bidders,
}

impl Whose {
    /// Among whom somebody with these roles is counted; none without a role, for whom
    /// nothing is written.
    pub fn of(roles: &BTreeSet<Role>) -> Option<Self> {
        if roles.is_empty() {
            None
        } else if roles.contains(&Role::Bidder) {
            Some(Self::Bidders)
        } else {
            Some(Self::Officials)
        }
    }
}

/// What the holder of one certificate did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Of which organisation.
    pub organisation: Organisation,
    /// The name it acts under.
    pub name: String,
    /// The certificate's common name.
    pub person: String,
    /// The id of the authority that vouches for it.
    pub authority: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    /// The authorisation by which an agent logged in, with its own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Digest>,
    /// How many sessions it began.
    pub began: u64,
    /// How many it ended.
    pub ended: u64,
    /// The first of them, UTC milliseconds.
    pub first: Millis,
    /// The last.
    pub last: Millis,
}

/// The events that tell of sessions until an instant.
pub(super) fn events(until: Millis, gathered: &[(Whose, Sessions)]) -> Vec<Event> {
    let of = |whose: Whose| {
        let own = gathered.iter().filter(move |(it, _)| *it == whose);
        own.map(|(_, sessions)| sessions.clone())
            .collect::<Vec<_>>()
    };
    let mut events = Vec::new();
    for whose in [Whose::Officials, Whose::Bidders] {
        let lines = of(whose);
        events.extend(lines.chunks(LINES).map(|lines| Event {
            facts: Facts {
                by: By::Platform,
                act: None,
                what: What::SessionsNoted { whose, until },
            },
            details: Details {
                sessions: lines.to_vec(),
                ..Details::default()
            },
        }));
    }
    events
}
