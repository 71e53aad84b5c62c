//! The bundle: one file that holds what there is to prove about a project's opening
//! (docs/spec/bundle.md, 1 and 2), made anew for whoever asks, of the same bytes
//! but for a time stamp that had not come before.

mod archive;
mod erasures;
mod files;
pub(crate) mod kept;
mod line;
mod notices;
mod outline;
mod stamps;

use std::sync::Arc;
use std::vec::IntoIter;

use futures_util::{Stream, stream};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{ProjectId, Seq};
use kaibiao_core::viewer::{Seat, Viewer};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

use crate::caller::Visitor;
use crate::{Shared, bids, blocking, deciding, projects};
use archive::{Archive, Sum};
use files::{Evidence, Source};
use line::Reader;
use outline::Outline;
pub(crate) use outline::recorded;

/// For whom a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Everybody.
    #[default]
    Public,
    /// The project's supervisor: all details, headers, and what repeats each check.
    Supervisor,
}

/// A bundle that is being sent.
pub struct Sending {
    /// What the file is called.
    pub name: String,
    app: Shared,
    project: ProjectId,
    evidence: Arc<Evidence>,
    archive: Archive,
    files: IntoIter<(String, Source)>,
    /// The event after which the file of events goes on, while it is written.
    events: Option<Seq>,
    over: bool,
    _room: OwnedSemaphorePermit,
}

/// The bundle of a project, for whoever may have the edition.
///
/// # Errors
/// `not-found` for an edition that is not the visitor's, `bundle-waits` until the
/// project has come to its end and its end is proved, `too-many-requests` while too many
/// take one.
pub async fn export(
    app: &Shared,
    project: ProjectId,
    edition: Edition,
    visitor: &Visitor,
) -> Result<Sending, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::project(&current.state);
    bids::ensure(may_read(&viewer, Thing::Project, at, false))?;
    let viewer = match edition {
        Edition::Public => Viewer::public(),
        Edition::Supervisor => {
            bids::ensure(viewer.seat == Seat::Supervisor)?;
            viewer
        }
    };
    let now = app.now();
    let end = current.state.disclosed(now).ok_or(Transport::BundleWaits)?;
    let end = end.end;
    let room = app.memory.work.take()?;
    let logged = kept::logged(app, project, &current, end).await?;
    let number = current.book.draft.as_ref().map(|draft| &draft.number);
    let name = match edition {
        Edition::Public => "kev",
        Edition::Supervisor => "supervisor.kev",
    };
    let name = format!("{}.{name}", number.map_or("", String::as_str));
    let reader = Reader {
        viewer,
        current,
        now,
    };
    let outline = {
        let (app, reader) = (Arc::clone(app), reader.clone());
        let runtime = tokio::runtime::Handle::current();
        // A long stream takes long to fold.
        let turn = Arc::clone(&app.memory.work.bundles).acquire_owned().await;
        let turn = turn.map_err(Problem::internal)?;
        blocking(move || {
            let _turn = turn;
            runtime.block_on(Outline::of(&app, project, end, &reader))
        })
        .await?
    };
    let stamps = match &logged {
        Some(logged) => stamps::lines(app, project, logged).await?,
        None => Vec::new(),
    };
    let notices = match &logged {
        Some(logged) => notices::lines(app, project, logged, &outline).await?,
        None => Vec::new(),
    };
    let erasures = erasures::lines(app, project, logged.as_ref(), &outline).await?;
    let evidence = Arc::new(Evidence {
        edition,
        end,
        logged,
        notices,
        erasures,
        stamps,
        reader,
        outline,
    });
    let files = files::all(app, project, &evidence)?;
    Ok(Sending {
        name,
        app: Arc::clone(app),
        project,
        evidence,
        archive: Archive::default(),
        files: files.into_iter(),
        events: None,
        over: false,
        _room: room,
    })
}

impl Sending {
    /// All its bytes, piece by piece.
    pub fn pieces(self) -> impl Stream<Item = Result<Vec<u8>, Problem>> {
        stream::try_unfold(self, async |mut it| {
            let next = it.next().await?;
            Ok(next.map(|bytes| (bytes, it)))
        })
    }

    /// The next bytes, or none at the end.
    ///
    /// # Errors
    /// When something of it cannot be read. What was sent until then is no bundle.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if let Some(after) = self.events {
            let (bytes, seq) = self.lines(after).await?;
            self.events = (seq < self.evidence.end).then_some(seq);
            return Ok(Some(bytes));
        }
        if let Some((name, source)) = self.files.next() {
            if matches!(source, Source::Events) {
                self.events = Some(0);
                let sum = self.evidence.outline.events;
                return Ok(Some(self.begin(&name, sum)?));
            }
            let bytes = files::read(&self.app, self.project, &self.evidence, source).await?;
            let mut piece = self.begin(&name, Sum::of(&bytes))?;
            piece.extend(bytes);
            return Ok(Some(piece));
        }
        if self.over {
            return Ok(None);
        }
        self.over = true;
        let archive = std::mem::take(&mut self.archive);
        archive.finish().map(Some).map_err(Problem::internal)
    }

    fn begin(&mut self, name: &str, sum: Sum) -> Result<Vec<u8>, Problem> {
        self.archive.begin(name, sum).map_err(Problem::internal)
    }

    /// Some lines of the file of events, and the last event that is in them.
    async fn lines(&self, after: Seq) -> Result<(Vec<u8>, Seq), Problem> {
        let (mut bytes, mut last) = (Vec::new(), after);
        for exact in outline::page(&self.app, self.project, after, self.evidence.end).await? {
            let event = outline::recorded(&exact)?;
            bytes.extend(self.evidence.reader.line(&exact, &event)?);
            last = exact.seq;
        }
        Ok((bytes, last))
    }
}
