//! The one writer.
//!
//! A thread of its own, with the only connection that writes. It takes whatever
//! waits, runs it in one transaction and answers when that is durable: a group
//! commit. Callers only wait; one that goes away changes nothing.
//!
//! A decision runs before any of its rows are written, so a refusal needs no
//! rollback. Anything that fails afterwards spoils the whole group; it is then
//! rolled back and its members are repeated one by one, each in a transaction
//! of its own, so that only the one that fails is told so.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use crate::error::StoreError;
use crate::heartbeat;
use crate::rows::{StreamRow, write_events, write_streams};
use crate::sealed::EventRow;
use crate::shared::Shared;
use crate::stream::StreamId;
use crate::wake::Changed;

/// Jobs in one transaction at most; more only lengthen everybody's wait.
const GROUP: usize = 256;

/// Something to do inside a transaction. May be run more than once: what an
/// earlier run did was rolled back.
pub(crate) trait Job: Send {
    fn run<'a>(&'a mut self, group: &'a mut Group<'_>) -> BoxFuture<'a, Result<(), StoreError>>;
    /// Answers the caller, who may be gone.
    fn settle(self: Box<Self>, outcome: Result<(), StoreError>);
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
    /// After the commit: shows the stream to readers.
    fn publish(self: Box<Self>, shared: &Shared) -> Option<Changed>;
}

/// One transaction under way.
pub(crate) struct Group<'w> {
    pub conn: &'w mut SqliteConnection,
    pub shared: &'w Shared,
    next_stream: &'w mut i64,
    open: HashMap<StreamId, Box<dyn Open>>,
    events: Vec<(i64, EventRow)>,
    wiped: &'w mut bool,
}

