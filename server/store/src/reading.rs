//! Streams as readers see them: never behind what was answered, never half a
//! commit, and checked as they are read.

use std::sync::Arc;

use sqlx::Row as _;

use kaibiao_core::stream::Stream;
use kaibiao_crypto::Digest;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::fold::{self, Held};
use crate::keys::Row;
use crate::stream::{Current, Exact, RecordedOf, StreamId};

/// A stream in a list: what its kind says of it in short.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub stream: StreamId,
    pub version: u64,
    pub time: Millis,
    pub summary: T,
}

impl Store {
    /// A stream as last committed; empty if it does not exist.
    pub async fn load<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = self.shared();
        if let Some(held) = shared.cache.find::<Held<S>>(stream) {
            return Ok(Arc::clone(&held.current));
        }
        let mut conn = self.reader().await?;
        let held = Arc::new(fold::fold::<S>(&mut conn, &shared.keys, stream).await?);
        if held.id.is_some() {
            shared
                .cache
                .offer(stream, held.current.version, Arc::clone(&held));
        }
        Ok(Arc::clone(&held.current))
    }

    /// The events after number `after`, in order, at most `limit`.
    pub async fn events<S: Stream>(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<RecordedOf<S>>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = fold::stream_row(&mut conn, stream).await? else {
            return Ok(Vec::new());
        };
        row.expect_kind::<S>(stream)?;
        let wrap = self.shared().keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut conn, stream, row.id, after, upto).await?;
        rows.iter()
            .map(|row| fold::decode::<S>(stream, row, row.open(&wrap, stream.as_str())?))
            .collect()
    }

    /// The same with the exact bytes, salts and leaves, for bundles and proofs.
    pub async fn exact_events(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<Exact>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = fold::stream_row(&mut conn, stream).await? else {
            return Ok(Vec::new());
        };
        let wrap = self.shared().keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut conn, stream, row.id, after, upto).await?;
        rows.into_iter()
            .map(|row| {
                let open = row.open(&wrap, stream.as_str())?;
                Ok(fold::exact(row, open))
            })
            .collect()
    }

    /// The leaves of a stream's tree of `size` events, for inclusion and
    /// consistency proofs. Leaf `n` is event `n + 1`.
    pub async fn leaves(&self, stream: &StreamId, size: u64) -> Result<Vec<Digest>, StoreError> {
        let mut conn = self.reader().await?;
        let leaves: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT leaf FROM events WHERE stream = (SELECT id FROM streams WHERE stream = ?) \
             AND seq <= ? ORDER BY seq",
        )
        .bind(stream.as_str())
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await?;
        let corrupt = || StoreError::Corrupt(format!("the leaves of stream {stream}"));
        if (leaves.len() as u64) < size {
            return Err(corrupt());
        }
        leaves
            .into_iter()
            .map(|leaf| Ok(Digest::from_bytes(leaf.try_into().map_err(|_| corrupt())?)))
            .collect()
    }

    /// Reads a stream whole from the table and checks every byte of it: order,
    /// shells, tree, and that it folds to what is held in memory.
    pub async fn verify<S: Stream>(
        &self,
        stream: &StreamId,
    ) -> Result<Arc<Current<S>>, StoreError> {
        let mut conn = self.reader().await?;
        let held = fold::fold::<S>(&mut conn, &self.shared().keys, stream).await?;
        Ok(held.current)
    }

    /// Streams whose time has come: time itself acts on them.
    pub async fn due(&self, now: Millis) -> Result<Vec<StreamId>, StoreError> {
        let mut conn = self.reader().await?;
        let names: Vec<String> =
            sqlx::query_scalar("SELECT stream FROM streams WHERE due <= ? ORDER BY due")
                .bind(now)
                .fetch_all(&mut *conn)
                .await?;
        names.iter().map(|name| stream_id(name)).collect()
    }

    /// When the next stream falls due, if any does.
    pub async fn next_due(&self) -> Result<Option<Millis>, StoreError> {
        let mut conn = self.reader().await?;
        Ok(
            sqlx::query_scalar("SELECT min(due) FROM streams WHERE due IS NOT NULL")
                .fetch_one(&mut *conn)
                .await?,
        )
    }

    /// All streams of a kind with their summaries, in the order they began.
    pub async fn list<S: Stream>(&self) -> Result<Vec<Listed<S::Summary>>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = sqlx::query(
            "SELECT stream, version, time, summary FROM streams WHERE kind = ? ORDER BY id",
        )
        .bind(S::KIND)
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.try_get(0)?;
                let sealed: Vec<u8> = row.try_get(3)?;
                let plain = self
                    .shared()
                    .keys
                    .open(Row::Summary, name.as_bytes(), &sealed)?;
                let summary = serde_json::from_slice(&plain).map_err(|error| {
                    StoreError::Corrupt(format!("the summary of {name}: {error}"))
                })?;
                Ok(Listed {
                    stream: stream_id(&name)?,
                    version: row.try_get::<i64, _>(1)? as u64,
                    time: row.try_get(2)?,
                    summary,
                })
            })
            .collect()
    }
}

fn stream_id(name: &str) -> Result<StreamId, StoreError> {
    StreamId::new(name).ok_or_else(|| StoreError::Corrupt("a stream's name".into()))
}
