//! Leases: work that one node at a time may do.
//!
//! A lease has a number that grows with every owner. What its owner writes on the
//! strength of it is fenced: the transaction fails where the lease has another number by
//! then, so that a node which stood still, and does not know that it was replaced,
//! changes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::group::{Group, Job};
use crate::lanes::Lane;
use crate::ledger::Change;
use crate::writer::Order;

/// The lease of whoever writes and signs the public log.
pub(crate) const LOG: &str = "log";

/// The leases of a store. A process that has its data to itself holds every lease.
pub struct Leases<'a>(pub(crate) &'a Store);

impl Leases<'_> {
    /// Takes a lease for so many milliseconds, or renews it; whether it is this node's
    /// until then. One that was another's before is counted as taken anew.
    ///
    /// # Errors
    /// The write failed: the lease may be another's.
    pub async fn take(&self, name: &str, millis: Millis) -> Result<Tenure, StoreError> {
        let shared = self.0.shared();
        if !shared.ledger.is_shared() {
            return Ok(Tenure::Kept);
        }
        let (answer, outcome) = oneshot::channel();
        let job = TakeJob {
            name: name.to_owned(),
            owner: shared.held.owner.clone(),
            millis,
            number: None,
            answer,
        };
        let sent = self.0.orders().send(Order::Run(Box::new(job))).await;
        sent.map_err(|_| StoreError::Closed)?;
        let number = match outcome.await.map_err(|_| StoreError::Closed)? {
            Ok(number) => number,
            Err(error) => {
                shared.held.note(name, None);
                return Err(error);
            }
        };
        let before = shared.held.note(name, number);
        Ok(match number {
            None => Tenure::Anothers,
            Some(_) if before == number => Tenure::Kept,
            Some(_) => Tenure::Begun,
        })
    }

    /// Whether a lease was this node's when it last took it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let shared = self.0.shared();
        !shared.ledger.is_shared() || shared.held.number(name).is_some()
    }

    /// Gives a lease back, so that another node need not wait for its end.
    ///
    /// # Errors
    /// The write failed; the lease ends by itself.
    pub async fn leave(&self, name: &str) -> Result<(), StoreError> {
        let shared = self.0.shared();
        if shared.held.note(name, None).is_some() {
            let (name, owner) = (name.to_owned(), shared.held.owner.clone());
            self.0.apply(Change::LeaseLeft { name, owner }).await?;
        }
        Ok(())
    }
}

impl Leases<'_> {
    /// Gives back all that this process has, before it ends.
    pub(crate) async fn leave_all(&self) -> Result<(), StoreError> {
        for name in self.0.shared().held.names() {
            self.leave(&name).await?;
        }
        Ok(())
    }
}

/// Whose a lease is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenure {
    /// This node's, as before.
    Kept,
    /// This node's from now on: what others did meanwhile is to be looked at.
    Begun,
    /// Another node's.
    Anothers,
}

impl Tenure {
    /// Whether the lease is this node's.
    #[must_use]
    pub fn is_own(self) -> bool {
        self != Self::Anothers
    }
}

/// The numbers of the leases that this process was given last.
pub(crate) struct Held {
    /// This process, by a name of its own.
    pub owner: String,
    numbers: Mutex<HashMap<String, u64>>,
}

impl Held {
    pub fn new(owner: String) -> Self {
        Self {
            owner,
            numbers: Mutex::default(),
        }
    }

    /// Notes a lease's number, or that it is another's; answers what was noted before.
    fn note(&self, name: &str, number: Option<u64>) -> Option<u64> {
        let mut numbers = self.numbers();
        match number {
            Some(number) => numbers.insert(name.to_owned(), number),
            None => numbers.remove(name),
        }
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.numbers().get(name).copied()
    }

    fn names(&self) -> Vec<String> {
        self.numbers().keys().cloned().collect()
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        // Every change under the lock is complete in itself.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct TakeJob {
    name: String,
    owner: String,
    millis: Millis,
    number: Option<u64>,
    answer: oneshot::Sender<Result<Option<u64>, StoreError>>,
}

impl Job for TakeJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let (reading, _) = group.look().await?;
            let taken = Change::LeaseTaken {
                name: self.name.clone(),
                owner: self.owner.clone(),
                now: reading.now,
                until: reading.now.saturating_add(self.millis),
            };
            self.number = match group.tx.apply(&taken).await? {
                0 => None,
                _ => group.tx.lease(&self.name).await?.map(|lease| lease.number),
            };
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Leases
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        // The caller may have gone away; the lease ends by itself then.
        let _ = self.answer.send(written.map(|()| self.number));
    }
}
