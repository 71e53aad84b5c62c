//! What a start does before the first request: it records the time in which the
//! service was away, and finds interrupted uploads again.

use kaibiao_api::problem::Problem;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::Millis;
use kaibiao_core::project::Project;
use kaibiao_store::Absence;

use super::clock::project;
use crate::deciding::{self, Beside};
use crate::failure::of_store;
use crate::{Shared, submission};

/// The shortest absence in milliseconds that counts as an outage. The heartbeat
/// comes once a second, so a shorter one says nothing.
const OUTAGE: Millis = 2_000;

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
    submission::resume_all(app).await
}

/// Records a time in which nobody could use the service, in every project that
/// it may concern.
///
/// # Errors
/// When the store fails.
pub async fn note_outage(app: &Shared, away: Absence, note: &str) -> Result<(), Problem> {
    tracing::warn!(from = away.from, to = away.to, note, "the service was away");
    for listed in app.store.list::<Project>().await.map_err(of_store)? {
        let Some(project) = project(&listed.stream) else {
            continue;
        };
        let outage = System::Outage {
            from: away.from,
            to: away.to,
            note: note.to_owned(),
        };
        // This comes before anything else happens to the stream, because a window
        // must not end in a time when nobody could use it.
        match deciding::put(app, project, Command::System(outage), Beside::nothing).await {
            Ok(_) => {}
            Err(problem) if problem.status < 500 => {
                tracing::debug!(%project, %problem, "the outage does not concern it");
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}
