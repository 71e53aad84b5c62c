//! What has to be done now and then: the trust directory is read again where it
//! changed, ill health is put on record, and what has expired is forgotten.

use std::time::Duration;

use crate::{Shared, health, holdings};

/// Rounds between two times that what has expired is forgotten.
const FORGETTING: u64 = 12;

/// Looks as often as the configuration says that the trust directory is read.
pub async fn run(app: Shared) {
    let every = Duration::from_secs(app.config.trust.reload_seconds);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut rounds = 0_u64;
    let mut signs = health::Signs::default();
    loop {
        ticks.tick().await;
        match app.memory.authorities.refresh() {
            Ok(true) => {
                let authorities = app.memory.authorities.now().cas.len();
                tracing::info!(authorities, "trusted authorities read again");
                if let Err(problem) = health::note_authorities(&app).await {
                    tracing::error!(%problem, "changed authorities could not be recorded");
                }
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the trust directory cannot be read"),
        }
        signs.look(&app).await;
        app.keep_up();
        rounds += 1;
        if rounds.is_multiple_of(FORGETTING) {
            let now = app.now();
            if app.config.is_shared() {
                app.memory.contacts.forget_all();
            }
            app.memory.sessions.sweep(now);
            app.memory.limits.sweep();
            app.memory.rooms.sweep();
            app.memory.presence.sweep(now);
            if let Err(problem) = holdings::look_again(&app).await {
                tracing::warn!(%problem, "what bids need could not be looked for");
            }
            if let Err(error) = app.store.sessions().sweep(now).await {
                tracing::error!(%error, "expired sessions could not be removed");
            }
        }
    }
}
