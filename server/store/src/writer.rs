//! The one writer of a process.
//!
//! It has a thread of its own, and nothing else in the process begins a
//! transaction. It takes whatever waits, runs it in one transaction and answers
//! when that is durable: a group commit. Callers only wait; one that goes away
//! changes nothing.
//!
//! Where other processes write to the ledger as well, a stream has a lane of its own,
//! since its transaction may have to wait for theirs: each lane is in one transaction at a
//! time, and several transactions are under way at once. Streams that nobody else holds
//! go together in one; one that is held by another node waits for it by itself.
//!
//! A decision runs before any of its rows are written, so a refusal needs no
//! rollback. Anything that fails afterwards spoils the whole group; it is then
//! rolled back and its members are repeated one by one, each in a transaction
//! of its own, so that only the one that fails is told so.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use kaibiao_core::command::Away;
use kaibiao_crypto::Digest;

use crate::clock::Reading;
use crate::erasing;
use crate::error::StoreError;
use crate::heartbeat::{self, PULSE};
use crate::lanes::{Lane, Lanes, Turn};
use crate::ledger::{Change, NewEvent, StreamRow, Tx};
use crate::lock::Lock;
use crate::nodes;
use crate::sealed::EventRow;
use crate::shared::Shared;
use crate::stream::{Erasure, StreamId};
use crate::wake::Changed;

/// A transaction has at most so many jobs; more would only lengthen everybody's
/// wait.
pub(crate) const GROUP: usize = 256;

/// So many transactions are under way at once, where there are several.
const TRANSACTIONS: usize = 12;

/// So many of them at most are of streams that go together: the fewer there are, the more
/// streams share a commit. They wait for nobody, so that few are enough.
const TOGETHER: usize = 3;

/// The pauses before a transaction is tried again, in milliseconds: a primary that is
/// promoted takes some seconds.
const PAUSES: [u64; 7] = [20, 100, 300, 600, 1_000, 1_500, 2_000];

/// A transaction takes no longer, where the server may be gone without a word, and none is
/// begun again after that.
const LONGEST: Duration = Duration::from_secs(20);

/// A heartbeat of a node among several takes no longer, for the same reason.
const LONGEST_BEAT: Duration = Duration::from_secs(5);

/// So many jobs are taken in; callers with more wait to be let in.
pub(crate) const WAITING: usize = 4_096;

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
    fn stream(&self) -> Option<StreamId> {
        match self.lane() {
            Lane::Stream(stream) => Some(stream),
            _ => None,
        }
    }
}

pub(crate) enum Order {
    Run(Box<dyn Job>),
    /// Marks a stop in good order and ends the writer.
    Stop(oneshot::Sender<Result<(), StoreError>>),
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
    open: HashMap<StreamId, Box<dyn Open>>,
    /// The heads of streams that are held from the beginning, until they are asked for.
    held: HashMap<String, StreamRow>,
    events: Vec<NewEvent>,
    /// Messages for the outbox. Those of all streams are in one order, so that whoever
    /// puts some holds all others up until the commit: they come last.
    pub messages: Vec<Change>,
    /// What is to lose its details with the commit.
    erasures: Vec<Erasure>,
    /// The one look at clock and absence, where that is the database's.
    seen: Option<(Reading, Option<Away>)>,
}

