//! The tables beside the streams. None of them is the truth about a project.

pub(crate) mod claims;
pub mod login;
pub mod outbox;
pub(crate) mod secrets;
pub mod sessions;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::writer::{Group, Job};

/// A write to a side table, waiting for its transaction.
pub(crate) struct WriteJob<T, F> {
    work: F,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> WriteJob<T, F> {
    pub fn new(work: F) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            work,
            done: None,
            answer,
        };
        (job, receiver)
    }
}

impl<T, F> Job for WriteJob<T, F>
where
    T: Send + 'static,
    F: for<'c> FnMut(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
        + Send
        + 'static,
{
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.done = Some((self.work)(group.conn).await?);
            Ok(())
        }
        .boxed()
    }

    fn settle(mut self: Box<Self>, written: Result<(), StoreError>) {
        let outcome = written.and_then(|()| self.done.take().ok_or(StoreError::Closed));
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(outcome);
    }
}
