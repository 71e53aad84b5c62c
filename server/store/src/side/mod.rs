//! The tables beside the streams. None of them is the truth about a project.

pub mod alerts;
pub(crate) mod claims;
pub mod contacts;
pub mod leases;
pub mod log;
pub mod login;
pub mod outbox;
pub(crate) mod secrets;
pub mod sessions;
pub mod timestamps;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::group::{Group, Job};
use crate::lanes::Lane;
use crate::ledger::Change;

type Changed = Result<u64, StoreError>;

/// A change beside the streams that waits for its transaction. The answer is how
/// many rows it changed.
pub(crate) struct ChangeJob {
    change: Change,
    changed: u64,
    answer: oneshot::Sender<Changed>,
}

impl ChangeJob {
    pub fn new(change: Change) -> (Self, oneshot::Receiver<Changed>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            change,
            changed: 0,
            answer,
        };
        (job, receiver)
    }
}

impl Job for ChangeJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.changed = group.tx.apply(&self.change).await?;
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Beside
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(written.map(|()| self.changed));
    }
}
