//! Streams as readers see them: never behind what was answered, never half a
//! commit, and checked as they are read.

use std::sync::Arc;

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
    /// Which stream.
    pub stream: StreamId,
    /// How many events it has.
    pub version: u64,
    /// The last event's time, UTC ms.
    pub time: Millis,
    /// What its kind says of it.
    pub summary: T,
}

impl Store {
    /// A stream as last committed; empty if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unlawful`] or [`StoreError::Kind`] when
    /// what is stored does not fold; else the database fails.
    pub async fn load<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = self.shared();
        if let Some(held) = shared.cache.find::<Held<S>>(stream) {
            return Ok(Arc::clone(&held.current));
        }
        // A long stream takes long to fold, and the threads that serve requests have
        // no time for it. Only so many are folded at once.
        let permit = Arc::clone(&shared.folding).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let (store, stream) = (self.clone(), stream.clone());
        let runtime = tokio::runtime::Handle::current();
        crate::files::blocking(move || {
            let _permit = permit;
            runtime.block_on(store.fold_cold::<S>(&stream))
        })
        .await
    }

    async fn fold_cold<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = self.shared();
        // Somebody else may have folded it while this one waited.
        if let Some(held) = shared.cache.find::<Held<S>>(stream) {
            return Ok(Arc::clone(&held.current));
        }
        let mut reader = self.reader().await?;
        let held = Arc::new(fold::fold::<S>(&mut *reader, &shared.keys, stream).await?);
        if held.id.is_some() {
            shared
                .cache
                .offer(stream, held.current.version, Arc::clone(&held));
        }
        Ok(Arc::clone(&held.current))
    }

    /// The events after number `after`, in order, at most `limit`. A stream that
    /// does not exist has none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is missing or not as it was written;
    /// [`StoreError::Kind`]; else the database fails.
    pub async fn events<S: Stream>(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<RecordedOf<S>>, StoreError> {
        let mut reader = self.reader().await?;
        let Some(row) = reader.stream(stream.as_str()).await? else {
            return Ok(Vec::new());
        };
        row.expect_kind::<S>()?;
        let wrap = self.shared().keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut *reader, &row, after, upto).await?;
        rows.iter()
            .map(|row| fold::decode::<S>(stream, row, &row.open(&wrap, stream.as_str())?))
            .collect()
    }

    /// The same with the exact bytes, salts and leaves, for bundles and proofs.
    ///
    /// # Errors
    /// As [`Store::events`].
    pub async fn exact_events(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<Exact>, StoreError> {
        let mut reader = self.reader().await?;
        let Some(row) = reader.stream(stream.as_str()).await? else {
            return Ok(Vec::new());
        };
        let wrap = self.shared().keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut *reader, &row, after, upto).await?;
        rows.into_iter()
            .map(|row| {
                let open = row.open(&wrap, stream.as_str())?;
                Ok(fold::exact(row, open))
            })
            .collect()
    }

    /// The leaves of a stream's tree of `size` events, for inclusion and
    /// consistency proofs. Leaf `n` is event `n + 1`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the stream has fewer; else the database fails.
    pub async fn leaves(&self, stream: &StreamId, size: u64) -> Result<Vec<Digest>, StoreError> {
        let mut reader = self.reader().await?;
        let leaves = reader.leaves(stream.as_str(), size).await?;
        if (leaves.len() as u64) < size {
            return Err(StoreError::Corrupt(format!(
                "the leaves of stream {stream}"
            )));
        }
        Ok(leaves)
    }

    /// Reads a stream whole from the table and checks every byte of it: order,
    /// shells, tree, and that it folds.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn verify<S: Stream>(
        &self,
        stream: &StreamId,
    ) -> Result<Arc<Current<S>>, StoreError> {
        let mut reader = self.reader().await?;
        let held = fold::fold::<S>(&mut *reader, &self.shared().keys, stream).await?;
        Ok(held.current)
    }

    /// Streams whose time has come by `now`, earliest first: time itself acts on them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn due(&self, now: Millis) -> Result<Vec<StreamId>, StoreError> {
        let due = self.reader().await?.due(now, u32::MAX).await?;
        due.iter().map(|(_, name)| stream_id(name)).collect()
    }

    /// When the next stream falls due, UTC ms, if any does.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_due(&self) -> Result<Option<Millis>, StoreError> {
        let due = self.reader().await?.due(Millis::MAX, 1).await?;
        Ok(due.first().map(|(due, _)| *due))
    }

    /// All streams of a kind with their summaries, in the order they began.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a summary does not open; else the database fails.
    pub async fn list<S: Stream>(&self) -> Result<Vec<Listed<S::Summary>>, StoreError> {
        let rows = self.reader().await?.streams(S::KIND).await?;
        let keys = &self.shared().keys;
        rows.iter()
            .map(|row| {
                let plain = keys.open(Row::Summary, row.name.as_bytes(), &row.summary)?;
                let summary = serde_json::from_slice(&plain).map_err(|error| {
                    StoreError::Corrupt(format!("the summary of {}: {error}", row.name))
                })?;
                Ok(Listed {
                    stream: stream_id(&row.name)?,
                    version: row.version,
                    time: row.time,
                    summary,
                })
            })
            .collect()
    }
}

pub(crate) fn stream_id(name: &str) -> Result<StreamId, StoreError> {
    StreamId::new(name).ok_or_else(|| StoreError::Corrupt("a stream's name".into()))
}
