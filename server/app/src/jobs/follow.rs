//! Follows the streams and does what their events make the platform owe, with
//! at most one worker for each project.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::lists;
use kaibiao_core::project::Project;
use kaibiao_core::state::Stage;
use tokio::sync::broadcast::error::RecvError;

use super::{owed, tenure};
use crate::desk::Span;
use crate::failure::of_store;
use crate::walk::{PAGE, Walk};
use crate::{Shared, deciding};

/// The first and the longest wait between tries at work that fails.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LAST_WAIT: Duration = Duration::from_secs(30);

/// The wait before it is looked again at what another node does.
const ANOTHERS: Duration = Duration::from_secs(2);

/// The projects that have a worker, and whether each has changed since its worker
/// last looked.
#[derive(Clone, Default)]
struct Workers(Arc<Mutex<HashMap<ProjectId, bool>>>);

pub async fn run(app: Shared) {
    let mut changes = app.store.subscribe();
    let workers = Workers::default();
    look_at_all(&app, &workers).await;
    loop {
        match changes.recv().await {
            Ok(changed) => {
                if let Some(project) = deciding::project_of(&changed.stream) {
                    workers.wake(&app, project);
                }
            }
            Err(RecvError::Lagged(_)) => look_at_all(&app, &workers).await,
            Err(RecvError::Closed) => return,
        }
    }
}

async fn look_at_all(app: &Shared, workers: &Workers) {
    if let Err(problem) = wake_all(app, workers).await {
        tracing::error!(%problem, "what is owed could not be looked for");
    }
}

/// Wakes the workers of the projects that may be owed something: those past T0 that have
/// not ended, and those that have, unless they are known to be settled. Others are not
/// folded for it: there may be thousands.
async fn wake_all(app: &Shared, workers: &Workers) -> Result<(), Problem> {
    for list in [lists::RUNNING, lists::ENDED] {
        let mut walk = Walk::through(app, vec![list.to_owned()], Span::default(), None, PAGE);
        while let Some(found) = walk.next().await? {
            let (listed, stage) = (&found.listed, |stage: &Stage| *stage > Stage::Bidding);
            let Some(project) = deciding::project_of(&listed.stream) else {
                continue;
            };
            let is_past = listed.summary.stages.values().any(stage);
            if is_past && !owed::is_settled(app, project, listed.version).await? {
                workers.wake(app, project);
            }
        }
    }
    Ok(())
}

impl Workers {
    /// Starts a worker for a project, or tells the one that it has to look again.
    fn wake(&self, app: &Shared, project: ProjectId) {
        if self.held().insert(project, true).is_some() {
            return;
        }
        let (workers, app) = (self.clone(), app.clone());
        tokio::spawn(async move {
            let mut wait = FIRST_WAIT;
            while workers.begin(project) {
                match work(&app, project).await {
                    Ok(Done::ByAnother) => {
                        tokio::time::sleep(ANOTHERS).await;
                        workers.held().insert(project, true);
                    }
                    Ok(Done::Here) => wait = FIRST_WAIT,
                    // The service is stopping; the next start continues the work.
                    Err(problem) if problem.code == Transport::Unavailable.code() => return,
                    // It stands still; the next start looks at it again.
                    Err(problem) if problem.code == Transport::ProjectDamaged.code() => {
                        workers.held().remove(&project);
                        return;
                    }
                    Err(problem) => {
                        tracing::warn!(%project, %problem, "background work failed, it is tried again");
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(LAST_WAIT);
                        workers.held().insert(project, true);
                    }
                }
            }
        });
    }

    /// Takes up the last change, or ends the worker when there is none.
    fn begin(&self, project: ProjectId) -> bool {
        let mut held = self.held();
        match held.get_mut(&project) {
            Some(changed) if *changed => {
                *changed = false;
                true
            }
            _ => {
                held.remove(&project);
                false
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ProjectId, bool>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does everything that a project is owed now. What fails holds up nothing else;
/// the first failure is told.
async fn work(app: &Shared, project: ProjectId) -> Result<Done, Problem> {
    let current = app
        .store
        .load::<Project>(&crate::deciding::stream(project))
        .await
        .map_err(of_store)?;
    let owed = owed::owed(&current.state);
    if owed.is_empty() {
        owed::settle(app, project).await?;
        return Ok(Done::Here);
    }
    let Some(_held) = tenure::hold(app, &tenure::project(project)).await else {
        return Ok(Done::ByAnother);
    };
    let mut done = Ok(Done::Here);
    for owed in owed {
        done = done.and(owed::perform(app, project, owed).await.map(|()| Done::Here));
    }
    let done = done?;
    owed::settle(app, project).await?;
    Ok(done)
}

/// Who does what a project is owed.
#[derive(Clone, Copy)]
enum Done {
    /// This node; long work goes on apart.
    Here,
    /// Another node has begun it. It is looked at again, since that node may die.
    ByAnother,
}
