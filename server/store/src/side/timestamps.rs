//! Time stamps over checkpoints of the public log: what is to be stamped, and the
//! tokens that came (docs/spec/timestamps.md, 6).

use kaibiao_crypto::Digest;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::{Change, TimestampRow};

/// The time stamps of a store.
pub struct Timestamps<'a>(pub(crate) &'a Store);

/// A checkpoint that is to be stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unstamped {
    /// SHA-256 of the note.
    pub imprint: Digest,
    /// Since when, UTC ms.
    pub wanted: Millis,
}

/// A checkpoint and the time stamp over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Counts the store's stamps from 1, in the order in which they came.
    pub number: u64,
    /// The signed note, exactly as it was stamped.
    pub note: String,
    /// The token, DER in normal form.
    pub token: Vec<u8>,
}

impl Timestamps<'_> {
    /// Notes, durably, that a note is to be stamped; one that was noted before, or is
    /// stamped, stays as it is. Answers whether it is new.
    ///
    /// # Errors
    /// The write failed.
    pub async fn want(&self, note: &str) -> Result<bool, StoreError> {
        let change = Change::TimestampWanted {
            imprint: Digest::of(note.as_bytes()),
            note: note.to_owned(),
            wanted: self.0.clock().now(),
        };
        Ok(self.0.apply(change).await? > 0)
    }

    /// What is to be stamped, the longest wanted first, at most `limit`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn unstamped(&self, limit: u32) -> Result<Vec<Unstamped>, StoreError> {
        self.0.reader().await?.unstamped(limit).await
    }

    /// Keeps a token, durably; the first one of an imprint stays. Answers whether it was
    /// kept.
    ///
    /// # Errors
    /// The write failed.
    pub async fn put(&self, imprint: Digest, token: Vec<u8>) -> Result<bool, StoreError> {
        let change = Change::TimestampPut { imprint, token };
        Ok(self.0.apply(change).await? > 0)
    }

    /// The stamps after a number, in order, at most `limit`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn after(&self, number: u64, limit: u32) -> Result<Vec<Stamp>, StoreError> {
        let rows = self.0.reader().await?.timestamps(number, limit).await?;
        Ok(rows.into_iter().map(stamp).collect())
    }

    /// The last `limit` stamps, in order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn newest(&self, limit: u32) -> Result<Vec<Stamp>, StoreError> {
        let rows = self.0.reader().await?.newest_timestamps(limit).await?;
        Ok(rows.into_iter().map(stamp).collect())
    }

    /// The stamp over a note of this SHA-256.
    ///
    /// # Errors
    /// The database fails.
    pub async fn of(&self, imprint: Digest) -> Result<Option<Stamp>, StoreError> {
        let row = self.0.reader().await?.timestamp_of(imprint).await?;
        Ok(row.map(stamp))
    }

    /// When a stamp was wanted last, UTC ms.
    ///
    /// # Errors
    /// The database fails.
    pub async fn last_wanted(&self) -> Result<Option<Millis>, StoreError> {
        self.0.reader().await?.timestamp_wanted().await
    }
}

fn stamp(row: TimestampRow) -> Stamp {
    Stamp {
        number: row.number,
        note: row.note,
        token: row.token,
    }
}
