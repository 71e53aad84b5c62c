//! Removes uploads that nobody continued, and those that have long become bids.

use std::time::Duration;

use super::tenure;
use crate::Shared;

const EVERY: Duration = Duration::from_mins(1);
/// How long a finished upload still answers a client that missed the reply, in
/// milliseconds.
const LINGER: i64 = 600_000;

pub async fn run(app: Shared) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !tenure::of(&app, tenure::SWEEP).await.is_own() {
            continue;
        }
        match app.store.uploads().sweep(app.now()).await {
            Ok(removed) => removed.iter().for_each(|id| app.memory.uploads.forget(id)),
            Err(error) => tracing::error!(%error, "expired uploads could not be removed"),
        }
        for done in app.memory.uploads.done_before(app.now() - LINGER) {
            match app.store.uploads().remove(&done.id).await {
                Ok(()) => app.memory.uploads.forget(&done.id),
                Err(error) => tracing::warn!(%error, "a finished upload stays a little longer"),
            }
        }
    }
}
