//! Streams as readers see them: never behind what was answered, never half a
//! commit, and checked as they are read.

use std::sync::Arc;

use kaibiao_core::stream::Stream;
use kaibiao_crypto::Digest;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::fold::{self, Held};
use crate::keys::Keys;
use crate::ledger::StreamRow;
use crate::sealed::{EventRow, OpenEvent};
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
    /// [`StoreError::Damaged`] or [`StoreError::Kind`] when what is stored does not fold;
    /// else the database fails.
    pub async fn load<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = self.shared();
        if let Some(held) = shared.cache.find::<Held<S>>(stream)
            && self.is_newest(stream, &held).await?
        {
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

    /// Whether a stream that is kept here is as it was last committed. Where this process
    /// alone writes, it is.
    async fn is_newest<S: Stream>(
        &self,
        stream: &StreamId,
        held: &Held<S>,
    ) -> Result<bool, StoreError> {
        if !self.shared().ledger.is_shared() {
            return Ok(true);
        }
        let shared = self.shared();
        let row = shared.rows.ask(stream.clone(), async {
            let row = self.reader().await?.stream(stream.as_str()).await?;
            Ok(row.map(Arc::new))
        });
        let row = match row.await {
            Ok(row) => row,
            Err(error) if error.may_pass() => return Err(StoreError::Unavailable(error.into())),
            Err(_) => return Ok(false),
        };
        let is_as = fold::is_as(held, row.as_deref(), &shared.keys);
        // Whatever is wrong with the row is said where the stream is folded by it.
        Ok(is_as.unwrap_or(false))
    }

    async fn fold_cold<S: Stream>(&self, stream: &StreamId) -> Result<Arc<Current<S>>, StoreError> {
        let shared = self.shared();
        let mut reader = self.reader().await?;
        if shared.ledger.is_shared() {
            let seen = shared.cache.seen::<Held<S>>(stream);
            let row = reader.stream(stream.as_str()).await?;
            let held = fold::current::<S>(&mut *reader, shared, stream, seen, row).await?;
            return Ok(Arc::clone(&held.current));
        }
        // Somebody else may have folded it while this one waited.
        if let Some(held) = shared.cache.find::<Held<S>>(stream) {
            return Ok(Arc::clone(&held.current));
        }
        let mark = shared.cache.mark(stream);
        let held = Arc::new(fold::fold::<S>(&mut *reader, shared, stream).await?);
        if held.id.is_some() {
            shared
                .cache
                .offer(stream, held.current.version, mark, Arc::clone(&held));
        }
        Ok(Arc::clone(&held.current))
    }

    /// The events after number `after`, in order, at most `limit`. A stream that
    /// does not exist has none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when one is missing or not as it was written;
    /// [`StoreError::Kind`]; else the database fails.
    pub async fn events<S: Stream>(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
    ) -> Result<Vec<RecordedOf<S>>, StoreError> {
        let rows = self.rows(stream, after, limit, StreamRow::expect_kind::<S>);
        let decoded = rows.await.and_then(|rows| {
            let decode = |(row, open): &(EventRow, OpenEvent)| fold::decode::<S>(stream, row, open);
            rows.iter().map(decode).collect()
        });
        decoded.map_err(|error| self.shared().damage.of(stream.as_str(), error))
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
        let rows = self.rows(stream, after, limit, |_, _| Ok(())).await;
        let rows = rows.map_err(|error| self.shared().damage.of(stream.as_str(), error))?;
        Ok(rows
            .into_iter()
            .map(|(row, open)| fold::exact(row, open))
            .collect())
    }

    async fn rows(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u64,
        fits: impl Fn(&StreamRow, &Keys) -> Result<(), StoreError>,
    ) -> Result<Vec<(EventRow, OpenEvent)>, StoreError> {
        let keys = &self.shared().keys;
        let mut reader = self.reader().await?;
        let Some(row) = reader.stream(stream.as_str()).await? else {
            return Ok(Vec::new());
        };
        fits(&row, keys)?;
        let wrap = keys.wrap(stream.as_str());
        let upto = row.version.min(after.saturating_add(limit));
        let rows = fold::event_rows(&mut *reader, &row, after, upto).await?;
        rows.into_iter()
            .map(|row| row.open(&wrap, stream.as_str()).map(|open| (row, open)))
            .collect()
    }

    /// The leaves of a stream's tree of `size` events, for inclusion and
    /// consistency proofs. Leaf `n` is event `n + 1`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the stream has fewer; else the database fails.
    pub async fn leaves(&self, stream: &StreamId, size: u64) -> Result<Vec<Digest>, StoreError> {
        let mut reader = self.reader().await?;
        let leaves = reader.leaves(stream.as_str(), size).await?;
        if (leaves.len() as u64) < size {
            let missing = StoreError::Corrupt("leaves are missing".into());
            return Err(self.shared().damage.of(stream.as_str(), missing));
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
        let held = fold::fold::<S>(&mut *reader, self.shared(), stream).await?;
        Ok(held.current)
    }

    /// Streams whose time has come by `now`, earliest first: time itself acts on them.
    /// A damaged one is left out, since nothing can be done about it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn due(&self, now: Millis) -> Result<Vec<StreamId>, StoreError> {
        let due = self.reader().await?.due(now, u32::MAX).await?;
        let sound = due
            .iter()
            .filter(|(_, name)| !self.shared().damage.has(name));
        Ok(sound.filter_map(|(_, name)| StreamId::new(name)).collect())
    }

    /// When the next stream falls due, UTC ms, if any does.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_due(&self) -> Result<Option<Millis>, StoreError> {
        let damaged = u32::try_from(self.shared().damage.all().len()).unwrap_or(u32::MAX);
        let limit = damaged.saturating_add(1);
        let due = self.reader().await?.due(Millis::MAX, limit).await?;
        let sound = |(_, name): &&(Millis, String)| !self.shared().damage.has(name);
        Ok(due.iter().find(sound).map(|(due, _)| *due))
    }

    /// All streams of a kind with their summaries, in the order they began. Those whose
    /// rows are damaged are left out; [`Store::damaged`] names them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn list<S: Stream>(&self) -> Result<Vec<Listed<S::Summary>>, StoreError> {
        let rows = self.reader().await?.streams().await?;
        let shared = self.shared();
        let sound = rows.into_iter().filter_map(|row| {
            listed::<S>(&row, &shared.keys).unwrap_or_else(|error| {
                drop(shared.damage.of(&row.name, error));
                None
            })
        });
        Ok(sound.collect())
    }

    /// The streams known to be damaged. One that is stands still until it is restored;
    /// whatever reads it is told [`StoreError::Damaged`].
    #[must_use]
    pub fn damaged(&self) -> Vec<String> {
        self.shared().damage.all()
    }
}

/// A stream's row as it is listed; None for one of another kind.
pub(crate) fn listed<S: Stream>(
    row: &StreamRow,
    keys: &Keys,
) -> Result<Option<Listed<S::Summary>>, StoreError> {
    let inside = row.open::<serde_json::Value>(keys)?;
    if inside.kind != S::KIND {
        return Ok(None);
    }
    let corrupt = |problem: &str| StoreError::Corrupt(format!("its row: {problem}"));
    Ok(Some(Listed {
        stream: StreamId::new(&row.name).ok_or_else(|| corrupt("the name"))?,
        version: row.version,
        time: row.time,
        summary: serde_json::from_value(inside.summary)
            .map_err(|problem| corrupt(&problem.to_string()))?,
    }))
}
