//! Notices in the public log (docs/spec/evidence.md, 12): entered once each, and served
//! with their texts and proofs.

use kaibiao_api::problem::Problem;
use kaibiao_api::{NoticeList, NoticeView};
use kaibiao_core::book::{Book, Entry, note};
use kaibiao_core::ids::{ProjectId, Seq};
use kaibiao_core::project::Project;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::anchor::NoticeEntry;
use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};

use crate::caller::Visitor;
use crate::failure::of_store;
use crate::{App, deciding, projects};

/// How many notices are served at once.
const PAGE: usize = 20;
/// How many events are read at a time.
const EVENTS: u64 = 64;

/// Where a notice's entry lies, and what it commits to beside the act.
#[derive(Serialize, Deserialize)]
pub struct Entered {
    pub place: u64,
    /// Of the publication: the draft's canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
}

/// A notice of the book: its event and the act that everybody may read.
pub fn all(book: &Book) -> impl Iterator<Item = (&Entry, &Signed)> {
    let entries = book.notices.iter().filter_map(|seq| book.entry(*seq));
    entries.filter_map(|entry| Some((entry, entry.signed.as_ref()?)))
}

/// Adds the entries of notices that are not in the log yet. A kill between the two
/// writes has an entry written twice, which says the same.
///
/// # Errors
/// When the store fails.
pub async fn enter(app: &App, project: ProjectId, book: &Book) -> Result<(), Problem> {
    let stream = deciding::stream(project);
    let known = app.memory.log.known(&stream).notices;
    for (entry, signed) in all(book).skip(known) {
        let act = Digest::of(signed.body.as_bytes());
        if entered(app, project, &act).await?.is_some() {
            continue;
        }
        let draft = if entry.kind == "published" {
            Some(published(app, project, entry.seq).await?)
        } else {
            None
        };
        let written = NoticeEntry {
            act,
            draft: draft.as_ref().map(|text| Digest::of(text.as_bytes())),
            project: &project.to_string(),
            what: &entry.kind,
        };
        let place = app.store.log().add(written.entry()).await;
        let place = place.map_err(of_store)?;
        let kept = serde_json::to_vec(&Entered { place, draft }).map_err(Problem::internal)?;
        deciding::keep(app, project, &name(&act), kept).await?;
    }
    let count = all(book).count();
    app.memory.log.note(&stream, |known| known.notices = count);
    Ok(())
}

/// What was kept of a notice when it was entered.
///
/// # Errors
/// When the store fails.
pub async fn entered(
    app: &App,
    project: ProjectId,
    act: &Digest,
) -> Result<Option<Entered>, Problem> {
    let stream = deciding::stream(project);
    let kept = app.store.secret(&stream, &name(act)).await;
    let read = kept
        .map_err(of_store)?
        .map(|kept| serde_json::from_slice(&kept));
    read.transpose().map_err(Problem::internal)
}

/// A project's notices after a number, with their texts and proofs.
///
/// # Errors
/// `not-found` for a project that the visitor may not see.
pub async fn list(
    app: &App,
    visitor: &Visitor,
    project: ProjectId,
    after: u64,
) -> Result<NoticeList, Problem> {
    let (current, _) = projects::seen(app, project, visitor).await?;
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let mut notices = Vec::new();
    let numbered = (1..).zip(all(&current.book));
    for (number, (entry, signed)) in numbered.skip(after).take(PAGE) {
        let act = Digest::of(signed.body.as_bytes());
        let entered = entered(app, project, &act).await?;
        let proof = match &entered {
            Some(entered) => super::proof(app, entered.place).await?,
            None => None,
        };
        notices.push(NoticeView {
            number,
            time: entry.time,
            what: entry.kind.clone(),
            signed: signed.clone(),
            draft: entered.and_then(|it| it.draft),
            proof: proof.map(|proof| proof.to_string()),
        });
    }
    Ok(NoticeList {
        notices,
        now: app.now(),
    })
}

/// The canonical JSON of the draft as it stood when an event published it.
async fn published(app: &App, project: ProjectId, seq: Seq) -> Result<String, Problem> {
    let stream = deciding::stream(project);
    let (mut book, mut last) = (Book::default(), 0);
    while last + 1 < seq {
        let most = EVENTS.min(seq - 1 - last);
        let events = app.store.events::<Project>(&stream, last, most).await;
        for event in events.map_err(of_store)? {
            last = event.seq;
            book = note(book, &event);
        }
    }
    let draft = book.draft.as_deref();
    let draft = draft.ok_or_else(|| Problem::internal("a publication without a draft"))?;
    String::from_utf8(canonical::to_bytes(draft)).map_err(Problem::internal)
}

/// Under which name it is kept beside the project.
fn name(act: &Digest) -> String {
    format!("log/notice/{act}")
}
