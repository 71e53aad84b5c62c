//! Removes uploads that nobody continued, and those that have long become bids.

use std::time::Duration;

use super::tenure;
use crate::Shared;

const EVERY: Duration = Duration::from_mins(1);
/// The time between two looks for what lies of uploads that no row knows.
const STRAYS: Duration = Duration::from_hours(6);
/// How long a finished upload still answers a client that missed the reply, in
/// milliseconds.
const LINGER: i64 = 600_000;

pub async fn run(app: Shared) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut strays = tokio::time::interval(STRAYS);
    strays.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = strays.tick() => {
                match app.store.uploads().sweep_files().await {
                    Ok(0) => {}
                    Ok(swept) => tracing::info!(swept, "what was left of uploads is removed"),
                    Err(error) => tracing::warn!(%error, "what is left of uploads stays"),
                }
                continue;
            }
        }
        let Some(_held) = tenure::hold(&app, tenure::SWEEP).await else {
            continue;
        };
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
