//! Messages to other systems: written with their cause, delivered at least once.

use futures_util::FutureExt as _;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::stream::{Message, StreamId};

/// A message in the outbox. Its id is what receivers tell repetitions by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: i64,
    pub stream: StreamId,
    pub created: Millis,
    /// Deliveries that failed so far.
    pub attempts: u32,
    pub delivered: Option<Millis>,
    pub message: Message,
}

/// The outbox of a store.
pub struct Outbox<'a>(pub(crate) &'a Store);

impl Outbox<'_> {
    /// Messages to be delivered by now, oldest first.
    pub async fn due(&self, now: Millis, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let mut conn = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
             FROM outbox o JOIN streams s ON s.id = o.stream \
             WHERE o.next_try <= ? ORDER BY o.next_try, o.id LIMIT ?",
        )
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|row| read(&self.0.shared().keys, row))
            .collect()
    }

    /// Messages after number `after`, delivered or not, for those who fetch.
    pub async fn after(&self, after: i64, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let mut conn = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
             FROM outbox o JOIN streams s ON s.id = o.stream \
             WHERE o.id > ? ORDER BY o.id LIMIT ?",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|row| read(&self.0.shared().keys, row))
            .collect()
    }

    pub async fn delivered(&self, id: i64, now: Millis) -> Result<(), StoreError> {
        self.0
            .write(move |conn| {
                async move {
                    sqlx::query("UPDATE outbox SET delivered = ?, next_try = NULL WHERE id = ?")
                        .bind(now)
                        .bind(id)
                        .execute(conn)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Counts a failed delivery; `next` is when to try again, None gives up.
    pub async fn failed(&self, id: i64, next: Option<Millis>) -> Result<(), StoreError> {
        self.0
            .write(move |conn| {
                async move {
                    sqlx::query(
                        "UPDATE outbox SET attempts = attempts + 1, next_try = ? WHERE id = ?",
                    )
                    .bind(next)
                    .bind(id)
                    .execute(conn)
                    .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    keys: &Keys,
    id: i64,
    stream: &StreamId,
    now: Millis,
    messages: &[Message],
) -> Result<(), StoreError> {
    for message in messages {
        let plain = [message.topic.as_bytes(), b"\0", &message.body[..]].concat();
        sqlx::query("INSERT INTO outbox (stream, created, next_try, sealed) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(now)
            .bind(now)
            .bind(keys.seal(Row::Outbox, stream.as_str().as_bytes(), &plain)?)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

fn read(keys: &Keys, row: &SqliteRow) -> Result<Outgoing, StoreError> {
    let corrupt = || StoreError::Corrupt("an outbox row".into());
    let stream: String = row.try_get(1)?;
    Ok(Outgoing {
        id: row.try_get(0)?,
        stream: StreamId::new(&stream).ok_or_else(corrupt)?,
        created: row.try_get(2)?,
        attempts: row.try_get(3)?,
        delivered: row.try_get(4)?,
        message: {
            let sealed: Vec<u8> = row.try_get(5)?;
            let plain = keys.open(Row::Outbox, stream.as_bytes(), &sealed)?;
            let at = plain
                .iter()
                .position(|byte| *byte == 0)
                .ok_or_else(corrupt)?;
            Message {
                topic: String::from_utf8(plain[..at].to_vec()).map_err(|_| corrupt())?,
                body: plain[at + 1..].to_vec(),
            }
        },
    })
}
