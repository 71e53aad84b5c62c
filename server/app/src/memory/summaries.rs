//! The lines by which projects are listed, so that a list reads neither the store
//! nor the projects themselves.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::project::{Project, Summary};
use kaibiao_core::shared::SharedMap;
use kaibiao_core::stream::Stream as _;
use kaibiao_store::{Listed, StreamId};
use tokio::sync::OnceCell;

use crate::App;
use crate::deciding::{stream, unless_damaged};
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

/// The lines of all projects.
#[derive(Default)]
pub struct Summaries {
    /// Whether the store's list was read.
    read: OnceCell<()>,
    lines: Mutex<Lines>,
    /// Projects that have changed since their lines were made.
    changed: Mutex<HashSet<ProjectId>>,
}

impl Summaries {
    /// Notes that a project was written to.
    pub fn note(&self, project: ProjectId) {
        held(&self.changed).insert(project);
    }

    /// The lines as of now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn current(&self, app: &App) -> Result<Lines, Problem> {
        self.read.get_or_try_init(|| self.read_all(app)).await?;
        let changed = std::mem::take(&mut *held(&self.changed));
        for project in changed {
            if let Err(problem) = self.renew(app, project).await {
                // The line stays as it was, and the next list tries again.
                tracing::error!(%project, %problem, "a project's line in the lists is old");
                self.note(project);
            }
        }
        Ok(held(&self.lines).clone())
    }

    async fn read_all(&self, app: &App) -> Result<(), Problem> {
        let listed = app.store.list::<Project>().await.map_err(of_store)?;
        for listed in listed {
            self.put(listed);
        }
        Ok(())
    }

    async fn renew(&self, app: &App, project: ProjectId) -> Result<(), Problem> {
        let stream = stream(project);
        let current = app.store.load::<Project>(&stream).await;
        // Of one that is damaged the line stays as it was.
        let Some(current) = unless_damaged(current.map_err(of_store))? else {
            return Ok(());
        };
        if current.version > 0 {
            self.put(Listed {
                summary: Project::summary(&current.state, &current.book),
                version: current.version,
                time: current.last_time,
                stream,
            });
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
