//! What was found missing of what projects' bids need. It is looked for at every
//! start; a second node would look at its own files.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::ids::ProjectId;

use crate::holdings::Lacking;

/// The projects that lack something.
#[derive(Default)]
pub struct Holdings(Mutex<BTreeMap<ProjectId, Lacking>>);

impl Holdings {
    /// Remembers what was found last.
    pub fn found(&self, project: ProjectId, lacking: Lacking) {
        if lacking.is_empty() {
            self.held().remove(&project);
        } else {
            self.held().insert(project, lacking);
        }
    }

    pub fn of(&self, project: ProjectId) -> Lacking {
        self.held().get(&project).cloned().unwrap_or_default()
    }

    pub fn all(&self) -> BTreeMap<ProjectId, Lacking> {
        self.held().clone()
    }

    pub fn lacking(&self) -> Vec<ProjectId> {
        self.held().keys().copied().collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Lacking>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
