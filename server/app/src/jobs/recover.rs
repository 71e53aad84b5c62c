//! What a start does before the first request: it finds interrupted uploads again, and
//! records the time in which the service was away.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::project::Project;

use crate::failure::of_store;
use crate::{Shared, deciding, holdings, logins, submission};

/// How many projects note an absence at the same time.
const AT_ONCE: usize = 256;

/// Finds interrupted uploads and log-ins that are not on record again, and looks
/// whether what bids need is there.
///
/// # Errors
/// When the store fails; the service does not start then.
pub async fn recover(app: &Shared) -> Result<(), Problem> {
    submission::resume_all(app).await?;
    logins::recover(app).await?;
    holdings::look_at_all(app).await
}

/// Records the time since the last heartbeat, the last thing before somebody can be
/// served: what a start takes is nobody's either.
pub async fn end_absence(app: &Shared) {
    let noted = match app.store.still_away().await.map_err(of_store) {
        Ok(()) => note_away(app).await,
        failed => failed,
    };
    if let Err(problem) = noted {
        // Every decision notes it first in its own project, and the clock tries again.
        tracing::error!(%problem, "an absence could not be noted everywhere");
    }
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
    let listed = app.store.list::<Project>().await.map_err(of_store)?;
    let concerned = listed.iter().filter(|listed| listed.summary.feels(&away));
    let projects: Vec<_> = concerned
        .filter_map(|listed| deciding::project_of(&listed.stream))
        .collect();
    // Many wait at once, so that the writer takes them into few transactions.
    stream::iter(projects)
        .map(|project| note_in(app.clone(), project))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    app.store.away_noted(&away).await.map_err(of_store)
}

async fn note_in(app: Shared, project: ProjectId) -> Result<(), Problem> {
    match deciding::tick(&app, project).await {
        Err(problem) if problem.retry_after.is_some() => Err(problem),
        Err(problem) => {
            tracing::warn!(%project, %problem, "an absence is not noted");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
