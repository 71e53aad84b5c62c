//! What a start does before the first request: it records the time in which the
//! service was away, and finds interrupted uploads again.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kaibiao_api::problem::Problem;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_store::Absence;

use super::clock::project;
use crate::deciding::{self, Beside, unless_damaged};
use crate::failure::of_store;
use crate::{Shared, holdings, submission};

/// The shortest absence in milliseconds that counts as an outage. The heartbeat
/// comes once a second, so a shorter one says nothing.
const OUTAGE: Millis = 2_000;

/// How many projects are told of an outage at the same time.
const AT_ONCE: usize = 256;

/// Records the time since the last heartbeat as an outage if it was one, and
/// finds interrupted uploads again.
///
/// # Errors
/// When the store fails; the service does not start then.
pub async fn recover(app: &Shared) -> Result<(), Problem> {
    if let Some(away) = app.store.absence() {
        if away.millis() >= OUTAGE {
            let note = if away.clean { "stopped" } else { "killed" };
            note_outage(app, away, note).await?;
        }
        // The absence is forgotten only now that it is recorded everywhere, so
        // that a kill before this line does not lose it.
        app.store.absence_noted().await.map_err(of_store)?;
    }
    submission::resume_all(app).await?;
    holdings::look_at_all(app).await
}

/// Records a time in which nobody could use the service, in every project that
/// it may concern.
///
/// # Errors
/// When the store fails.
pub async fn note_outage(app: &Shared, away: Absence, note: &str) -> Result<(), Problem> {
    tracing::warn!(from = away.from, to = away.to, note, "the service was away");
    let listed = app.store.list::<Project>().await.map_err(of_store)?;
    let running = listed.iter().filter(|listed| listed.summary.is_running());
    let projects: Vec<_> = running
        .filter_map(|listed| project(&listed.stream))
        .collect();
    // Many wait at once, so that the writer takes them into few transactions.
    let noted = projects
        .into_iter()
        .map(|project| note_in(app.clone(), project, away, note.to_owned()));
    stream::iter(noted)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn note_in(
    app: Shared,
    project: ProjectId,
    away: Absence,
    note: String,
) -> Result<(), Problem> {
    let outage = System::Outage {
        from: away.from,
        to: away.to,
        note,
    };
    // This comes before anything else happens to the stream, because a window
    // must not end in a time when nobody could use it.
    let noted = deciding::put(&app, project, Command::System(outage), Beside::nothing);
    match unless_damaged(noted.await) {
        Err(problem) if problem.status < 500 => {
            tracing::debug!(%project, %problem, "the outage does not concern it");
            Ok(())
        }
        noted => noted.map(drop),
    }
}
