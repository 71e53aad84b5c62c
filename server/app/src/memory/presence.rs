//! When an official's organisation last looked at a project, which shows whether
//! a custodian's agent is running. It is kept in memory and never stored, and it is
//! kept of officials only, because nobody may know before T0 which bidders there
//! are.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::{Millis, Organisation, ProjectId};
use kaibiao_core::role::Role;

use crate::caller::Caller;

/// How long a visit is remembered.
const REMEMBERED: Millis = 24 * 3600 * 1000;

/// Those seen lately, by project.
#[derive(Default)]
pub struct Presence(Mutex<HashMap<ProjectId, HashMap<Organisation, Seen>>>);

/// When somebody was last seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// In any way, in UTC milliseconds.
    pub at: Millis,
    /// By our own program, which is how an agent comes.
    pub program: Option<Millis>,
}

impl Presence {
    /// Notes that somebody looked, if that is an official; whether it is.
    pub fn note(&self, project: ProjectId, caller: &Caller, program: bool, now: Millis) -> bool {
        if ![Role::Host, Role::Centre, Role::Supervisor]
            .iter()
            .any(|role| caller.has(*role))
        {
            return false;
        }
        self.put(project, &caller.session.organisation, program, now);
        true
    }

    /// Notes that an official's organisation looked.
    pub fn put(&self, project: ProjectId, organisation: &Organisation, program: bool, at: Millis) {
        let mut held = self.held();
        let of_project = held.entry(project).or_default();
        let seen = of_project.entry(organisation.clone()).or_default();
        seen.at = seen.at.max(at);
        if program {
            seen.program = seen.program.max(Some(at));
        }
    }

    pub fn of(&self, project: ProjectId, organisation: &Organisation) -> Option<Seen> {
        self.held().get(&project)?.get(organisation).copied()
    }

    /// Forgets those who have not been seen for long.
    pub fn sweep(&self, now: Millis) {
        self.held().retain(|_, seen| {
            seen.retain(|_, seen| now - seen.at < REMEMBERED);
            !seen.is_empty()
        });
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ProjectId, HashMap<Organisation, Seen>>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