impl Group<'_> {
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
    async fn hold(
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

    /// Lets an event lose its details with the commit.
    pub fn erase(&mut self, erasure: Erasure) {
        self.erasures.push(erasure);
    }

    async fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
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

/// What a transaction wrote.
struct Written {
    open: Vec<Box<dyn Open>>,
    erased: Vec<StreamId>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// Between two heartbeats.
    interval: Duration,
}

/// Where jobs go whose streams are held by somebody else; None where they are waited for.
type Again<'a> = Option<&'a mut Vec<Box<dyn Job>>>;

/// Why a transaction came to nothing, or perhaps did not.
struct Failed {
    error: StoreError,
    /// Whether it may be written all the same: a commit that was not answered.
    in_doubt: bool,
}

impl Failed {
    fn may_be_repeated(&self) -> bool {
        !self.in_doubt && matches!(self.error, StoreError::Unavailable(_))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        let in_doubt = false;
        Self { error, in_doubt }
    }
}

fn silent() -> StoreError {
    StoreError::Unavailable("it does not answer".into())
}

/// Something of the writer's that came to its end.
enum Done {
    /// The jobs of some lanes, which may go on.
    Turn {
        lanes: Vec<Lane>,
        waits: bool,
        /// Those whose streams somebody else held.
        again: Vec<Box<dyn Job>>,
    },
    Beat,
    Look,
}

/// What comes back again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    /// It is not time yet.
    Rests,
    Due,
    UnderWay,
}

