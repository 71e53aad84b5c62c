//! Deciding on a stream and writing what was decided, inside the transaction.

use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ring::aead::LessSafeKey;
use tokio::sync::oneshot;

use kaibiao_core::stream::{Recorded, Stream};
use kaibiao_crypto::merkle::Frontier;
use kaibiao_crypto::{Digest, canonical};

use crate::clock::STEADY;
use crate::error::{AppendError, StoreError};
use crate::fold::{self, Held, evolve, frontier_bytes};
use crate::group::{Group, Job, Open};
use crate::lanes::Lane;
use crate::ledger::{Change, StreamRow};
use crate::lists::Places;
use crate::row::Inside;
use crate::sealed::EventRow;
use crate::shared::Shared;
use crate::side::{claims, outbox, secrets};
use crate::stream::{Appended, At, Commit, Current, EventOf, Head, RecordedOf, StreamId};
use crate::wake::Changed;

type Outcome<S, T, R> = Result<Appended<S, T>, AppendError<R>>;

/// One append waiting for its transaction.
pub(crate) struct AppendJob<S: Stream, T, R, F> {
    stream: StreamId,
    decide: F,
    outcome: Option<Outcome<S, T, R>>,
    answer: oneshot::Sender<Outcome<S, T, R>>,
}

impl<S: Stream, T, R, F> AppendJob<S, T, R, F> {
    pub fn new(stream: StreamId, decide: F) -> (Self, oneshot::Receiver<Outcome<S, T, R>>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            stream,
            decide,
            outcome: None,
            answer,
        };
        (job, receiver)
    }
}

impl<S, T, R, F> Job for AppendJob<S, T, R, F>
where
    S: Stream,
    T: Send + 'static,
    R: Send + 'static,
    F: FnMut(At<'_, S>) -> Result<Commit<S, T>, R> + Send + 'static,
{
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let mut open = match OpenStream::<S>::of(group, &self.stream).await {
                // Nothing of it was written, so the others of the group go on.
                Err(damaged @ StoreError::Damaged { .. }) => {
                    self.outcome = Some(Err(damaged.into()));
                    return Ok(());
                }
                opened => opened?,
            };
            let outcome = open.append(group, &mut self.decide).await?;
            self.outcome = Some(outcome);
            group.keep(self.stream.clone(), open);
            Ok(())
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Stream(self.stream.clone())
    }

    fn settle(mut self: Box<Self>, written: Result<(), StoreError>) {
        let outcome = match written {
            Ok(()) => self
                .outcome
                .take()
                .unwrap_or(Err(StoreError::Closed.into())),
            Err(error) => Err(error.into()),
        };
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(outcome);
    }
}

/// A stream inside the transaction. Until the commit it is ahead of what readers
/// see.
struct OpenStream<S: Stream> {
    stream: StreamId,
    id: Option<i64>,
    wrap: LessSafeKey,
    frontier: Frontier,
    state: S::State,
    book: S::Book,
    version: u64,
    last_time: i64,
    grown: bool,
    /// Whether its row is written again although it did not grow.
    renewed: bool,
    /// Where it stands on the lists by what is stored.
    places: Places,
    /// The events without details.
    erased: BTreeMap<u64, Digest>,
    /// Whether its first events are in this transaction.
    began: bool,
}

impl<S: Stream> OpenStream<S> {
    /// From an earlier job of this group, from memory, or folded from the table.
    async fn of(group: &mut Group<'_>, stream: &StreamId) -> Result<Box<Self>, StoreError> {
        if let Some(open) = group.take(stream) {
            let open: Box<dyn Any> = open;
            return open.downcast().map_err(|_| StoreError::Kind {
                stream: stream.to_string(),
                found: "another".into(),
                expected: S::KIND.into(),
            });
        }
        let shared = group.shared;
        let held = if shared.ledger.is_shared() {
            let seen = shared.cache.seen::<Held<S>>(stream);
            let row = group.head(stream).await?;
            fold::current::<S>(&mut *group.tx, shared, stream, seen, row).await?
        } else {
            match shared.cache.find::<Held<S>>(stream) {
                Some(held) => held,
                None => Arc::new(fold::fold::<S>(&mut *group.tx, shared, stream).await?),
            }
        };
        Ok(Box::new(Self {
            stream: stream.clone(),
            id: held.id,
            wrap: shared.keys.wrap(stream.as_str()),
            frontier: held.frontier.clone(),
            state: held.current.state.clone(),
            book: held.current.book.clone(),
            version: held.current.version,
            last_time: held.current.last_time,
            grown: false,
            renewed: false,
            places: held.places.clone(),
            erased: held.current.erased.clone(),
            began: held.id.is_none(),
        }))
    }

