//! The lines by which projects are listed, in memory for what has no list to be read
//! from: a search for part of a text, and jobs that look at every project. They are read by
//! the first job after a start; what is shown of them is read from the store again.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::project::{Project, Summary};
use kaibiao_core::shared::SharedMap;
use kaibiao_store::{Changed, Listed, StreamId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{Mutex as Turns, OnceCell};

use crate::App;
use crate::deciding::{project_of, stream};
use crate::failure::of_store;
use crate::listing;

/// All projects, the latest first.
pub type Lines = SharedMap<Reverse<StreamId>, Arc<Line>>;

/// A project in the lists.
pub struct Line {
    pub listed: Listed<Summary>,
    /// What a search looks in: number, title and the names that everybody may know,
    /// in lower case.
    pub text: String,
}

/// How often versions are compared with the store's, in milliseconds: wake-ups tell of
/// most of what was written, and this of the rest.
const COMPARED: Millis = 2_000;

/// What is written at the same time may be told in another order, but not by so much, in
/// milliseconds.
const APART: Millis = 10_000;

/// The lines of all projects.
#[derive(Default)]
pub struct Summaries {
    /// How far they are, once they were read. Whoever asks while they are renewed waits: what
    /// was acknowledged before is in them.
    read: OnceCell<Turns<Reading>>,
    lines: Mutex<Lines>,
}

struct Reading {
    /// Wake-ups since the store's list was read.
    woken: Receiver<Changed>,
    /// Projects that have changed since their lines were made.
    changed: HashSet<ProjectId>,
    /// When versions were compared last.
    compared: Millis,
}

impl Summaries {
    /// The lines as of now. The first who asks has them read; others wait for that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn current(&self, app: &App) -> Result<Lines, Problem> {
        let reading = self.read.get_or_try_init(|| self.read_all(app)).await?;
        let mut reading = reading.lock().await;
        loop {
            match reading.woken.try_recv() {
                Ok(changed) => reading.changed.extend(project_of(&changed.stream)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(_)) => reading.compared = 0,
            }
        }
        self.compare(app, &mut reading).await?;
        let changed: Vec<_> = reading.changed.iter().copied().collect();
        for project in changed {
            match self.renew(app, project).await {
                Ok(()) => drop(reading.changed.remove(&project)),
                // The line stays as it was, and the next list tries again.
                Err(problem) => {
                    tracing::error!(%project, %problem, "a project's line in the lists is old");
                }
            }
        }
        Ok(held(&self.lines).clone())
    }

    /// Looks for streams that have other versions than their lines: another node may have
    /// written, and a wake-up may be lost.
    async fn compare(&self, app: &App, reading: &mut Reading) -> Result<(), Problem> {
        let now = app.now();
        if now - reading.compared < COMPARED {
            return Ok(());
        }
        let grown = app.store.grown_since(reading.compared - APART).await;
        let lines = held(&self.lines).clone();
        for (stream, version) in grown.map_err(of_store)? {
            let line = lines.get(&Reverse(stream.clone()));
            if line.is_none_or(|line| line.listed.version != version) {
                reading.changed.extend(project_of(&stream));
            }
        }
        reading.compared = now;
        Ok(())
    }

    async fn read_all(&self, app: &App) -> Result<Turns<Reading>, Problem> {
        let reading = Reading {
            woken: app.store.subscribe(),
            changed: HashSet::new(),
            compared: app.now(),
        };
        let listed = app.store.list::<Project>().await.map_err(of_store)?;
        for listed in listed {
            self.put(listed);
        }
        Ok(Turns::new(reading))
    }

    async fn renew(&self, app: &App, project: ProjectId) -> Result<(), Problem> {
        let stream = stream(project);
        // Of one that is damaged the line stays as it was.
        let line = app.store.line::<Project>(&stream).await.map_err(of_store)?;
        if let Some(listed) = line {
            self.put(listed);
        }
        Ok(())
    }

    fn put(&self, mut listed: Listed<Summary>) {
        // A KiB that nobody asks for here.
        listed.summary.bidders = None;
        let text = listing::text(&listed.summary);
        let mut lines = held(&self.lines);
        let place = Reverse(listed.stream.clone());
        let known = lines.get(&place).map(|line| line.listed.version);
        if known.is_none_or(|known| known <= listed.version) {
            lines.insert(place, Arc::new(Line { listed, text }));
        }
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under the lock is complete in itself.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
