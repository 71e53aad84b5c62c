//! Uploads that nobody continued.

use std::time::Duration;

use crate::app::Shared;

const EVERY: Duration = Duration::from_secs(60);

pub async fn run(app: Shared) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.store.uploads().sweep(app.now()).await {
            Ok(removed) => removed.iter().for_each(|id| app.submissions.forget(id)),
            Err(error) => tracing::error!(%error, "expired uploads could not be removed"),
        }
    }
}
