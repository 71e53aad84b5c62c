//! Erasing the details of events, within the transaction that has it on record.
//!
//! The event's row keeps its shell, its leaf and its facts, so that every tree and every
//! fold of facts stays as it was. How many have lost their details is sealed in the
//! stream's row: nobody erases by editing the file, and whoever keeps a fold from before
//! finds that it tells too much.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::Store;
use crate::error::StoreError;
use crate::group::{Group, Job};
use crate::lanes::Lane;
use crate::ledger::{Change, StreamRow};
use crate::side::secrets;
use crate::stream::Erasure;
use crate::writer::Order;

impl Store {
    /// Erases the details of an event whose erasure is on record already, durably. One
    /// that has none any more stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no such event with these details; else the
    /// database fails.
    pub async fn erase(&self, erasure: Erasure) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        let job = EraseJob { erasure, answer };
        self.orders()
            .send(Order::Run(Box::new(job)))
            .await
            .map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}

/// An erasure that waits for its transaction.
struct EraseJob {
    erasure: Erasure,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl Job for EraseJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        group.erase(self.erasure.clone());
        std::future::ready(Ok(())).boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Stream(self.erasure.stream.clone())
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(written);
    }
}

/// Erases in a transaction; answers the stream's row if that is to be written again, of
/// one more event without details.
///
/// # Errors
/// There is no such event with these details, or the database fails.
pub(crate) async fn erase(
    group: &mut Group<'_>,
    erasure: &Erasure,
) -> Result<Option<StreamRow>, StoreError> {
    let Erasure {
        stream,
        seq,
        details,
        secrets,
    } = erasure;
    let keys = &group.shared.keys;
    let unknown = || StoreError::Corrupt(format!("event {seq} with details that are to be erased"));
    let row = group.tx.lock(stream.as_str()).await?.ok_or_else(unknown)?;
    for name in secrets {
        let wiped = secrets::wiped(keys, (row.id, stream), name);
        group.tx.apply(&wiped).await?;
    }
    let before = seq.checked_sub(1).ok_or_else(unknown)?;
    let found = group.tx.events(row.id, before, *seq).await?;
    let event = found.first().ok_or_else(unknown)?;
    let wrap = keys.wrap(stream.as_str());
    let open = event.open(&wrap, stream.as_str())?;
    if open.digest != *details {
        return Err(unknown());
    }
    if open.details.is_none() {
        return Ok(None);
    }
    let erased = Change::DetailsErased {
        stream: row.id,
        seq: *seq,
        sealed: event.erased(&wrap, stream.as_str(), details)?,
    };
    if group.tx.apply(&erased).await? == 1 {
        Ok(Some(row))
    } else {
        Err(unknown())
    }
}

/// Counts one more event without details in a stream's row, whatever folds it.
///
/// # Errors
/// The row does not open.
pub(crate) fn count(group: &Group<'_>, row: &mut StreamRow) -> Result<(), StoreError> {
    let keys = &group.shared.keys;
    let mut inside = row.open::<Value>(keys)?;
    inside.erased += 1;
    row.seal(keys, &inside)
}
