//! The public log's entries, and which trees its anchors commit to
//! (docs/spec/evidence.md).
//!
//! An anchor is cut on the writer's thread, in the order of appends: an event that is
//! in the stream before it is in its tree, and one that comes after it finds its tick
//! used.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kaibiao_crypto::anchor::{Anchor, AnchorSalt};
use tokio::sync::oneshot;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::fold::read_frontier;
use crate::group::{Group, Job};
use crate::keys::Keys;
use crate::lanes::Lane;
use crate::ledger::{AnchorRow, Change, HeadRow};
use crate::side::leases;
use crate::stream::{Head, StreamId};
use crate::writer::Order;

/// What is held before the end of the log is looked at. No stream has such a name.
const END: &str = "~log";

/// An anchor and where it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What the entry commits to.
    pub anchor: Anchor,
    /// When it was cut, UTC ms.
    pub time: Millis,
    /// The entry's place in the log, from 0.
    pub place: u64,
}

/// The public log of a store.
pub struct Log<'a>(pub(crate) &'a Store);

impl Log<'_> {
    /// Cuts the next anchor of a stream, durably: over its whole tree, or over an
    /// earlier one whose head the caller knows.
    ///
    /// # Errors
    /// [`StoreError::NoStream`] for a stream without events; else the database fails.
    pub async fn anchor(
        &self,
        stream: &StreamId,
        over: Option<Head>,
    ) -> Result<Placed, StoreError> {
        self.run(|answer| AnchorJob {
            stream: stream.clone(),
            over,
            placed: None,
            answer,
        })
        .await
    }

    /// Adds an entry, durably; answers its place.
    ///
    /// # Errors
    /// The write failed.
    pub async fn add(&self, entry: Vec<u8>) -> Result<u64, StoreError> {
        self.run(|answer| EntryJob {
            entry,
            place: None,
            answer,
        })
        .await
    }

    /// How many entries there are.
    ///
    /// # Errors
    /// The database fails.
    pub async fn size(&self) -> Result<u64, StoreError> {
        self.0.reader().await?.log_size().await
    }

    /// The entries from a place on, at most `limit`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn entries(&self, from: u64, limit: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        self.0.reader().await?.log_entries(from, limit).await
    }

    /// The anchors of a stream after a tick, in order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn anchors(&self, stream: &StreamId, after: u64) -> Result<Vec<Placed>, StoreError> {
        let rows = self
            .0
            .reader()
            .await?
            .anchors(stream.as_str(), after)
            .await?;
        let keys = &self.0.shared().keys;
        Ok(rows
            .into_iter()
            .map(|row| placed(keys, stream, row))
            .collect())
    }

    /// The last anchor of a stream.
    ///
    /// # Errors
    /// The database fails.
    pub async fn last_anchor(&self, stream: &StreamId) -> Result<Option<Placed>, StoreError> {
        let row = self.0.reader().await?.last_anchor(stream.as_str()).await?;
        let keys = &self.0.shared().keys;
        Ok(row.map(|row| placed(keys, stream, row)))
    }

    /// The first anchor of a stream whose tree has exactly so many events.
    ///
    /// # Errors
    /// The database fails.
    pub async fn anchor_of(
        &self,
        stream: &StreamId,
        size: u64,
    ) -> Result<Option<Placed>, StoreError> {
        let row = self
            .0
            .reader()
            .await?
            .anchor_of(stream.as_str(), size)
            .await?;
        let keys = &self.0.shared().keys;
        Ok(row.map(|row| placed(keys, stream, row)))
    }

    /// The first anchor of a stream over the smallest tree that has at least so many
    /// events.
    ///
    /// # Errors
    /// The database fails.
    pub async fn anchor_over(
        &self,
        stream: &StreamId,
        size: u64,
    ) -> Result<Option<Placed>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = reader.anchor_over(stream.as_str(), size).await?;
        let keys = &self.0.shared().keys;
        Ok(row.map(|row| placed(keys, stream, row)))
    }

    /// Size and text of the last checkpoint that was signed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn head(&self) -> Result<Option<(u64, String)>, StoreError> {
        let head = self.0.reader().await?.log_head().await?;
        Ok(head.map(|HeadRow { size, note }| (size, note)))
    }

    /// Keeps a checkpoint, durably, unless a larger one was kept; answers whether it
    /// was.
    ///
    /// # Errors
    /// The write failed.
    pub async fn keep_head(&self, size: u64, note: String) -> Result<bool, StoreError> {
        self.run(|answer| HeadJob {
            head: Change::LogHead(HeadRow { size, note }),
            kept: false,
            answer,
        })
        .await
    }

    async fn run<J: Job + 'static, T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> J,
    ) -> Result<T, StoreError> {
        let (answer, outcome) = oneshot::channel();
        let order = Order::Run(Box::new(job(answer)));
        let sent = self.0.orders().send(order).await;
        sent.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}

