//! What waits for the writer, by what may go in one transaction.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::stream::StreamId;
use crate::writer::{GROUP, Job};

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

/// Jobs in the order in which they came, lane by lane.
#[derive(Default)]
pub(crate) struct Lanes {
    jobs: HashMap<Lane, VecDeque<Box<dyn Job>>>,
    /// Lanes that have jobs and are not under way, the longest waiting first.
    ready: VecDeque<Lane>,
    under_way: HashSet<Lane>,
    /// Jobs that wait, in all lanes.
    pub waiting: usize,
}

impl Lanes {
    /// Lets a job wait: in its own lane, or in the one lane that there is.
    pub fn add(&mut self, job: Box<dyn Job>, several: bool) {
        let lane = if several { job.lane() } else { Lane::All };
        self.waiting += 1;
        let jobs = self.jobs.entry(lane.clone()).or_default();
        if jobs.is_empty() && !self.under_way.contains(&lane) {
            self.ready.push_back(lane);
        }
        jobs.push_back(job);
    }

    /// The jobs for the next transaction. Their lane is under way until it is freed.
    pub fn next(&mut self) -> Option<(Lane, Vec<Box<dyn Job>>)> {
        let lane = self.ready.pop_front()?;
        let jobs = self.jobs.get_mut(&lane)?;
        let group: Vec<_> = jobs.drain(..jobs.len().min(GROUP)).collect();
        self.waiting -= group.len();
        self.under_way.insert(lane.clone());
        Some((lane, group))
    }

    /// Says that a lane's transaction is over.
    pub fn free(&mut self, lane: &Lane) {
        self.under_way.remove(lane);
        match self.jobs.get(lane) {
            Some(jobs) if jobs.is_empty() => drop(self.jobs.remove(lane)),
            Some(_) => self.ready.push_back(lane.clone()),
            None => {}
        }
    }
}
