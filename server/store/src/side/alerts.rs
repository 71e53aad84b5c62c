//! What is to be sent to persons outside the hall: each alert once, by its name, and
//! again until it has left or is given up.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::Row;
pub use crate::ledger::AlertSums;
use crate::ledger::{Change, Hashed};

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

/// An alert as it is kept for whoever it is to.
#[derive(Debug)]
pub struct Kept<B> {
    /// When it was put, UTC ms.
    pub created: Millis,
    /// Tries that failed.
    pub attempts: u32,
    /// How it stands.
    pub stands: Stands,
    /// Its content; with the address while it waits.
    pub body: B,
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It is to be sent still.
    Waits,
    /// A carrier took it at this time, UTC ms.
    Taken(Millis),
    /// It was given up.
    GivenUp,
}

impl Alerts<'_> {
    /// Adds an alert to a person of an organisation, durably, unless there was one of
    /// this name; answers whether it is new. The parts of the name say why it is sent,
    /// and to whom. It is due from `due` on, UTC ms.
    ///
    /// # Errors
    /// The write failed; nothing was added.
    pub async fn put<B: Serialize>(
        &self,
        whose: [&str; 2],
        name: &[&str],
        (now, due): (Millis, Millis),
        body: &B,
    ) -> Result<bool, StoreError> {
        let keys = &self.0.shared().keys;
        let parts: Vec<&[u8]> = std::iter::once(&b"alert"[..])
            .chain(name.iter().map(|part| part.as_bytes()))
            .collect();
        let name = keys.index(&parts);
        let change = Change::AlertPut {
            person: self.person(whose),
            sealed: self.seal(&name, body)?,
            name,
            created: now,
            next: due,
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
            if let Some(body) = self.open(&row.name, &row.sealed) {
                due.push(Waiting {
                    name: row.name,
                    attempts: row.attempts,
                    body,
                });
            } else {
                tracing::error!("an alert is given up: its row does not open");
                let change = Change::AlertDone {
                    name: row.name,
                    taken: None,
                    sealed: Vec::new(),
                };
                self.0.apply(change).await?;
            }
        }
        Ok(due)
    }

    /// What else waits for the person whom an alert is for, due or not, the oldest
    /// first. What does not open is left out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn beside<B: DeserializeOwned>(
        &self,
        name: &[u8],
        limit: u32,
    ) -> Result<Vec<Waiting<B>>, StoreError> {
        let rows = self.0.reader().await?.alerts_beside(name, limit).await?;
        let opened = rows.into_iter().filter_map(|row| {
            let body = self.open(&row.name, &row.sealed)?;
            Some(Waiting {
                name: row.name,
                attempts: row.attempts,
                body,
            })
        });
        Ok(opened.collect())
    }

    /// Notes, durably, that a carrier took an alert at `taken`, or that it is given up,
    /// and what is kept of it.
    ///
    /// # Errors
    /// The write failed; it will be sent again.
    pub async fn done<B: Serialize>(
        &self,
        name: Vec<u8>,
        taken: Option<Millis>,
        kept: &B,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(&name, kept)?;
        let change = Change::AlertDone {
            name,
            taken,
            sealed,
        };
        self.0.apply(change).await.map(drop)
    }

    /// Counts a failed try; `next` is when to try again.
    ///
    /// # Errors
    /// The write failed; the alert stays due.
    pub async fn failed(&self, name: Vec<u8>, next: Millis) -> Result<(), StoreError> {
        let change = Change::AlertTried { name, next };
        self.0.apply(change).await.map(drop)
    }

    /// The last alerts to a person of an organisation, the newest first. What does not
    /// open is left out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn of<B: DeserializeOwned>(
        &self,
        whose: [&str; 2],
        limit: u32,
    ) -> Result<Vec<Kept<B>>, StoreError> {
        let person = self.person(whose);
        let rows = self.0.reader().await?.alerts_of(&person, limit).await?;
        let kept = rows.into_iter().filter_map(|row| {
            let stands = match (row.waits, row.taken) {
                (true, _) => Stands::Waits,
                (false, Some(at)) => Stands::Taken(at),
                (false, None) => Stands::GivenUp,
            };
            Some(Kept {
                created: row.created,
                attempts: row.attempts,
                stands,
                body: self.open(&row.name, &row.sealed)?,
            })
        });
        Ok(kept.collect())
    }

    /// How the alerts stand that were put from `since` on, in numbers.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sums(&self, since: Millis) -> Result<AlertSums, StoreError> {
        self.0.reader().await?.alert_sums(since).await
    }

    /// Deletes everything that was to be sent to a person, or was sent, durably.
    ///
    /// # Errors
    /// The write failed; nothing was removed.
    pub async fn forget(&self, whose: [&str; 2]) -> Result<u64, StoreError> {
        let person = self.person(whose);
        self.0.apply(Change::AlertsOfRemoved { person }).await
    }

    /// Forgets alerts made by then that are not to be sent any more; answers how many.
    ///
    /// # Errors
    /// The write failed; nothing was removed.
    pub async fn sweep(&self, by: Millis) -> Result<u64, StoreError> {
        self.0.apply(Change::AlertsForgotten { by }).await
    }

    fn person(&self, [organisation, person]: [&str; 2]) -> Hashed {
        let parts: [&[u8]; 3] = [b"alerted", organisation.as_bytes(), person.as_bytes()];
        self.0.shared().keys.index(&parts)
    }

    fn seal<B: Serialize>(&self, name: &[u8], body: &B) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(body)
            .map_err(|error| StoreError::Corrupt(format!("an alert's body: {error}")))?;
        let plain = Zeroizing::new(plain);
        self.0.shared().keys.seal(Row::Alert, name, &plain)
    }

    fn open<B: DeserializeOwned>(&self, name: &[u8], sealed: &[u8]) -> Option<B> {
        let plain = self.0.shared().keys.open(Row::Alert, name, sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
