//! Leases of this node's work: what one node at a time may do.

use std::time::Duration;

use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_store::Tenure;
use tokio::task::JoinHandle;

use crate::Shared;

/// The public log.
pub const LOG: &str = "log";
/// Deliveries to other systems.
pub const OUTBOX: &str = "outbox";
/// Letters to persons.
pub const ALERTS: &str = "alerts";
/// Uploads that nobody continued.
pub const SWEEP: &str = "sweep";

/// A lease lasts so long unless it is renewed, in milliseconds: so long nobody does what
/// a node that died had to do.
const LASTS: Millis = 4_000;
/// How often it is renewed.
const RENEWED: Duration = Duration::from_secs(1);

/// Takes or renews a lease; whose it is. When the store fails it is another's.
pub async fn of(app: &Shared, name: &str) -> Tenure {
    match app.store.leases().take(name, LASTS).await {
        Ok(tenure) => tenure,
        Err(error) => {
            tracing::warn!(%error, lease = name, "a lease could not be renewed");
            Tenure::Anothers
        }
    }
}

/// Takes a lease and renews it as long as the work lasts that is done by it; none while it
/// is another node's.
pub async fn hold(app: &Shared, name: &str) -> Option<Renewing> {
    let is_own = of(app, name).await.is_own();
    is_own.then(|| Renewing::begin(app, name.to_owned()))
}

/// The lease of what a project is owed.
pub fn project(project: ProjectId) -> String {
    format!("project {project}")
}

/// Renews a lease until it is dropped.
pub struct Renewing(JoinHandle<()>);

impl Renewing {
    /// Begins, for a lease that this node has.
    pub fn begin(app: &Shared, name: String) -> Self {
        let app = app.clone();
        Self(tokio::spawn(async move {
            if !app.config.is_shared() {
                return;
            }
            loop {
                tokio::time::sleep(RENEWED).await;
                of(&app, &name).await;
            }
        }))
    }
}

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}
