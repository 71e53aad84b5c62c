//! What a start does before the first request: it records the time in which the
//! service was away, and finds interrupted uploads again.

use kaibiao_api::problem::Problem;
use kaibiao_core::project::Project;

use super::clock::project;
use crate::failure::of_store;
use crate::{Shared, deciding, submission};

/// Records the time since the last heartbeat, and finds interrupted uploads again.
///
/// # Errors
/// When the store fails; the service does not start then.
pub async fn recover(app: &Shared) -> Result<(), Problem> {
    if let Err(problem) = note_away(app).await {
        // Every decision notes it first in its own project, and the clock tries again.
        tracing::error!(%problem, "an absence could not be noted everywhere");
    }
    submission::resume_all(app).await
}

/// Has every project that it may concern note when nobody was served: the rules
/// look at that before anything else. Others would note it at their next decision,
/// which may come after the next kill.
///
/// # Errors
/// When the store fails and may work again; the absence is told again then, also
/// after a kill. A project that is damaged holds up no other.
pub async fn note_away(app: &Shared) -> Result<(), Problem> {
    let Some(away) = app.store.away() else {
        return Ok(());
    };
    tracing::warn!(from = away.from, to = away.to, cause = ?away.cause, "nobody was served");
    for listed in app.store.list::<Project>().await.map_err(of_store)? {
        let Some(project) = project(&listed.stream) else {
            continue;
        };
        if !listed.summary.feels(&away) {
            continue;
        }
        match deciding::tick(app, project).await {
            Ok(()) => {}
            Err(problem) if problem.retry_after.is_some() => return Err(problem),
            Err(problem) => tracing::warn!(%project, %problem, "an absence is not noted"),
        }
    }
    app.store.away_noted(&away).await.map_err(of_store)
}
