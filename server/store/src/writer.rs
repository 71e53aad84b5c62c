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

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use crate::course::{Course, Done};
use crate::error::StoreError;
use crate::group::{Group, Job, Open};
use crate::heartbeat::{self, PULSE};
use crate::lanes::Turn;
use crate::lock::Lock;
use crate::nodes;
use crate::shared::Shared;
use crate::stream::StreamId;

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

pub(crate) enum Order {
    Run(Box<dyn Job>),
    /// Marks a stop in good order and ends the writer.
    Stop(oneshot::Sender<Result<(), StoreError>>),
}

/// What a transaction wrote.
struct Written {
    open: Vec<Box<dyn Open>>,
    erased: Vec<StreamId>,
}

pub(crate) struct Writer {
    pub shared: Arc<Shared>,
    /// Between two heartbeats.
    pub interval: Duration,
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

    /// Looks for what other nodes wrote.
    pub async fn look_around(&self) {
        if let Err(error) = self.shared.grown.look(&self.shared).await {
            tracing::warn!(%error, "what other nodes wrote is looked for again");
        }
    }

    /// Does the jobs of one transaction.
    pub async fn turn(&self, turn: Turn) -> Done {
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
        let mut group = Group::begin(&self.shared).await?;
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

    /// Writes that somebody is there, or that this node stops.
    pub async fn beat(&self, clean: bool) {
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

    /// Does the engine's housekeeping.
    pub async fn tend(&self) {
        if let Err(error) = self.shared.ledger.tend().await {
            tracing::warn!(%error, "the database could not be tended; it is tried again");
        }
    }
}