fn placed(keys: &Keys, stream: &StreamId, row: AnchorRow) -> Placed {
    Placed {
        anchor: Anchor {
            root: row.root,
            salt: AnchorSalt(keys.anchor_salt(stream.as_str(), row.tick)),
            size: row.size,
            stream: stream.to_string(),
            tick: row.tick,
        },
        time: row.time,
        place: row.place,
    }
}

/// Holds the end of the log, if this node is the one that writes it.
async fn begin(group: &mut Group<'_>) -> Result<(), StoreError> {
    group.tx.lock(END).await?;
    group.fence(leases::LOG).await
}

struct AnchorJob {
    stream: StreamId,
    over: Option<Head>,
    placed: Option<Placed>,
    answer: oneshot::Sender<Result<Placed, StoreError>>,
}

impl Job for AnchorJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.placed = None;
            begin(group).await?;
            let name = self.stream.as_str();
            let Some(row) = group.row(&self.stream).await? else {
                return Ok(());
            };
            let head = match self.over {
                Some(head) => head,
                None => Head::of(&read_frontier(name, &row.frontier)?),
            };
            let last = group.tx.last_anchor(name).await?;
            let row_of = |tick, place| AnchorRow {
                tick,
                time: group.shared.clock.now(),
                size: head.size,
                root: head.root,
                place,
            };
            let new = row_of(
                last.map_or(0, |last| last.tick) + 1,
                group.tx.log_size().await?,
            );
            let placed = placed(&group.shared.keys, &self.stream, new);
            let entry = Change::LogEntryPut {
                place: new.place,
                entry: placed.anchor.entry(),
            };
            group.tx.apply(&entry).await?;
            let anchor = Change::AnchorPut {
                stream: row.id,
                anchor: new,
            };
            group.tx.apply(&anchor).await?;
            self.placed = Some(placed);
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Log
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        let Self {
            stream,
            placed,
            answer,
            ..
        } = *self;
        let missing = || StoreError::NoStream(stream.to_string());
        let outcome = written.and_then(|()| placed.ok_or_else(missing));
        // The caller may have gone away; what is written stays written.
        let _ = answer.send(outcome);
    }
}

struct EntryJob {
    entry: Vec<u8>,
    place: Option<u64>,
    answer: oneshot::Sender<Result<u64, StoreError>>,
}

impl Job for EntryJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            begin(group).await?;
            let place = group.tx.log_size().await?;
            let entry = self.entry.clone();
            group
                .tx
                .apply(&Change::LogEntryPut { place, entry })
                .await?;
            self.place = Some(place);
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Log
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        let Self { place, answer, .. } = *self;
        let _ = answer.send(written.and_then(|()| place.ok_or(StoreError::Closed)));
    }
}

struct HeadJob {
    head: Change,
    kept: bool,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

impl Job for HeadJob {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            begin(group).await?;
            self.kept = group.tx.apply(&self.head).await? > 0;
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Log
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        let _ = self.answer.send(written.map(|()| self.kept));
    }
}
