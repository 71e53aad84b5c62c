//! Lists on which streams stand, read a page at a time.
//!
//! A kind of stream says of a summary on which lists it stands ([`Stream::lists`]); the
//! writer keeps the places in the transaction of every append, and only where they change.
//! A list is named by a keyed hash, so whoever reads the database learns which streams
//! stand on one together, and not what it is of. Nobody may be put on a list together with
//! others whom that would give away (docs/ops/storage.md).
//!
//! The places are outside of the rows' seals. What is on a page is therefore judged by its
//! row, and [`Store::look_over`] puts right what somebody took away or added.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kaibiao_core::stream::{Place, Stream};
use tokio::sync::oneshot;

use crate::Store;
use crate::append::RenewJob;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::group::{Group, Job};
use crate::keys::Keys;
use crate::lanes::Lane;
use crate::ledger::{Change, Hashed, PlaceRow, Read, StreamRow, Stretch};
use crate::reading::{Listed, listed};
use crate::side::claims;
use crate::stream::{Claim, StreamId};
use crate::writer::Order;

/// Which lists there are, and what puts a stream on them: streams of an earlier number are
/// put on them at the next start.
const RULES: &str = "1";

/// Heads that are read at once where all are looked at.
const PAGE: u32 = 256;

/// Heads that are read at once where those that grew last are looked for.
const LATEST: u32 = 64;

/// How long one node has the lease for a page of streams that it puts on lists, in
/// milliseconds.
const FOLDING: Millis = 30_000;

/// How often other nodes look whether it is done.
const WAITED: Duration = Duration::from_millis(250);

/// Which part of a list is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds<'a> {
    /// At this instant or later.
    pub from: Option<Millis>,
    /// Before this instant.
    pub to: Option<Millis>,
    /// Beyond this place: that of a stream which was on the list once.
    pub after: Option<(Millis, &'a StreamId)>,
    /// From the end of the list to its beginning.
    pub backwards: bool,
}

/// A stream on a list.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// Where it stands.
    pub at: Millis,
    /// By when it began; it tells nothing else.
    pub number: i64,
    /// Its row.
    pub listed: Listed<T>,
}

/// What is read of a list.
#[derive(Debug, Clone)]
pub struct Stretched<T> {
    /// Those whose rows are sound, in order.
    pub found: Vec<Found<T>>,
    /// The last place that was looked at, sound or not; none at the end of the list.
    pub last: Option<(Millis, StreamId)>,
}

/// A stream's places as they are stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    stored: HashSet<(Hashed, Millis)>,
    /// The same by their names, once they were written by this process.
    known: Option<Vec<Place>>,
}

