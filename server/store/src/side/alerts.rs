//! What is to be sent to persons outside the hall: each alert once, by its name, and
//! again until it has left or is given up.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::Row;
use crate::ledger::Change;

/// The alerts of a store.
pub struct Alerts<'a>(pub(crate) &'a Store);

/// An alert that waits to be sent.
#[derive(Debug)]
pub struct Waiting<B> {
    /// Names it to [`Alerts::sent`] and [`Alerts::failed`].
    pub name: Vec<u8>,
    /// Tries that failed so far.
    pub attempts: u32,
    /// Address and content.
    pub body: B,
}

impl Alerts<'_> {
    /// Adds an alert, durably, unless there was one of this name; answers whether it
    /// is new. The parts of the name say why it is sent, and to whom.
    ///
    /// # Errors
    /// The write failed; nothing was added.
    pub async fn put<B: Serialize>(
        &self,
        name: &[&str],
        now: Millis,
        body: &B,
    ) -> Result<bool, StoreError> {
        let keys = &self.0.shared().keys;
        let parts: Vec<&[u8]> = std::iter::once(&b"alert"[..])
            .chain(name.iter().map(|part| part.as_bytes()))
            .collect();
        let name = keys.index(&parts);
        let plain = serde_json::to_vec(body)
            .map_err(|error| StoreError::Corrupt(format!("an alert's body: {error}")))?;
        let plain = Zeroizing::new(plain);
        let change = Change::AlertPut {
            sealed: keys.seal(Row::Alert, &name, &plain)?,
            name,
            created: now,
        };
        Ok(self.0.apply(change).await? == 1)
    }

    /// Alerts to be sent by now, the longest due first. One whose row does not open is
    /// given up, so that it holds up no other.
    ///
    /// # Errors
    /// The database fails.
    pub async fn due<B: DeserializeOwned>(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<Waiting<B>>, StoreError> {
        let rows = self.0.reader().await?.alerts_due(now, limit).await?;
        let mut due = Vec::with_capacity(rows.len());
        for row in rows {
            let plain = self
                .0
                .shared()
                .keys
                .open(Row::Alert, &row.name, &row.sealed);
            let body = plain.ok().and_then(|it| serde_json::from_slice(&it).ok());
            if let Some(body) = body {
                due.push(Waiting {
                    name: row.name,
                    attempts: row.attempts,
                    body,
                });
            } else {
                tracing::error!("an alert is given up: its row does not open");
                self.failed(row.name, None).await?;
            }
        }
        Ok(due)
    }

    /// Notes that an alert has left, durably, and wipes what it said.
    ///
    /// # Errors
    /// The write failed; it will be sent again.
    pub async fn sent(&self, name: Vec<u8>) -> Result<(), StoreError> {
        self.failed(name, None).await
    }

    /// Counts a failed try; `next` is when to try again, None gives up and wipes it.
    ///
    /// # Errors
    /// The write failed; the alert stays due.
    pub async fn failed(&self, name: Vec<u8>, next: Option<Millis>) -> Result<(), StoreError> {
        let change = Change::AlertTried { name, next };
        self.0.apply(change).await.map(drop)
    }

    /// Forgets alerts made by then that are not to be sent any more; answers how many.
    ///
    /// # Errors
    /// The write failed; nothing was removed.
    pub async fn sweep(&self, by: Millis) -> Result<u64, StoreError> {
        self.0.apply(Change::AlertsForgotten { by }).await
    }
}
