//! What a start does before the first request: it finds interrupted uploads again, and
//! records the time in which the service was away.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::lists;
use kaibiao_core::project::Project;

use crate::desk::Span;
use crate::failure::of_store;
use crate::walk::Walk;
use crate::{Shared, deciding, erasing, holdings, logins, submission};

/// How many projects note an absence at the same time.
const AT_ONCE: usize = 256;

/// How long a start waits for what is stored to be looked over.
const A_WHILE: Duration = Duration::from_millis(250);

/// Finds interrupted uploads and log-ins that are not on record again, and looks
/// whether what bids need is there.
///
/// # Errors
/// When the store fails; the service does not start then.
pub async fn recover(app: &Shared) -> Result<(), Problem> {
    migrate(app).await?;
    erasing::finish(app).await?;
    submission::resume_all(app).await?;
    logins::recover(app).await?;
    let mut looking = tokio::spawn(look_over(app.clone()));
    // Where there is little it is done before anybody is served; nobody waits for more.
    let _ = tokio::time::timeout(A_WHILE, &mut looking).await;
    Ok(())
}

/// Brings what is stored to this version, once: of several nodes one does it.
///
/// # Errors
/// When the store fails.
pub async fn migrate(app: &Shared) -> Result<(), Problem> {
    let done = app.store.put_on_lists::<Project>().await;
    done.map_err(of_store)
}

/// Looks at what is stored: whether all rows are as they were written, and whether what
/// bids need is there.
async fn look_over(app: Shared) {
    let began = std::time::Instant::now();
    let rows = app.store.look_over::<Project>().await.map_err(of_store);
    let holdings = holdings::look_at_all(&app).await;
    match rows.and(holdings) {
        Ok(()) => tracing::info!(took = ?began.elapsed(), "what is stored was looked over"),
        Err(problem) => tracing::error!(%problem, "what is stored could not be looked over"),
    }
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
    let running = vec![lists::RUNNING.to_owned()];
    let mut running = Walk::through(app, running, Span::default(), None, AT_ONCE);
    let mut projects = Vec::new();
    while let Some(found) = running.next().await? {
        if found.listed.summary.feels(&away) {
            projects.extend(deciding::project_of(&found.listed.stream));
        }
    }
    // Many wait at once, so that the writer takes them into few transactions.
    stream::iter(projects)
        .map(|project| note_in(app.clone(), project))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    app.store.away_noted(&away).await.map_err(of_store)?;
    app.metrics.was_away(away.to - away.from);
    Ok(())
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
