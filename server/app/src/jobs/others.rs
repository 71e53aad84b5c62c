//! Does here what an act on the platform, which was done on another node, has each node
//! do: believe an authority's old list for a while, or the clock.

use kaibiao_core::platform::{Platform, What};
use kaibiao_store::StreamId;
use tokio::sync::broadcast::error::RecvError;

use crate::Shared;
use crate::failure::of_store;

/// Events read at a time.
const MANY: u64 = 500;

pub async fn run(app: Shared) {
    if !app.config.is_shared() {
        return;
    }
    let platform = StreamId::platform();
    let mut changes = app.store.subscribe();
    let mut after = match crate::platform::load(&app).await {
        Ok(current) => current.version,
        Err(error) => {
            tracing::error!(%error, "acts on other nodes have to be repeated here");
            return;
        }
    };
    loop {
        match changes.recv().await {
            Ok(changed) if changed.here || changed.stream != platform => continue,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
        if let Err(problem) = catch_up(&app, &mut after).await {
            tracing::warn!(%problem, "acts on other nodes are looked for again");
        }
    }
}

async fn catch_up(app: &Shared, after: &mut u64) -> Result<(), kaibiao_api::problem::Problem> {
    let platform = StreamId::platform();
    let events = app.store.events::<Platform>(&platform, *after, MANY);
    for event in events.await.map_err(of_store)? {
        if matches!(event.facts.what, What::ClockSet { .. }) {
            app.store.clock().accept();
        }
        crate::erasing::forget(app, &event.facts.what);
        *after = event.seq;
    }
    let current = crate::platform::load(app).await.map_err(of_store)?;
    for (ca, until) in &current.state.bridges {
        if let Err(error) = app.memory.authorities.bridge(ca, *until) {
            tracing::error!(%error, ca, "an authority's list is not believed here");
        }
    }
    Ok(())
}
