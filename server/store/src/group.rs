//! One transaction under way, and what is done in it.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::future::BoxFuture;

use kaibiao_core::command::Away;
use kaibiao_crypto::Digest;

use crate::clock::Reading;
use crate::erasing;
use crate::error::StoreError;
use crate::lanes::Lane;
use crate::ledger::{Change, NewEvent, StreamRow, Tx};
use crate::nodes;
use crate::sealed::EventRow;
use crate::shared::Shared;
use crate::shelves::{self, Shelf};
use crate::stream::{Erasure, StreamId};
use crate::wake::Changed;

/// Something to do inside a transaction. It may be run more than once; what an
/// earlier run did was rolled back then.
pub(crate) trait Job: Send {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>>;
    /// What it goes in one lane with.
    fn lane(&self) -> Lane;
    /// Answers the caller, who may be gone.
    fn settle(self: Box<Self>, outcome: Result<(), StoreError>);
}

impl dyn Job {
    /// The stream whose lane it goes in.
    pub fn stream(&self) -> Option<StreamId> {
        match self.lane() {
            Lane::Stream(stream) => Some(stream),
            _ => None,
        }
    }
}

/// A stream as the transaction sees it, whatever its kind.
pub(crate) trait Open: Any + Send {
    /// The row to write, if the stream grew.
    fn row(&self, shared: &Shared) -> Result<Option<StreamRow>, StoreError>;
    /// The same at the end of the transaction, with what changes of its places on the
    /// lists.
    fn write(&mut self, shared: &Shared) -> Result<Option<(StreamRow, Vec<Change>)>, StoreError>;
    /// That an event has lost its details, of which this is the digest.
    fn erased(&mut self, seq: u64, details: Digest);
    /// After the commit: shows the stream to readers.
    fn publish(self: Box<Self>, shared: &Shared) -> Option<Changed>;
}

/// One transaction under way.
pub(crate) struct Group<'w> {
    pub tx: Box<dyn Tx + 'w>,
    pub shared: &'w Shared,
    pub open: HashMap<StreamId, Box<dyn Open>>,
    /// The heads of streams that are held from the beginning, until they are asked for.
    held: HashMap<String, StreamRow>,
    events: Vec<NewEvent>,
    /// Messages for the outbox. Those of all streams are in one order, so that whoever
    /// puts some holds all others up until the commit: they come last.
    pub messages: Vec<Change>,
    /// What comes on which shelf with the commit, by the names under which shelves are
    /// held: every node takes them in this one order, or two could wait for each other.
    shelved: BTreeMap<String, (Shelf, Vec<StreamId>)>,
    /// What is to lose its details with the commit.
    pub erasures: Vec<Erasure>,
    /// The one look at clock and absence, where that is the database's.
    seen: Option<(Reading, Option<Away>)>,
}

