//! What a start does before the first request: the time the service was away
//! goes on record, and interrupted uploads are found again.

use kaibiao_api::problem::Problem;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::Millis;
use kaibiao_core::project::Project;
use kaibiao_store::Absence;

use super::clock::project;
use crate::deciding::{self, Beside};
use crate::failure::of_store;
use crate::{Shared, submission};

/// An absence shorter than this is no outage: the heartbeat itself comes once a
/// second.
const OUTAGE: Millis = 2_000;

/// Makes up for the time since the last heartbeat.
///
/// # Errors
/// Of the store: the service does not start then.
pub async fn recover(app: &Shared) -> Result<(), Problem> {
    if let Some(away) = app.store.absence() {
        if away.millis() >= OUTAGE {
            let note = if away.clean { "stopped" } else { "killed" };
            note_outage(app, away, note).await?;
        }
        // Only now may the next start forget it: a kill in between does not.
        app.store.absence_noted().await.map_err(of_store)?;
    }
    submission::resume_all(app).await
}

/// Puts a time in which nobody could use the service on record, in every
/// project that it may concern.
///
/// # Errors
/// Of the store.
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
        // Before anything else happens to this stream: a window must not end in
        // a time when nobody could use it.
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