impl Group<'_> {
    /// Says that something was deleted that must also leave the log.
    pub fn wipes(&mut self) {
        *self.wiped = true;
    }

    /// Takes a stream that an earlier job of this group opened.
    pub fn take(&mut self, stream: &StreamId) -> Option<Box<dyn Open>> {
        self.open.remove(stream)
    }

    /// Gives it back for the next job and for the commit.
    pub fn keep(&mut self, stream: StreamId, open: Box<dyn Open>) {
        self.open.insert(stream, open);
    }

    /// A row number for a stream that begins.
    pub fn new_stream(&mut self) -> i64 {
        *self.next_stream += 1;
        *self.next_stream
    }

    pub fn add_event(&mut self, stream: i64, event: EventRow) {
        self.events.push((stream, event));
    }

    async fn commit(self) -> Result<Vec<Box<dyn Open>>, StoreError> {
        let mut rows = Vec::new();
        for open in self.open.values() {
            rows.extend(open.row(self.shared)?);
        }
        write_streams(self.conn, &rows).await?;
        write_events(self.conn, &self.events).await?;
        execute(self.conn, "COMMIT").await?;
        Ok(self.open.into_values().collect())
    }
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    options: SqliteConnectOptions,
    /// None after a failure that leaves the connection in doubt.
    conn: Option<SqliteConnection>,
    next_stream: i64,
    /// Between two heartbeats.
    interval: Duration,
    /// Whether the log holds what was wiped.
    wiped: bool,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, options: SqliteConnectOptions, interval: Duration) -> Self {
        Self {
            shared,
            options,
            conn: None,
            next_stream: 0,
            interval,
            wiped: false,
        }
    }

    /// Works until told to stop, or until nobody can send any more.
    pub async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        let beat = self.interval;
        let mut ticks = tokio::time::interval_at(Instant::now() + beat, beat);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let order = tokio::select! {
                order = orders.recv() => order,
                _ = ticks.tick() => {
                    self.beat(false).await;
                    if self.wiped {
                        self.empty_log().await;
                    }
                    continue;
                }
            };
            let mut group = Vec::new();
            let mut next = order;
            let stop = loop {
                match next {
                    None if group.is_empty() => return,
                    Some(Order::Run(job)) => group.push(job),
                    Some(Order::Stop(answer)) => break Some(answer),
                    None => break None,
                }
                if group.len() == GROUP {
                    break None;
                }
                next = orders.try_recv().ok();
            };
            self.settle(group).await;
            if let Some(answer) = stop {
                let outcome = self.stop().await;
                // Who asked may be gone.
                let _ = answer.send(outcome);
                return;
            }
        }
    }

    async fn settle(&mut self, mut group: Vec<Box<dyn Job>>) {
        match self.attempt(&mut group).await {
            Ok(()) => group.into_iter().for_each(|job| job.settle(Ok(()))),
            Err(error) if group.len() == 1 => {
                self.shared.health.failed(&error);
                if let Some(job) = group.pop() {
                    job.settle(Err(error));
                }
            }
            Err(error) => {
                tracing::warn!(%error, jobs = group.len(), "a group failed; its jobs are repeated one by one");
                for job in group {
                    let mut alone = vec![job];
                    let outcome = self.attempt(&mut alone).await;
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

    /// All of the jobs in one transaction, or nothing.
    async fn attempt(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        // Rules that panic while folding must not take the writer with them.
        let written = AssertUnwindSafe(self.transaction(jobs))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(StoreError::Panicked("under way".into())));
        match written {
            Ok(open) => {
                let changed: Vec<_> = open
                    .into_iter()
                    .filter_map(|open| open.publish(&self.shared))
                    .collect();
                changed
                    .into_iter()
                    .for_each(|changed| self.shared.wake.wake(changed));
                Ok(())
            }
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }

    async fn transaction(
        &mut self,
        jobs: &mut [Box<dyn Job>],
    ) -> Result<Vec<Box<dyn Open>>, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.connect().await?;
        let Some(conn) = self.conn.as_mut() else {
            return Err(StoreError::Closed);
        };
        execute(conn, "BEGIN IMMEDIATE").await?;
        let mut group = Group {
            conn,
            shared: &shared,
            next_stream: &mut self.next_stream,
            open: HashMap::new(),
            events: Vec::new(),
            wiped: &mut self.wiped,
        };
        for job in jobs {
            job.run(&mut group).await?;
        }
        group.commit().await
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        if self.conn.is_none() {
            let mut conn = self.options.connect().await?;
            self.next_stream = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM streams")
                .fetch_one(&mut conn)
                .await?;
            self.conn = Some(conn);
        }
        Ok(())
    }

    /// Undoes a failed transaction. After a failed commit only the file knows
    /// what happened, so connection and folds are dropped and made anew from it.
    async fn rollback(&mut self) {
        self.shared.cache.clear();
        if let Some(mut conn) = self.conn.take()
            && execute(&mut conn, "ROLLBACK").await.is_err()
        {
            tracing::debug!("nothing to roll back: the database had done so");
        }
    }

    async fn beat(&mut self, clean: bool) {
        let outcome = async {
            self.connect().await?;
            let Some(conn) = self.conn.as_mut() else {
                return Err(StoreError::Closed);
            };
            heartbeat::write(conn, self.shared.clock.now(), clean).await
        };
        match outcome.await {
            Ok(()) => self
                .shared
                .health
                .beaten(self.shared.clock.now(), self.interval),
            Err(error) => {
                self.conn = None;
                self.shared.health.failed(&error);
                tracing::error!(%error, "the heartbeat could not be written");
            }
        }
    }

    /// Moves everything from the log into the database and cuts it off, so that
    /// what was wiped is in neither.
    async fn empty_log(&mut self) {
        let Some(conn) = self.conn.as_mut() else {
            return;
        };
        match sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(conn)
            .await
        {
            Ok(busy) => self.wiped = busy != 0,
            Err(error) => tracing::warn!(%error, "the log could not be emptied; it is tried again"),
        }
    }

    async fn stop(&mut self) -> Result<(), StoreError> {
        self.beat(true).await;
        self.empty_log().await;
        if let Some(conn) = self.conn.take() {
            conn.close().await?;
        }
        Ok(())
    }
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(conn).await?;
    Ok(())
}
