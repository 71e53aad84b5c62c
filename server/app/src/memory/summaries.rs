//! The lines by which projects are listed, in memory for what has no list to be read
//! from: a search for part of a text, and jobs that look at every project. They are read by
//! the first job after a start; what is shown of them is read from the store again.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::project::{Project, Summary};
use kaibiao_core::shared::SharedMap;
use kaibiao_store::{Changed, Listed, StreamId};
use tokio::sync::OnceCell;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

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
    /// Wake-ups since the store's list was read, once it was.
    read: OnceCell<Mutex<Receiver<Changed>>>,
    lines: Mutex<Lines>,
    /// Projects that have changed since their lines were made.
    changed: Mutex<HashSet<ProjectId>>,
    /// When versions were compared last.
    compared: AtomicI64,
}

impl Summaries {
    /// The lines as of now. The first who asks has them read; others wait for that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn current(&self, app: &App) -> Result<Lines, Problem> {
        let woken = self.read.get_or_try_init(|| self.read_all(app)).await?;
        loop {
            let next = held(woken).try_recv();
            match next {
                Ok(changed) => held(&self.changed).extend(project_of(&changed.stream)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(_)) => self.compared.store(0, Ordering::Relaxed),
            }
        }
        self.compare(app).await?;
        let changed = std::mem::take(&mut *held(&self.changed));
        for project in changed {
            if let Err(problem) = self.renew(app, project).await {
                // The line stays as it was, and the next list tries again.
                tracing::error!(%project, %problem, "a project's line in the lists is old");
                held(&self.changed).insert(project);
            }
        }
        Ok(held(&self.lines).clone())
    }

    /// Looks for streams that have other versions than their lines: another node may have
    /// written, and a wake-up may be lost.
    async fn compare(&self, app: &App) -> Result<(), Problem> {
        let now = app.now();
        let last = self.compared.load(Ordering::Relaxed);
        if now - last < COMPARED {
            return Ok(());
        }
        self.compared.store(now, Ordering::Relaxed);
        let grown = app.store.grown_since(last - APART).await;
        let lines = held(&self.lines).clone();
        for (stream, version) in grown.map_err(of_store)? {
            let line = lines.get(&Reverse(stream.clone()));
            if line.is_none_or(|line| line.listed.version != version) {
                held(&self.changed).extend(project_of(&stream));
            }
        }
        Ok(())
    }

    async fn read_all(&self, app: &App) -> Result<Mutex<Receiver<Changed>>, Problem> {
        let woken = app.store.subscribe();
        self.compared.store(app.now(), Ordering::Relaxed);
        let listed = app.store.list::<Project>().await.map_err(of_store)?;
        for listed in listed {
            self.put(listed);
        }
        Ok(Mutex::new(woken))
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
