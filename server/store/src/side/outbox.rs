//! Messages to other systems: written with their cause, delivered at least once.

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::ledger::{Change, MessageRow};
use crate::stream::{Message, StreamId};

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Increases from message to message. Receivers tell repetitions by it.
    pub id: i64,
    /// The stream whose event caused it.
    pub stream: StreamId,
    /// The time of that event, UTC ms.
    pub created: Millis,
    /// Deliveries that failed so far.
    pub attempts: u32,
    /// When it was delivered, UTC ms; None while it waits or was given up.
    pub delivered: Option<Millis>,
    /// What is delivered.
    pub message: Message,
}

/// The outbox of a store.
pub struct Outbox<'a>(pub(crate) &'a Store);

impl Outbox<'_> {
    /// Messages to be delivered by now, oldest first. One whose row does not open is
    /// given up, so that it holds up no other.
    ///
    /// # Errors
    /// The database fails.
    pub async fn due(&self, now: Millis, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let rows = self.0.reader().await?.messages_due(now, limit).await?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            match open(&self.0.shared().keys, row) {
                Ok(message) => due.push(message),
                Err(error) => {
                    tracing::error!(id = row.id, %error, "a message of the outbox is given up");
                    self.failed(row.id, None).await?;
                }
            }
        }
        Ok(due)
    }

    /// Messages after number `after`, delivered or not, for systems that poll
    /// instead of receiving them, but for those whose rows do not open.
    ///
    /// # Errors
    /// The database fails.
    pub async fn after(&self, after: i64, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let rows = self.0.reader().await?.messages_after(after, limit).await?;
        let sound = rows.iter().filter_map(|row| {
            open(&self.0.shared().keys, row)
                .inspect_err(|error| tracing::error!(id = row.id, %error, "a message is damaged"))
                .ok()
        });
        Ok(sound.collect())
    }

    /// Notes a delivery, durably.
    ///
    /// # Errors
    /// The write failed; the message will be delivered again.
    pub async fn delivered(&self, id: i64, now: Millis) -> Result<(), StoreError> {
        let change = Change::MessageDelivered { id, at: now };
        self.0.apply(change).await.map(drop)
    }

    /// Counts a failed delivery; `next` is when to try again, None gives up.
    ///
    /// # Errors
    /// The write failed; the message stays due.
    pub async fn failed(&self, id: i64, next: Option<Millis>) -> Result<(), StoreError> {
        let change = Change::MessageFailed { id, next };
        self.0.apply(change).await.map(drop)
    }
}

/// Adds a message to the stream of this number and name.
pub(crate) fn put(
    keys: &Keys,
    (id, stream): (i64, &StreamId),
    now: Millis,
    message: &Message,
) -> Result<Change, StoreError> {
    let plain = [message.topic.as_bytes(), b"\0", &message.body[..]].concat();
    Ok(Change::MessagePut {
        stream: id,
        created: now,
        sealed: keys.seal(Row::Outbox, stream.as_str().as_bytes(), &plain)?,
    })
}

fn open(keys: &Keys, row: &MessageRow) -> Result<Outgoing, StoreError> {
    let corrupt = || StoreError::Corrupt("an outbox row".into());
    let plain = keys.open(Row::Outbox, row.stream.as_bytes(), &row.sealed)?;
    let at = plain
        .iter()
        .position(|byte| *byte == 0)
        .ok_or_else(corrupt)?;
    Ok(Outgoing {
        id: row.id,
        stream: StreamId::new(&row.stream)
            .ok_or_else(|| StoreError::Corrupt("a message's stream".into()))?,
        created: row.created,
        attempts: row.attempts,
        delivered: row.delivered,
        message: Message {
            topic: String::from_utf8(plain[..at].to_vec()).map_err(|_| corrupt())?,
            body: plain[at + 1..].to_vec(),
        },
    })
}
