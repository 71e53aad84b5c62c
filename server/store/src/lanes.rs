//! What waits for the writer, by what may go in one transaction.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::group::Job;
use crate::stream::StreamId;

/// A transaction has at most so many jobs; more would only lengthen everybody's
/// wait.
const GROUP: usize = 256;

/// So many streams go in one transaction at most; more would let too many wait for one.
const STREAMS: usize = 64;

/// What waits behind each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Everything, where nobody else writes.
    All,
    /// One stream's events.
    Stream(StreamId),
    /// The public log.
    Log,
    /// What lies beside the streams.
    Beside,
    /// Leases, which must not wait behind anything.
    Leases,
}

/// What goes in one transaction. Its lanes are under way until they are freed.
pub(crate) struct Turn {
    pub lanes: Vec<Lane>,
    pub jobs: Vec<Box<dyn Job>>,
    /// Whether it waits for whoever holds what it needs. Streams that go together do not:
    /// what others hold goes by itself later.
    pub waits: bool,
}

/// Jobs in the order in which they came, lane by lane.
#[derive(Default)]
pub(crate) struct Lanes {
    jobs: HashMap<Lane, VecDeque<Box<dyn Job>>>,
    /// Lanes that have jobs and are not under way, the longest waiting first: those that
    /// go by themselves, and streams that may go together.
    single: VecDeque<Lane>,
    together: VecDeque<Lane>,
    under_way: HashSet<Lane>,
    /// Streams that somebody else held, and that now wait for them by themselves.
    held_up: HashSet<Lane>,
    /// Jobs that wait, in all lanes.
    pub waiting: usize,
}

impl Lanes {
    /// Lets a job wait: in its own lane, or in the one lane that there is.
    pub fn add(&mut self, job: Box<dyn Job>, several: bool) {
        let lane = if several { job.lane() } else { Lane::All };
        self.waiting += 1;
        let jobs = self.jobs.entry(lane.clone()).or_default();
        let is_ready = jobs.is_empty() && !self.under_way.contains(&lane);
        jobs.push_back(job);
        if is_ready {
            self.ready(lane);
        }
    }

    /// The jobs of the next lane that goes by itself.
    pub fn next_single(&mut self) -> Option<Turn> {
        let lane = self.single.pop_front()?;
        let jobs = self.take(&lane, GROUP);
        Some(Turn {
            lanes: vec![lane],
            jobs,
            waits: true,
        })
    }

    /// The jobs of the streams that may go together.
    pub fn next_together(&mut self) -> Option<Turn> {
        let (mut lanes, mut jobs) = (Vec::new(), Vec::new());
        while lanes.len() < STREAMS && jobs.len() < GROUP {
            let Some(lane) = self.together.pop_front() else {
                break;
            };
            jobs.extend(self.take(&lane, GROUP - jobs.len()));
            lanes.push(lane);
        }
        (!lanes.is_empty()).then_some(Turn {
            lanes,
            jobs,
            waits: false,
        })
    }

    /// Lets jobs of lanes that are under way wait again, before all others of theirs:
    /// somebody else held their streams.
    pub fn put_back(&mut self, jobs: Vec<Box<dyn Job>>) {
        self.waiting += jobs.len();
        for job in jobs.into_iter().rev() {
            let lane = job.lane();
            self.jobs.entry(lane.clone()).or_default().push_front(job);
            self.held_up.insert(lane);
        }
    }

    /// Says that a lane's transaction is over.
    pub fn free(&mut self, lane: Lane) {
        self.under_way.remove(&lane);
        match self.jobs.get(&lane) {
            Some(jobs) if jobs.is_empty() => drop(self.jobs.remove(&lane)),
            Some(_) => self.ready(lane),
            None => {}
        }
    }

    fn ready(&mut self, lane: Lane) {
        let goes_by_itself = !matches!(lane, Lane::Stream(_)) || self.held_up.remove(&lane);
        if goes_by_itself {
            self.single.push_back(lane);
        } else {
            self.together.push_back(lane);
        }
    }

    fn take(&mut self, lane: &Lane, most: usize) -> Vec<Box<dyn Job>> {
        self.under_way.insert(lane.clone());
        let Some(jobs) = self.jobs.get_mut(lane) else {
            return Vec::new();
        };
        let taken: Vec<_> = jobs.drain(..jobs.len().min(most)).collect();
        self.waiting -= taken.len();
        taken
    }
}
