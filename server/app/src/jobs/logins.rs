//! Puts log-ins and log-outs on record, every five minutes by the clock.

use std::time::Duration;

use crate::{Shared, logins};

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(1);

pub async fn run(app: Shared) {
    let mut noted = app.now() / logins::EVERY;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = app.now() / logins::EVERY;
        if now == noted {
            continue;
        }
        match logins::note(&app).await {
            Ok(()) => noted = now,
            Err(problem) => tracing::error!(%problem, "log-ins wait to be put on record"),
        }
    }
}