/// What the writer has to do, and does.
struct Course<'w> {
    writer: &'w Writer,
    /// Whether other processes write as well, so that several transactions may wait.
    is_shared: bool,
    lanes: Lanes,
    running: FuturesUnordered<BoxFuture<'w, Done>>,
    /// How many of these are of streams that go together.
    together: usize,
    look: Time,
    beat: Time,
    next_beat: Instant,
    /// Whether anything more may come.
    is_open: bool,
    /// Who waits for the end.
    stop: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl<'w> Course<'w> {
    fn new(writer: &'w Writer) -> Self {
        Self {
            writer,
            is_shared: writer.shared.ledger.is_shared(),
            lanes: Lanes::default(),
            running: FuturesUnordered::new(),
            together: 0,
            look: Time::Rests,
            beat: Time::Rests,
            next_beat: Instant::now() + writer.interval,
            is_open: true,
            stop: None,
        }
    }

    fn takes_more(&self) -> bool {
        self.is_open && self.lanes.waiting < WAITING
    }

    /// Takes an order, or learns that there will be none.
    fn take(&mut self, order: Option<Order>) {
        match order {
            Some(Order::Run(job)) => self.lanes.add(job, self.is_shared),
            Some(Order::Stop(answer)) => {
                self.stop = Some(answer);
                self.is_open = false;
            }
            None => self.is_open = false,
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.look == Time::Rests {
            self.look = Time::Due;
        }
        if self.beat == Time::Rests && now >= self.next_beat {
            self.next_beat = now + self.writer.interval;
            self.beat = Time::Due;
        }
    }

    /// Begins what may begin now. A writer that is alone does one thing at a time: while
    /// it lasts nobody is served, and the look after it notices if that was long.
    fn begin(&mut self) {
        let writer = self.writer;
        if self.look == Time::Due && self.is_shared {
            self.look = Time::UnderWay;
            let look = writer.look_around().map(|()| Done::Look);
            self.running.push(look.boxed());
        } else if self.look == Time::Due && self.running.is_empty() {
            self.look = Time::Rests;
            writer.shared.look();
        }
        if self.beat == Time::Due && (self.is_shared || self.running.is_empty()) {
            self.beat = Time::UnderWay;
            let beat = writer.keep_time().map(|()| Done::Beat);
            self.running.push(beat.boxed());
        }
        let most = if self.is_shared { TRANSACTIONS } else { 1 };
        while self.running.len() < most
            && let Some(turn) = self.next()
        {
            self.running.push(writer.turn(turn).boxed());
        }
    }

    fn next(&mut self) -> Option<Turn> {
        if self.together < TOGETHER
            && let Some(turn) = self.lanes.next_together()
        {
            self.together += 1;
            return Some(turn);
        }
        self.lanes.next_single()
    }

    fn end(&mut self, done: Done) {
        match done {
            Done::Turn {
                lanes,
                waits,
                again,
            } => {
                self.together -= usize::from(!waits);
                self.lanes.put_back(again);
                for lane in lanes {
                    self.lanes.free(lane);
                }
            }
            Done::Beat => self.beat = Time::Rests,
            Done::Look => self.look = Time::Rests,
        }
    }

    fn is_over(&self) -> bool {
        !self.is_open && self.running.is_empty()
    }
}

impl Writer {
    pub fn new(shared: Arc<Shared>, interval: Duration) -> Self {
        Self { shared, interval }
    }

    /// Works until told to stop, or until nobody can send any more.
    pub async fn serve(self, mut orders: mpsc::Receiver<Order>) {
        let pulse = self
            .interval
            .min(Duration::from_millis(PULSE.unsigned_abs()));
        let mut ticks = tokio::time::interval_at(Instant::now() + pulse, pulse);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut course = Course::new(&self);
        loop {
            while course.takes_more()
                && let Ok(order) = orders.try_recv()
            {
                course.take(Some(order));
            }
            course.begin();
            if course.is_over() {
                break;
            }
            tokio::select! {
                Some(done) = course.running.next() => course.end(done),
                order = orders.recv(), if course.takes_more() => course.take(order),
                now = ticks.tick() => course.tick(now),
            }
        }
        if let Some(answer) = course.stop.take() {
            self.beat(true).await;
            let outcome = self.shared.ledger.close().await;
            // The caller may be gone, and then nobody wants the answer.
            let _ = answer.send(outcome);
        }
    }

    async fn keep_time(&self) {
        self.beat(false).await;
        self.tend().await;
    }

    /// Looks for what other nodes wrote.
    async fn look_around(&self) {
        if let Err(error) = self.shared.grown.look(&self.shared).await {
            tracing::warn!(%error, "what other nodes wrote is looked for again");
        }
    }

    async fn turn(&self, turn: Turn) -> Done {
        let Turn { lanes, jobs, waits } = turn;
        let mut again = Vec::new();
        self.settle(jobs, (!waits).then_some(&mut again)).await;
        Done::Turn {
            lanes,
            waits,
            again,
        }
    }

    async fn settle(&self, mut group: Vec<Box<dyn Job>>, again: Again<'_>) {
        match self.attempt(&mut group, again).await {
            Ok(()) => group.into_iter().for_each(|job| job.settle(Ok(()))),
            Err(failed) if group.len() == 1 => {
                self.shared.health.failed(&failed.error);
                if let Some(job) = group.pop() {
                    job.settle(Err(failed.error));
                }
            }
            // Nothing was told to anybody yet, and all of it may be written.
            Err(failed) if failed.in_doubt => {
                self.shared.health.failed(&failed.error);
                let problem = failed.error.to_string();
                for job in group {
                    job.settle(Err(StoreError::Unavailable(problem.clone().into())));
                }
            }
            Err(failed) => {
                let error = failed.error;
                tracing::warn!(%error, jobs = group.len(), "a group failed; its jobs are repeated one by one");
                for job in group {
                    let mut alone = vec![job];
                    let outcome = self.attempt(&mut alone, None).await.map_err(|it| it.error);
                    if let Err(error) = &outcome {
                        self.shared.health.failed(error);
                    }
                    if let Some(job) = alone.pop() {
                        job.settle(outcome);
                    }
                }
            }
        }
    }

    /// All of the jobs in one transaction, or nothing. A database that several nodes
    /// share may give a transaction up, or be another server's by now: then it is tried
    /// again from what is stored, as long as nobody asked it to commit.
    async fn attempt(
        &self,
        jobs: &mut Vec<Box<dyn Job>>,
        mut again: Again<'_>,
    ) -> Result<(), Failed> {
        if jobs.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let mut pauses = PAUSES.iter();
        let Written { open, erased } = loop {
            let written = self.in_time(jobs, again.as_deref_mut()).await;
            match written {
                Ok(written) => break written,
                Err(failed) => {
                    self.shared.cache.clear();
                    let again = failed.may_be_repeated() && began.elapsed() < LONGEST;
                    let Some(pause) = pauses.next().filter(|_| again) else {
                        self.shared.health.took(began.elapsed());
                        return Err(failed);
                    };
                    tracing::warn!(error = %failed.error, "a transaction is tried again");
                    tokio::time::sleep(Duration::from_millis(*pause)).await;
                }
            }
        };
        self.shared.health.took(began.elapsed());
        let changed: Vec<_> = open
            .into_iter()
            .filter_map(|open| open.publish(&self.shared))
            .collect();
        // What was folded before tells what is erased now.
        for stream in &erased {
            self.shared.cache.forget(stream);
        }
        for changed in changed {
            let (name, time) = (changed.stream.as_str(), self.shared.clock.now());
            self.shared.grown.note(name, changed.version, time);
            self.shared.wake.wake(changed);
        }
        Ok(())
    }

    /// A transaction that does not wait for ever for a server that is gone.
    async fn in_time(
        &self,
        jobs: &mut Vec<Box<dyn Job>>,
        again: Again<'_>,
    ) -> Result<Written, Failed> {
        if !self.shared.ledger.is_shared() {
            return self.transaction(jobs, again).await;
        }
        let written = tokio::time::timeout(LONGEST, self.transaction(jobs, again)).await;
        written.unwrap_or_else(|_| {
            Err(Failed {
                error: silent(),
                in_doubt: true,
            })
        })
    }

    async fn transaction(
        &self,
        jobs: &mut Vec<Box<dyn Job>>,
        again: Again<'_>,
    ) -> Result<Written, Failed> {
        let mut group = Group {
            tx: self.shared.ledger.begin().await?,
            shared: &self.shared,
            open: HashMap::new(),
            held: HashMap::new(),
            events: Vec::new(),
            messages: Vec::new(),
            erasures: Vec::new(),
            seen: None,
        };
        if let Some(again) = again {
            match group.hold(jobs).await {
                Ok(others) => again.extend(others),
                Err(error) => {
                    group.tx.rollback().await;
                    return Err(error.into());
                }
            }
        }
        // Rules that panic while folding must not take the writer with them.
        let run = AssertUnwindSafe(group.run(jobs)).catch_unwind().await;
        match run.unwrap_or_else(|_| Err(StoreError::Panicked("under way".into()))) {
            Ok(()) => group.tx.commit().await.map_err(|error| Failed {
                in_doubt: self.shared.ledger.is_shared(),
                error,
            })?,
            Err(error) => {
                group.tx.rollback().await;
                return Err(error.into());
            }
        }
        Ok(Written {
            open: group.open.into_values().collect(),
            erased: group.erasures.into_iter().map(|it| it.stream).collect(),
        })
    }

    async fn beat(&self, clean: bool) {
        let shared = &self.shared;
        let began = Instant::now();
        let (now, since) = (shared.clock.now(), shared.health.unmarked());
        let boot = shared.clock.boot();
        let reached = shared.lock.as_ref().map_or(Ok(()), Lock::is_reachable);
        let written = match reached {
            Ok(()) if shared.ledger.is_shared() => {
                let beat = nodes::beat(shared, clean);
                let beaten = tokio::time::timeout(LONGEST_BEAT, beat).await;
                beaten.unwrap_or_else(|_| Err(silent()))
            }
            Ok(()) => heartbeat::write(&*shared.ledger, now, boot, clean, since).await,
            // Without descriptors nobody is served, though the database is open.
            Err(error) => Err(error.into()),
        };
        shared.health.beat_took(began.elapsed());
        match written {
            Ok(()) if shared.ledger.is_shared() => {}
            Ok(()) => {
                shared.health.beaten(now);
                if since.is_some() {
                    shared.health.marked();
                }
            }
            Err(error) => {
                if shared.ledger.is_shared() {
                    // Whether nobody was there, the next heartbeat of any node finds.
                    shared.health.failed(&error);
                } else {
                    shared.health.missed(&error);
                }
                tracing::error!(%error, "the heartbeat could not be written");
            }
        }
    }

    async fn tend(&self) {
        if let Err(error) = self.shared.ledger.tend().await {
            tracing::warn!(%error, "the database could not be tended; it is tried again");
        }
    }
}