    /// Decides and stages what was decided.
    ///
    /// # Errors
    /// Only what spoils the transaction; a refusal is an outcome.
    async fn append<T, R>(
        &mut self,
        group: &mut Group<'_>,
        decide: &mut (impl FnMut(At<'_, S>) -> Result<Commit<S, T>, R> + Send),
    ) -> Result<Outcome<S, T, R>, StoreError> {
        let (reading, away) = group.look().await?;
        let now = reading.now.max(self.last_time);
        let behind = now - reading.now;
        let (steady, drift) = if behind > STEADY {
            (false, -behind)
        } else {
            (reading.is_steady(), reading.drift)
        };
        let at = At {
            state: &self.state,
            book: &self.book,
            now,
            steady,
            drift,
            away,
            version: self.version,
        };
        // A panicking decision must not take the writer with it. It saw only
        // shared references, so nothing here is half changed.
        let commit = match catch_unwind(AssertUnwindSafe(|| decide(at))) {
            Ok(Ok(commit)) => commit,
            Ok(Err(refusal)) => return Ok(Err(AppendError::Refused(refusal))),
            Err(_) => return Ok(Err(StoreError::Panicked(self.stream.to_string()).into())),
        };
        for claim in &commit.claims {
            let keys = &group.shared.keys;
            // Whoever claims it at the same time, for another stream, waits here.
            group
                .tx
                .lock(&claims::held_by(keys, &claim.scope, &claim.id))
                .await?;
            if let Some(value) = claims::find(&mut *group.tx, keys, &claim.scope, &claim.id).await?
            {
                return Ok(Err(AppendError::Claimed(value)));
            }
        }
        let beside = commit.secrets_put.len() + commit.secrets_wiped.len() + commit.outbox.len();
        let id = match self.id {
            Some(id) => id,
            None if commit.events.is_empty() && beside > 0 => {
                return Ok(Err(StoreError::NoStream(self.stream.to_string()).into()));
            }
            None if commit.events.is_empty() => 0,
            None => *self.id.insert(group.tx.new_stream().await?),
        };
        let first_seq = self.version + 1;
        let mut recorded = Vec::with_capacity(commit.events.len());
        for event in commit.events {
            recorded.push(self.add(group, id, now, event)?);
        }
        let owners = recorded.iter().filter_map(|it| S::owner(&self.book, it));
        for owner in owners {
            group.shelve(&owner, &self.stream);
        }
        let keys = &group.shared.keys;
        let place = (id, &self.stream);
        for claim in &commit.claims {
            group.tx.apply(&claims::put(keys, claim)?).await?;
        }
        for (name, value) in &commit.secrets_put {
            let put = secrets::put(keys, place, name, value)?;
            group.tx.apply(&put).await?;
        }
        for name in &commit.secrets_wiped {
            group.tx.apply(&secrets::wiped(keys, place, name)).await?;
        }
        for erasure in commit.erased {
            group.erase(erasure);
        }
        for message in &commit.outbox {
            group.messages.push(outbox::put(keys, place, now, message)?);
        }
        Ok(Ok(Appended {
            first_seq,
            recorded,
            head: Head::of(&self.frontier),
            reply: commit.reply,
        }))
    }

    fn add(
        &mut self,
        group: &mut Group<'_>,
        id: i64,
        time: i64,
        event: EventOf<S>,
    ) -> Result<RecordedOf<S>, StoreError> {
        let seq = self.version + 1;
        let unlawful = |problem: String| StoreError::Unlawful {
            stream: self.stream.to_string(),
            seq,
            problem,
        };
        let facts = canonical::try_to_bytes(&event.facts).map_err(|p| unlawful(p.to_string()))?;
        let details =
            canonical::try_to_bytes(&event.details).map_err(|p| unlawful(p.to_string()))?;
        let row = EventRow::seal(
            &self.wrap,
            self.stream.as_str(),
            seq,
            time,
            &facts,
            &details,
        )?;
        let recorded = Recorded {
            seq,
            time,
            facts: event.facts,
            details: Some(event.details),
        };
        self.state = evolve::<S>(&self.stream, std::mem::take(&mut self.state), &recorded)?;
        self.book = S::note(std::mem::take(&mut self.book), &recorded);
        self.frontier.append(row.leaf);
        self.version = seq;
        self.last_time = time;
        self.grown = true;
        group.add_event(id, row);
        Ok(recorded)
    }
}

/// Writes a stream's row again from its events, by the rules of this version.
pub(crate) struct RenewJob<S: Stream> {
    stream: StreamId,
    answer: oneshot::Sender<Result<(), StoreError>>,
    kind: PhantomData<fn() -> S>,
}

impl<S: Stream> RenewJob<S> {
    pub fn new(stream: StreamId) -> (Self, oneshot::Receiver<Result<(), StoreError>>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            stream,
            answer,
            kind: PhantomData,
        };
        (job, receiver)
    }
}

impl<S: Stream> Job for RenewJob<S> {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match OpenStream::<S>::of(group, &self.stream).await {
                // It stands on no list until it is restored.
                Err(StoreError::Damaged { .. }) => Ok(()),
                Err(error) => Err(error),
                Ok(mut open) => {
                    open.renewed = true;
                    for owner in S::owners(&open.state, &open.book) {
                        group.shelve(&owner, &self.stream);
                    }
                    group.keep(self.stream.clone(), open);
                    Ok(())
                }
            }
        }
        .boxed()
    }

    fn lane(&self) -> Lane {
        Lane::Stream(self.stream.clone())
    }

    fn settle(self: Box<Self>, written: Result<(), StoreError>) {
        // The caller may have gone away; what is written stays written.
        let _ = self.answer.send(written);
    }
}

