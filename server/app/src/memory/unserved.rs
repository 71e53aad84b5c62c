//! Projects of which callers are answered with errors of the platform's own, and
//! since when.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_core::command::Unserved;
use kaibiao_core::ids::{Millis, ProjectId};

/// So many projects are kept; more are not open at once.
const KEPT: usize = 10_000;

/// The last run of errors of each project.
#[derive(Default)]
pub struct Runs(Mutex<BTreeMap<ProjectId, Unserved>>);

impl Runs {
    /// Notes such an answer.
    pub fn note(&self, project: ProjectId, now: Millis) {
        let mut held = self.held();
        if held.len() >= KEPT && !held.contains_key(&project) {
            return;
        }
        let run = held
            .entry(project)
            .or_insert(Unserved { from: now, to: now });
        if !run.lasts(now) {
            run.from = now;
        }
        run.to = now;
    }

    /// The last run of a project.
    pub fn of(&self, project: ProjectId) -> Option<Unserved> {
        self.held().get(&project).copied()
    }

    /// Forgets a run that is on record, unless it has gone on meanwhile.
    pub fn noted(&self, project: ProjectId, run: Unserved) {
        let mut held = self.held();
        if held.get(&project) == Some(&run) {
            held.remove(&project);
        }
    }

    /// The runs that are over.
    pub fn over(&self, now: Millis) -> Vec<(ProjectId, Unserved)> {
        let held = self.held();
        let over = held.iter().filter(|(_, run)| !run.lasts(now));
        over.map(|(project, run)| (*project, *run)).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Unserved>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_shortly_after_each_other_are_one_run_that_ends_with_the_last() {
        let runs = Runs::default();
        let project = ProjectId(uuid::Uuid::from_u128(1));
        for now in [1_000, 31_000, 40_000] {
            runs.note(project, now);
        }
        let run = Unserved {
            from: 1_000,
            to: 40_000,
        };
        assert_eq!(runs.of(project), Some(run));
        assert_eq!(runs.over(70_000), []);
        assert_eq!(runs.over(70_001), [(project, run)]);
        runs.note(project, 70_002);
        runs.noted(project, run);
        let next = runs.of(project).unwrap();
        assert_eq!((next.from, next.to), (70_002, 70_002));
        runs.noted(project, next);
        assert_eq!(runs.of(project), None);
    }
}