impl<'w> Group<'w> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin(shared: &'w Shared) -> Result<Self, StoreError> {
        Ok(Self {
            tx: shared.ledger.begin().await?,
            shared,
            open: HashMap::new(),
            held: HashMap::new(),
            events: Vec::new(),
            messages: Vec::new(),
            shelved: BTreeMap::new(),
            erasures: Vec::new(),
            seen: None,
        })
    }

    /// Takes a stream that an earlier job of this group opened.
    pub fn take(&mut self, stream: &StreamId) -> Option<Box<dyn Open>> {
        self.open.remove(stream)
    }

    /// Gives it back for the next job and for the commit.
    pub fn keep(&mut self, stream: StreamId, open: Box<dyn Open>) {
        self.open.insert(stream, open);
    }

    /// The row of a stream as it is at this place among the jobs, and stays until the
    /// commit; None for one without events.
    pub async fn row(&mut self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError> {
        let grown = match self.open.get(stream) {
            Some(open) => open.row(self.shared)?,
            None => None,
        };
        match grown {
            Some(row) => Ok(Some(row)),
            None => self.tx.lock(stream.as_str()).await,
        }
    }

    /// The head of a stream, which stays as it is until the commit.
    pub async fn head(&mut self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError> {
        match self.held.remove(stream.as_str()) {
            Some(row) => Ok(Some(row)),
            None => self.tx.lock(stream.as_str()).await,
        }
    }

    /// Holds what streams of the jobs can be held without waiting; answers the jobs of the
    /// others.
    pub async fn hold(
        &mut self,
        jobs: &mut Vec<Box<dyn Job>>,
    ) -> Result<Vec<Box<dyn Job>>, StoreError> {
        let streams: HashSet<_> = jobs.iter().filter_map(|job| job.stream()).collect();
        let names: Vec<_> = streams.iter().map(StreamId::as_str).collect();
        let rows = self.tx.hold(&names).await?;
        self.held = rows
            .into_iter()
            .map(|row| (row.name.clone(), row))
            .collect();
        let (held, others) = std::mem::take(jobs).into_iter().partition(|job| {
            let stream = job.stream();
            stream.is_some_and(|stream| self.held.contains_key(stream.as_str()))
        });
        *jobs = held;
        Ok(others)
    }

    /// What a decision is timed by, and when nobody was served last. The stream that is
    /// decided on is held.
    pub async fn look(&mut self) -> Result<(Reading, Option<Away>), StoreError> {
        if let Some(seen) = self.seen {
            return Ok(seen);
        }
        let seen = nodes::look(&mut *self.tx, self.shared).await?;
        if self.shared.ledger.is_shared() {
            self.seen = Some(seen);
        }
        Ok(seen)
    }

    /// Goes on only where this node has the lease, and keeps others from taking it over
    /// before the commit.
    ///
    /// # Errors
    /// [`StoreError::NotOurs`] when another node has it.
    pub async fn fence(&mut self, lease: &'static str) -> Result<(), StoreError> {
        if !self.shared.ledger.is_shared() {
            return Ok(());
        }
        let found = self.tx.lease(lease).await?.map(|found| found.number);
        if found.is_some() && found == self.shared.held.number(lease) {
            Ok(())
        } else {
            Err(StoreError::NotOurs(lease))
        }
    }

    pub fn add_event(&mut self, stream: i64, event: EventRow) {
        self.events.push((stream, event));
    }

    /// Puts a stream on a shelf with the commit, unless it is there.
    pub fn shelve(&mut self, owner: &str, stream: &StreamId) {
        let on = Shelf::of(owner);
        let held_by = on.held_by(&self.shared.keys);
        let new = || (on, Vec::new());
        let (_, streams) = self.shelved.entry(held_by).or_insert_with(new);
        streams.push(stream.clone());
    }

    /// Lets an event lose its details with the commit.
    pub fn erase(&mut self, erasure: Erasure) {
        self.erasures.push(erasure);
    }

    pub async fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        for job in jobs {
            job.run(self).await?;
        }
        self.erase_all().await?;
        let mut rows = Vec::new();
        let mut listed = Vec::new();
        for open in self.open.values_mut() {
            if let Some((row, changes)) = open.write(self.shared)? {
                rows.push(row);
                listed.extend(changes);
            }
        }
        self.tx.put(&rows, &self.events).await?;
        for (held_by, (shelf, streams)) in std::mem::take(&mut self.shelved) {
            self.tx.lock(&held_by).await?;
            for stream in streams {
                shelves::put(self, &shelf, &stream).await?;
            }
        }
        for change in listed.iter().chain(&self.messages) {
            self.tx.apply(change).await?;
        }
        Ok(())
    }
}

impl Group<'_> {
    /// Erases what the jobs say, after all of them, so that rows are counted once.
    async fn erase_all(&mut self) -> Result<(), StoreError> {
        for erasure in self.erasures.clone() {
            let name = erasure.stream.as_str();
            let erased = erasing::erase(self, &erasure).await;
            let erased = erased.map_err(|error| self.shared.damage.of(name, error))?;
            let Some(mut row) = erased else {
                continue;
            };
            if let Some(open) = self.open.get_mut(&erasure.stream) {
                open.erased(erasure.seq, erasure.details);
            } else {
                erasing::count(self, &mut row)?;
                self.tx.put(&[row], &[]).await?;
            }
        }
        Ok(())
    }
}
