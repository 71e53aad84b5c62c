//! Appends time events when a stream falls due. Every append brings up to date
//! what is due by time, so this job only makes those events prompt.

use std::time::Duration;

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Millis;

use super::recover::note_away;
use crate::failure::of_store;
use crate::{Shared, attempts, deciding};

/// The longest sleep in milliseconds. A stream that falls due earlier than was
/// known when the sleep began is found at its end.
const LONGEST: Millis = 250;
/// The wait after a failure.
const AGAIN: Duration = Duration::from_secs(1);

pub async fn run(app: Shared) {
    loop {
        match pass(&app).await {
            Ok(next) => {
                let wait = next.map_or(LONGEST, |next| (next - app.now()).clamp(1, LONGEST));
                tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
            }
            Err(problem) => {
                tracing::error!(%problem, "time could not act");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Lets time act on what is due; answers when the next stream falls due.
async fn pass(app: &Shared) -> Result<Option<Millis>, Problem> {
    note_away(app).await?;
    attempts::catch_up(app).await;
    attempts::make_up(app).await;
    let due = app.store.due(app.now()).await.map_err(of_store)?;
    let mut refused = false;
    for stream in due {
        let Some(project) = deciding::project_of(&stream) else {
            continue;
        };
        if let Err(problem) = deciding::tick(app, project).await {
            tracing::warn!(%project, %problem, "time could not act on a project");
            refused = true;
        }
    }
    if refused {
        tokio::time::sleep(AGAIN).await;
    }
    app.store.next_due().await.map_err(of_store)
}
