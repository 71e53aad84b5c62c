//! What a stream's row says in the clear, and the seal that holds it to that.
//!
//! The database looks rows up by kind and due time, so both stand in the clear, and
//! whoever edits the file can change them. They stand a second time inside the sealed
//! column, and the rest of the row is its associated data:
//!
//! ```text
//! sealed = AES-256-GCM(row key "summary", nonce12, place, JSON {due, erased?, kind, summary})
//! place  = "kaibiao/1 row " || i64 id || u64 version || i64 time || SHA-256(frontier) || stream
//! ```
//!
//! So an edited kind or due time is put right, and any other edit, an older head with
//! its newer events cut off among them, is found without folding the stream.

use std::sync::atomic::Ordering;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use kaibiao_core::stream::Stream;
use kaibiao_crypto::Digest;

use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::ledger::StreamRow;
use crate::shared::Shared;

/// What is sealed in a row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Inside<T> {
    pub kind: String,
    pub due: Option<Millis>,
    /// Of how many events the details were erased.
    #[serde(default, skip_serializing_if = "is_none")]
    pub erased: u64,
    pub summary: T,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none(erased: &u64) -> bool {
    *erased == 0
}

impl StreamRow {
    /// Seals `inside` into the row, whose other columns are set.
    ///
    /// # Errors
    /// The summary is not plain data, or there is no randomness.
    pub fn seal<T: Serialize>(
        &mut self,
        keys: &Keys,
        inside: &Inside<T>,
    ) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(inside)
            .map_err(|problem| self.corrupt(&format!("its summary: {problem}")))?;
        self.kind.clone_from(&inside.kind);
        self.due = inside.due;
        self.summary = keys.seal(Row::Summary, &self.place(), &plain)?;
        Ok(())
    }

    /// Opens what is sealed in the row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a column was changed, but for kind and due time,
    /// and when there are events beyond the row's last one.
    pub fn open<T: DeserializeOwned>(&self, keys: &Keys) -> Result<Inside<T>, StoreError> {
        if self.beyond {
            return Err(self.corrupt("events beyond its last one"));
        }
        let plain = keys.open(Row::Summary, &self.place(), &self.summary)?;
        serde_json::from_slice(&plain)
            .map_err(|problem| self.corrupt(&format!("its summary: {problem}")))
    }

    /// Opens the row of a stream that is to be folded by the rules of `S`.
    ///
    /// # Errors
    /// As [`StreamRow::open`]; [`StoreError::Kind`] when other rules fold it.
    pub fn expect_kind<S: Stream>(&self, keys: &Keys) -> Result<(), StoreError> {
        self.erased::<S>(keys).map(drop)
    }

    /// Of how many events of a stream that the rules of `S` fold the details were erased.
    ///
    /// # Errors
    /// As [`StreamRow::expect_kind`].
    pub fn erased<S: Stream>(&self, keys: &Keys) -> Result<u64, StoreError> {
        let inside = self.open::<IgnoredAny>(keys)?;
        if inside.kind == S::KIND {
            return Ok(inside.erased);
        }
        let found = inside.kind;
        Err(StoreError::Kind {
            stream: self.name.clone(),
            found,
            expected: S::KIND.to_owned(),
        })
    }

    fn place(&self) -> Vec<u8> {
        let mut place = Vec::with_capacity(128);
        place.extend_from_slice(b"kaibiao/1 row ");
        place.extend_from_slice(&self.id.to_be_bytes());
        place.extend_from_slice(&self.version.to_be_bytes());
        place.extend_from_slice(&self.time.to_be_bytes());
        place.extend_from_slice(Digest::of(&self.frontier).as_bytes());
        place.extend_from_slice(self.name.as_bytes());
        place
    }

    fn corrupt(&self, what: &str) -> StoreError {
        StoreError::Corrupt(format!("the row of stream {}: {what}", self.name))
    }
}

/// At start: how many streams there are, and the time of the newest event. Of rows only as
/// many are opened as it takes to find one that is sound; [`crate::Store::look_over`] looks at all.
///
/// # Errors
/// The database fails.
pub(crate) async fn look_at_newest(shared: &Shared) -> Result<(), StoreError> {
    let mut reader = shared.ledger.read().await?;
    let count = reader.stream_count().await?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    shared.streams.store(count, Ordering::Release);
    for skip in 0..u32::MAX {
        let Some(row) = reader.latest(skip, 1).await?.pop() else {
            return Ok(());
        };
        match row.open::<IgnoredAny>(&shared.keys) {
            Ok(_) => {
                shared.newest.fetch_max(row.time, Ordering::AcqRel);
                return Ok(());
            }
            Err(error) => drop(shared.damage.of(&row.name, error)),
        }
    }
    Ok(())
}

/// Looks at every stream's row and notes those that are damaged, for whoever only reads.
///
/// # Errors
/// The database fails.
pub(crate) async fn note_damage(shared: &Shared) -> Result<(), StoreError> {
    let rows = shared.ledger.read().await?.streams().await?;
    shared.streams.store(rows.len(), Ordering::Release);
    for row in rows {
        match row.open::<IgnoredAny>(&shared.keys) {
            Ok(_) => drop(shared.newest.fetch_max(row.time, Ordering::AcqRel)),
            Err(error) => drop(shared.damage.of(&row.name, error)),
        }
    }
    Ok(())
}
