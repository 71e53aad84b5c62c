//! What happens without a request: the clock's events, statements, openings,
//! documents, the record, the outbox, the live rooms, and housekeeping.
//!
//! What is owed follows from the streams, so a service that was killed continues
//! where it was.

mod alert;
mod clock;
mod deliver;
mod follow;
mod housekeeping;
mod logins;
mod others;
mod owed;
mod recover;
mod sweep;
pub mod tenure;

use tokio::task::JoinHandle;

pub use recover::{end_absence, migrate, recover};

use crate::memory::rooms;
use crate::{Shared, bus, counts, log};

/// Starts the background work. The tasks run until they are aborted; whatever
/// they do is durable or begun again.
pub fn start(app: &Shared) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(clock::run(app.clone())),
        tokio::spawn(follow::run(app.clone())),
        tokio::spawn(deliver::run(app.clone())),
        tokio::spawn(alert::tell(app.clone())),
        tokio::spawn(alert::send(app.clone())),
        tokio::spawn(sweep::run(app.clone())),
        tokio::spawn(housekeeping::run(app.clone())),
        tokio::spawn(logins::run(app.clone())),
        tokio::spawn(log::run(app.clone())),
        tokio::spawn(log::cosign(app.clone())),
        tokio::spawn(log::stamp(app.clone())),
        tokio::spawn(rooms::follow(app.clone())),
        tokio::spawn(bus::send(app.clone())),
        tokio::spawn(bus::hear(app.clone())),
        tokio::spawn(counts::keep(app.clone())),
        tokio::spawn(others::run(app.clone())),
    ]
}