impl Places {
    pub async fn read(reader: &mut (dyn Read + '_), stream: i64) -> Result<Self, StoreError> {
        let rows = reader.places(stream, stream).await?;
        Ok(Self {
            stored: rows.iter().map(|row| (row.list, row.at)).collect(),
            known: None,
        })
    }

    /// What is to be written so that the stream stands where it is wanted, and nowhere else.
    pub fn change(
        &mut self,
        keys: &Keys,
        kind: &str,
        stream: i64,
        mut wanted: Vec<Place>,
    ) -> Vec<Change> {
        wanted.sort_unstable();
        if self.known.as_ref() == Some(&wanted) {
            return Vec::new();
        }
        let places = hashed(keys, kind, &wanted);
        let row = |(list, at): &(Hashed, Millis)| PlaceRow {
            list: *list,
            at: *at,
            stream,
        };
        let gone = self.stored.difference(&places).map(row);
        let new = places.difference(&self.stored).map(row);
        let changes = gone.map(Change::Unlisted).chain(new.map(Change::Listed));
        let changes = changes.collect();
        (self.stored, self.known) = (places, Some(wanted));
        changes
    }
}

fn hashed(keys: &Keys, kind: &str, places: &[Place]) -> HashSet<(Hashed, Millis)> {
    let hashed = places.iter().map(|it| (name(keys, kind, &it.list), it.at));
    hashed.collect()
}

fn name(keys: &Keys, kind: &str, list: &str) -> Hashed {
    keys.index(&[b"list", kind.as_bytes(), list.as_bytes()])
}

impl Store {
    /// The next streams on a list, at most `limit`. Those whose rows are damaged are left
    /// out, and [`Store::damaged`] names them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn stretch<S: Stream>(
        &self,
        list: &str,
        bounds: &Bounds<'_>,
        limit: usize,
    ) -> Result<Stretched<S::Summary>, StoreError> {
        let shared = self.shared();
        let mut reader = self.reader().await?;
        let mut low = (bounds.from.unwrap_or(Millis::MIN), i64::MIN);
        let mut high = (bounds.to.unwrap_or(Millis::MAX), i64::MIN);
        if let Some((at, stream)) = bounds.after {
            let Some(row) = reader.stream(stream.as_str()).await? else {
                return Err(StoreError::NoStream(stream.to_string()));
            };
            if bounds.backwards {
                high = high.min((at, row.id));
            } else {
                low = low.max((at, row.id));
            }
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let stretch = Stretch {
            list: name(&shared.keys, S::KIND, list),
            low,
            high,
            backwards: bounds.backwards,
            limit,
        };
        let rows = reader.listed(&stretch).await?;
        let is_last = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        let end = rows.last().filter(|_| !is_last);
        let end = end.and_then(|(at, row)| Some((*at, StreamId::new(&row.name)?)));
        let sound = rows.into_iter().filter_map(|(at, row)| {
            let listed = listed::<S>(&row, &shared.keys).unwrap_or_else(|error| {
                drop(shared.damage.of(&row.name, error));
                None
            })?;
            Some(Found {
                at,
                number: row.id,
                listed,
            })
        });
        Ok(Stretched {
            found: sound.collect(),
            last: end,
        })
    }

    /// The row of one stream; None where there is none of this kind, or it is damaged.
    ///
    /// # Errors
    /// The database fails.
    pub async fn line<S: Stream>(
        &self,
        stream: &StreamId,
    ) -> Result<Option<Listed<S::Summary>>, StoreError> {
        let shared = self.shared();
        let row = self.reader().await?.stream(stream.as_str()).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(listed::<S>(&row, &shared.keys).unwrap_or_else(|error| {
            drop(shared.damage.of(&row.name, error));
            None
        }))
    }

    /// The streams that grew since an instant, with their versions, the last first. Of
    /// wake-ups some may be lost; this tells what there is.
    ///
    /// # Errors
    /// The database fails.
    pub async fn grown_since(&self, since: Millis) -> Result<Vec<(StreamId, u64)>, StoreError> {
        let mut reader = self.reader().await?;
        let (mut grown, mut skip) = (Vec::new(), 0);
        loop {
            let rows = reader.latest(skip, LATEST).await?;
            let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            for row in rows {
                if row.time < since {
                    return Ok(grown);
                }
                grown.extend(StreamId::new(&row.name).map(|stream| (stream, row.version)));
            }
            if read < LATEST {
                return Ok(grown);
            }
            skip += read;
        }
    }

    /// How many sealed rows were opened since the start: what was read has cost so much.
    #[must_use]
    pub fn rows_opened(&self) -> u64 {
        self.shared().keys.opened()
    }

    /// Puts the streams of a kind on the lists of this version, once: of several nodes that
    /// start one does it, and the others wait. What an earlier version wrote is folded for
    /// it, so it takes long where there is much.
    ///
    /// # Errors
    /// The database fails.
    pub async fn put_on_lists<S: Stream>(&self) -> Result<(), StoreError> {
        let scope = format!("store/lists/{}", S::KIND);
        while !self.are_on_lists(&scope).await? {
            if !self.leases().take(&scope, FOLDING).await?.is_own() {
                tokio::time::sleep(WAITED).await;
                continue;
            }
            // The node that had the lease before may have done it.
            if !self.are_on_lists(&scope).await? && self.put_all_on_lists::<S>(&scope).await? {
                let claim = Claim {
                    scope: scope.clone(),
                    id: RULES.to_owned(),
                    value: Vec::new(),
                };
                self.apply(claims::put(&self.shared().keys, &claim)?)
                    .await?;
            }
            self.leases().leave(&scope).await?;
        }
        Ok(())
    }

    async fn are_on_lists(&self, scope: &str) -> Result<bool, StoreError> {
        let keys = &self.shared().keys;
        let done = claims::find(&mut *self.reader().await?, keys, scope, RULES).await?;
        Ok(done.is_some())
    }

    /// Whether all are on lists; it is another node's work when the lease is lost.
    async fn put_all_on_lists<S: Stream>(&self, lease: &str) -> Result<bool, StoreError> {
        let mut after = i64::MIN;
        loop {
            let rows = self.reader().await?.streams_after(after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            let mut waiting = Vec::new();
            for row in rows.iter().filter(|row| row.kind == S::KIND) {
                let Some(stream) = StreamId::new(&row.name) else {
                    continue;
                };
                let (job, written) = RenewJob::<S>::new(stream);
                self.order(Box::new(job)).await?;
                waiting.push(written);
            }
            for written in waiting {
                written.await.map_err(|_| StoreError::Closed)??;
            }
            tracing::info!(streams = after, "put on the lists of this version");
            if !self.leases().take(lease, FOLDING).await?.is_own() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at the row of every stream, a few hundred at a time: notes those that are
    /// damaged, and puts right where somebody changed kinds, due times or, of streams of
    /// this kind, places on lists.
    ///
    /// # Errors
    /// The database fails.
    pub async fn look_over<S: Stream>(&self) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let mut reader = self.reader().await?;
            let rows = reader.streams_after(after, PAGE).await?;
            let Some((first, last)) = rows.first().zip(rows.last()) else {
                return Ok(());
            };
            let mut places: BTreeMap<i64, HashSet<(Hashed, Millis)>> = BTreeMap::new();
            for row in reader.places(first.id, last.id).await? {
                let of = places.entry(row.stream).or_default();
                of.insert((row.list, row.at));
            }
            drop(reader);
            after = last.id;
            let shared = self.shared_arc();
            // Opening and hashing hold up no request.
            let wrong = crate::files::blocking(move || {
                let is_wrong = |row: &StreamRow| {
                    let stored = places.remove(&row.id).unwrap_or_default();
                    match right::<S>(row, &shared.keys) {
                        Ok(right) => right.differs(row, &stored),
                        Err(error) => {
                            drop(shared.damage.of(&row.name, error));
                            false
                        }
                    }
                };
                let mut is_wrong = is_wrong;
                let mut rows = rows;
                rows.retain(|row| is_wrong(row));
                Ok(rows)
            })
            .await?;
            for row in wrong {
                let (job, mended) = MendJob::<S>::new(row.name);
                self.order(Box::new(job)).await?;
                mended.await.map_err(|_| StoreError::Closed)??;
            }
        }
    }

    async fn order(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let sent = self.orders().send(Order::Run(job)).await;
        sent.map_err(|_| StoreError::Closed)
    }
}

/// What a row's seal says of what lies outside of it.
struct Right {
    kind: String,
    due: Option<Millis>,
    /// None for a stream of another kind.
    places: Option<HashSet<(Hashed, Millis)>>,
}

impl Right {
    fn differs(&self, row: &StreamRow, stored: &HashSet<(Hashed, Millis)>) -> bool {
        let listed = self.places.as_ref().is_some_and(|places| places != stored);
        self.kind != row.kind || self.due != row.due || listed
    }
}

fn right<S: Stream>(row: &StreamRow, keys: &Keys) -> Result<Right, StoreError> {
    let inside = row.open::<serde_json::Value>(keys)?;
    // What an earlier version wrote, and this one does not read, is put on no list.
    let summary =
        (inside.kind == S::KIND).then(|| serde_json::from_value::<S::Summary>(inside.summary).ok());
    let places = summary.flatten();
    Ok(Right {
        places: places.map(|summary| hashed(keys, S::KIND, &S::lists(&summary))),
        kind: inside.kind,
        due: inside.due,
    })
}

/// Puts right what somebody changed outside of a row's seal.
struct MendJob<S> {
    stream: String,
    answer: oneshot::Sender<Result<(), StoreError>>,
    kind: std::marker::PhantomData<fn() -> S>,
}

impl<S: Stream> MendJob<S> {
    fn new(stream: String) -> (Self, oneshot::Receiver<Result<(), StoreError>>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            stream,
            answer,
            kind: std::marker::PhantomData,
        };
        (job, receiver)
    }

    async fn mend(&self, group: &mut Group<'_>) -> Result<(), StoreError> {
        // As it is inside the transaction: it may have grown since.
        let Some(mut row) = group.tx.lock(&self.stream).await? else {
            return Ok(());
        };
        let keys = &group.shared.keys;
        let Ok(right) = right::<S>(&row, keys) else {
            return Ok(());
        };
        let stored = Places::read(&mut *group.tx, row.id).await?.stored;
        if !right.differs(&row, &stored) {
            return Ok(());
        }
        tracing::error!(stream = %row.name, "somebody changed how it is found; it is put right");
        let place = |(list, at): &(Hashed, Millis)| PlaceRow {
            list: *list,
            at: *at,
            stream: row.id,
        };
        if let Some(places) = &right.places {
            let gone = stored.difference(places).map(place).map(Change::Unlisted);
            let new = places.difference(&stored).map(place).map(Change::Listed);
            for change in gone.chain(new) {
                group.tx.apply(&change).await?;
            }
        }
        (row.kind, row.due) = (right.kind, right.due);
        group.tx.put(&[row], &[]).await
    }
}

impl<S: Stream> Job for MendJob<S> {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        self.mend(group).boxed()
    }

    fn lane(&self) -> Lane {
        StreamId::new(&self.stream).map_or(Lane::Beside, Lane::Stream)
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(written);
    }
}
