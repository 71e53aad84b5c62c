//! Who reads the platform's stream, and how it is searched. docs/states/access.md says
//! it in words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Details, Recorded, What, Whose};
use crate::ids::{Millis, ProjectId};
use crate::role::{By, Role};

/// A supervisor as a reader of the platform's stream. Facts are shown to each of them.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The projects that it supervises.
    pub supervises: BTreeSet<ProjectId>,
    /// Since when there is a project that was published and whose T0 has not passed:
    /// that of the earliest. [`Millis::MAX`] where there is none.
    pub bids_since: Millis,
}

/// Why an event's details are not shown to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// They could tell who prepares a bid; they are shown once no project takes bids
    /// any more that took some then.
    UntilDeadline,
    /// They are a call to the desk, which its caller and the centre read.
    Desk,
    /// They are about a project that somebody else supervises.
    OtherProject,
    /// They were erased.
    Erased,
}

/// Why a reader is not shown an event's details; none where it is.
pub fn hidden(event: &Recorded, reader: &Reader) -> Option<Hidden> {
    if event.details.is_none() {
        return Some(Hidden::Erased);
    }
    let what = &event.facts.what;
    if matches!(what, What::DeskCalled { .. } | What::CallAnswered { .. }) {
        return Some(Hidden::Desk);
    }
    if what
        .project()
        .is_some_and(|it| !reader.supervises.contains(&it))
    {
        return Some(Hidden::OtherProject);
    }
    (tells_of_bidders(event) && event.time >= reader.bids_since).then_some(Hidden::UntilDeadline)
}

/// Whether an event's details name somebody who may be known here as a bidder and
/// nothing else.
fn tells_of_bidders(event: &Recorded) -> bool {
    let by_bidder = event.facts.by == By::Bidder;
    match &event.facts.what {
        What::SessionsNoted { whose, .. } => *whose == Whose::Bidders,
        What::RoleBound { role, .. } => *role == Role::Bidder || by_bidder,
        What::RoleRevoked { .. } => !had_office(event.details.as_ref()),
        // Links that were signed are listed for every supervisor (`GET platform/linked`);
        // what follows a role's binding without an act is as that.
        What::AuthorityLinked { .. } => event.facts.act.is_none(),
        What::AuthorityUnlinked { .. } => false,
        What::Configured { .. }
        | What::AuthoritiesChanged { .. }
        | What::Started { .. }
        | What::Stopped
        | What::HealthNoted { .. }
        | What::ClockSet { .. }
        | What::ListBridged { .. }
        | What::DeskCalled { .. }
        | What::CallAnswered { .. }
        | What::AgentAuthorised { .. }
        | What::AgentRevoked { .. }
        | What::Exported { .. }
        | What::DetailsErased { .. } => by_bidder,
    }
}

/// Whether roles that were taken away had one among them that is no bidder's.
fn had_office(details: Option<&Details>) -> bool {
    let changed = details.into_iter().flat_map(|all| &all.changed);
    let mut before = changed.filter_map(|change| change.before.as_deref());
    before.any(|roles| roles.split(' ').any(|role| role != Role::Bidder.name()))
}

/// What is looked for in the platform's stream; all of it has to hold.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// From this instant on.
    pub from: Option<Millis>,
    /// Before this instant.
    pub to: Option<Millis>,
    /// Of one of these kinds; of any where it is empty.
    pub kinds: BTreeSet<String>,
    /// A capacity, or a part of a name, a person or a code.
    pub actor: Option<String>,
    /// About this project.
    pub project: Option<ProjectId>,
}

impl Search {
    /// Whether an event is looked for. Of details that are not shown nothing is found
    /// either, so that a search tells nothing of them.
    pub fn finds(&self, event: &Recorded, shown: bool) -> bool {
        let what = &event.facts.what;
        self.from.is_none_or(|from| from <= event.time)
            && self.to.is_none_or(|to| event.time < to)
            && (self.kinds.is_empty() || self.kinds.contains(what.kind()))
            && (self.project.is_none() || self.project == what.project())
            && self.actor.as_deref().is_none_or(|actor| {
                let actor = actor.trim().to_lowercase();
                capacity(event.facts.by) == actor
                    || shown && event.details.as_ref().is_some_and(|it| names(it, &actor))
            })
    }
}

fn capacity(by: By) -> &'static str {
    match by {
        By::Administrator => "administrator",
        By::Host => "host",
        By::Centre => "centre",
        By::Supervisor => "supervisor",
        By::Bidder => "bidder",
        By::Custodian => "custodian",
        By::Machine => "machine",
        By::Platform => "platform",
        By::Time => "time",
        By::Public => "public",
    }
}

/// Whether details name somebody of whose name, person or code this is a part, in lower
/// case.
fn names(details: &Details, part: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(part);
    let author = details
        .author
        .as_ref()
        .is_some_and(|it| holds(&it.name) || holds(&it.person) || holds(it.organisation.as_str()));
    let subject = details.subject.as_ref().is_some_and(|it| {
        holds(&it.name)
            || it.person.as_deref().is_some_and(holds)
            || holds(it.organisation.as_str())
    });
    let mut sessions = details.sessions.iter();
    author
        || subject
        || sessions
            .any(|it| holds(&it.name) || holds(&it.person) || holds(it.organisation.as_str()))
}
