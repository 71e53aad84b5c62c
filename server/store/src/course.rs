//! What the writer has to do, and in which order it does it.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::group::Job;
use crate::lanes::{Lane, Lanes, Turn};
use crate::writer::{Order, WAITING, Writer};

/// So many transactions are under way at once, where there are several.
const TRANSACTIONS: usize = 12;

/// So many of them at most are of streams that go together: the fewer there are, the more
/// streams share a commit. They wait for nobody, so that few are enough.
const TOGETHER: usize = 3;

/// Something of the writer's that came to its end.
pub(crate) enum Done {
    /// The jobs of some lanes, which may go on.
    Turn {
        lanes: Vec<Lane>,
        waits: bool,
        /// Those whose streams somebody else held.
        again: Vec<Box<dyn Job>>,
    },
    Beat,
    Tend,
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
pub(crate) struct Course<'w> {
    writer: &'w Writer,
    /// Whether other processes write as well, so that several transactions may wait.
    is_shared: bool,
    lanes: Lanes,
    pub running: FuturesUnordered<BoxFuture<'w, Done>>,
    /// How many of these are of streams that go together.
    together: usize,
    look: Time,
    beat: Time,
    /// The engine's housekeeping, which may take longer than from one heartbeat to the
    /// next.
    tend: Time,
    next_beat: Instant,
    /// Whether anything more may come.
    is_open: bool,
    /// Who waits for the end.
    pub stop: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl<'w> Course<'w> {
    pub fn new(writer: &'w Writer) -> Self {
        Self {
            writer,
            is_shared: writer.shared.ledger.is_shared(),
            lanes: Lanes::default(),
            running: FuturesUnordered::new(),
            together: 0,
            look: Time::Rests,
            beat: Time::Rests,
            tend: Time::Rests,
            next_beat: Instant::now() + writer.interval,
            is_open: true,
            stop: None,
        }
    }

    pub fn takes_more(&self) -> bool {
        self.is_open && self.lanes.waiting < WAITING
    }

    /// Takes an order, or learns that there will be none.
    pub fn take(&mut self, order: Option<Order>) {
        match order {
            Some(Order::Run(job)) => self.lanes.add(job, self.is_shared),
            Some(Order::Stop(answer)) => {
                self.stop = Some(answer);
                self.is_open = false;
            }
            None => self.is_open = false,
        }
    }

    pub fn tick(&mut self, now: Instant) {
        if self.look == Time::Rests {
            self.look = Time::Due;
        }
        if self.beat == Time::Rests && now >= self.next_beat {
            self.next_beat = now + self.writer.interval;
            self.beat = Time::Due;
            if self.tend == Time::Rests {
                self.tend = Time::Due;
            }
        }
    }

    /// Begins what may begin now. A writer that is alone does one thing at a time: while
    /// it lasts nobody is served, and the look after it notices if that was long.
    pub fn begin(&mut self) {
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
            let beat = writer.beat(false).map(|()| Done::Beat);
            self.running.push(beat.boxed());
        }
        if self.tend == Time::Due && (self.is_shared || self.running.is_empty()) {
            self.tend = Time::UnderWay;
            let tend = writer.tend().map(|()| Done::Tend);
            self.running.push(tend.boxed());
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

    pub fn end(&mut self, done: Done) {
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
            Done::Tend => self.tend = Time::Rests,
            Done::Look => self.look = Time::Rests,
        }
    }

    pub fn is_over(&self) -> bool {
        !self.is_open && self.running.is_empty()
    }
}