impl<S: Stream> OpenStream<S> {
    /// The row as it is written, and the summary that is sealed in it.
    fn sealed(&self, id: i64, shared: &Shared) -> Result<(StreamRow, S::Summary), StoreError> {
        let inside = Inside {
            kind: S::KIND.to_owned(),
            due: S::next_due(&self.state),
            erased: self.erased.len() as u64,
            summary: S::summary(&self.state, &self.book),
        };
        let mut row = StreamRow {
            id,
            name: self.stream.to_string(),
            kind: String::new(),
            version: self.version,
            time: self.last_time,
            frontier: frontier_bytes(&self.frontier),
            due: None,
            summary: Vec::new(),
            beyond: false,
        };
        row.seal(&shared.keys, &inside)?;
        Ok((row, inside.summary))
    }
}

impl<S: Stream> Open for OpenStream<S> {
    fn row(&self, shared: &Shared) -> Result<Option<StreamRow>, StoreError> {
        let Some(id) = self.id.filter(|_| self.grown) else {
            return Ok(None);
        };
        Ok(Some(self.sealed(id, shared)?.0))
    }

    fn write(&mut self, shared: &Shared) -> Result<Option<(StreamRow, Vec<Change>)>, StoreError> {
        let Some(id) = self.id.filter(|_| self.grown || self.renewed) else {
            return Ok(None);
        };
        let (row, summary) = self.sealed(id, shared)?;
        let wanted = S::lists(&summary);
        let changes = self.places.change(&shared.keys, S::KIND, id, wanted);
        Ok(Some((row, changes)))
    }

    fn erased(&mut self, seq: u64, details: Digest) {
        self.erased.insert(seq, details);
        self.renewed = true;
    }

    fn publish(self: Box<Self>, shared: &Shared) -> Option<Changed> {
        if !self.grown && !self.renewed {
            return None;
        }
        shared.newest.fetch_max(self.last_time, Ordering::AcqRel);
        if self.began {
            shared.streams.fetch_add(1, Ordering::AcqRel);
        }
        let held = Held::<S> {
            id: self.id,
            current: Arc::new(Current {
                state: self.state,
                book: self.book,
                version: self.version,
                last_time: self.last_time,
                head: Head::of(&self.frontier),
                erased: self.erased,
            }),
            frontier: self.frontier,
            places: self.places,
        };
        shared
            .cache
            .publish(&self.stream, self.version, Arc::new(held));
        self.grown.then_some(Changed {
            stream: self.stream,
            version: self.version,
            here: true,
        })
    }
}
