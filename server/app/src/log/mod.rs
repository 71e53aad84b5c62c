//! The public log (docs/spec/evidence.md): what it holds of each stream and when, the
//! files that it is served from, and what is proved by it.

mod cadence;
mod cosigning;
mod files;
pub mod notices;
mod publisher;
mod quorum;
mod stamping;
pub mod tsa;
pub mod witnesses;

pub use cadence::{enter, run, terms_name};
pub use cosigning::run as cosign;
pub use files::Files;
pub use publisher::{LogFault, publish};
pub use stamping::{
    authorities as time_authorities, run as stamp, stamps, want as want_stamp,
    want_of as want_stamp_of,
};

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AnchorList, AnchorView, LoggedView};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::Anchored;
use kaibiao_crypto::merkle::cut;
use kaibiao_crypto::tlog::{LogProof, SignedNote, TilePath};
use kaibiao_store::{Placed, StreamId};

use crate::caller::Visitor;
use crate::failure::of_store;
use crate::{App, bids, blocking, deciding, projects};

/// The newest checkpoint, as it is served.
///
/// # Errors
/// `not-found` until there is one.
pub async fn checkpoint(app: &App) -> Result<String, Problem> {
    let head = app.store.log().head().await.map_err(of_store)?;
    Ok(head.ok_or(Transport::NotFound)?.1)
}

/// A tile or a bundle of entries.
///
/// # Errors
/// `not-found` for one that does not exist.
pub async fn tile(app: &App, path: TilePath) -> Result<Vec<u8>, Problem> {
    let files = Files::of(app);
    let found = here(app, move || files.read(path).map_err(Problem::internal));
    Ok(found.await?.ok_or(Transport::NotFound)?)
}

/// A project's anchors, opened.
///
/// # Errors
/// `not-found` until everybody may know the project's statements.
pub async fn anchors(
    app: &App,
    visitor: &Visitor,
    project: ProjectId,
    after: u64,
) -> Result<AnchorList, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::project(&current.state);
    bids::ensure(may_read(&viewer, Thing::Statements, at, false))?;
    opened(app, &deciding::stream(project), after).await
}

/// The anchors of a stream, opened, for whoever may see them.
///
/// # Errors
/// When the store fails.
pub(crate) async fn opened(
    app: &App,
    stream: &StreamId,
    after: u64,
) -> Result<AnchorList, Problem> {
    let placed = app.store.log().anchors(stream, after).await;
    let view = |it: Placed| AnchorView {
        tick: it.anchor.tick,
        size: it.anchor.size,
        root: it.anchor.root.to_string(),
        salt: it.anchor.salt.to_string(),
        index: it.place,
    };
    Ok(AnchorList {
        anchors: placed.map_err(of_store)?.into_iter().map(view).collect(),
        now: app.now(),
    })
}

/// The proof that a lot's terms in force are in the log.
///
/// # Errors
/// `not-found` for terms that the visitor may not see, and until they are under a
/// checkpoint.
pub async fn logged(
    app: &App,
    visitor: &Visitor,
    project: ProjectId,
    lot: &LotId,
) -> Result<LoggedView, Problem> {
    let text = projects::terms(app, project, lot, visitor).await?;
    let name = cadence::terms_name(&SealingTerms::digest_of(text.as_bytes()));
    let kept = app.store.secret(&deciding::stream(project), &name).await;
    let place = kept.map_err(of_store)?.ok_or(Transport::NotFound)?;
    let place = std::str::from_utf8(&place)
        .ok()
        .and_then(|it| it.parse().ok());
    let place = place.ok_or_else(|| Problem::internal("the place of an entry"))?;
    let proof = proof(app, place).await?.ok_or(Transport::NotFound)?;
    Ok(LoggedView {
        proof: proof.to_string(),
    })
}

/// The tick of the anchor that will hold what is in the stream now, at the latest.
///
/// # Errors
/// When the store fails.
pub async fn next_tick(app: &App, stream: &StreamId) -> Result<u64, Problem> {
    let last = app
        .store
        .log()
        .last_anchor(stream)
        .await
        .map_err(of_store)?;
    Ok(last.map_or(0, |last| last.anchor.tick) + 1)
}

/// The proof that the tree of so many events of a stream is anchored, under the
/// newest checkpoint; none while there is no such anchor under it.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn anchored(
    app: &App,
    stream: &StreamId,
    size: u64,
) -> Result<Option<Anchored>, Problem> {
    let placed = app.store.log().anchor_of(stream, size).await;
    proved(app, placed.map_err(of_store)?).await
}

/// The same of the smallest anchored tree that has at least so many events.
///
/// # Errors
/// As [`anchored`].
pub async fn anchored_over(
    app: &App,
    stream: &StreamId,
    size: u64,
) -> Result<Option<Anchored>, Problem> {
    let placed = app.store.log().anchor_over(stream, size).await;
    proved(app, placed.map_err(of_store)?).await
}

async fn proved(app: &App, placed: Option<Placed>) -> Result<Option<Anchored>, Problem> {
    let Some(placed) = placed else {
        return Ok(None);
    };
    let proof = proof(app, placed.place).await?;
    Ok(proof.map(|proof| Anchored {
        anchor: placed.anchor,
        proof: proof.to_string(),
    }))
}

/// The offline proof of the entry at a place, under the newest checkpoint; none while
/// it is not under it.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn proof(app: &App, place: u64) -> Result<Option<LogProof>, Problem> {
    let head = app.store.log().head().await.map_err(of_store)?;
    let Some((size, note)) = head.filter(|(size, _)| place < *size) else {
        return Ok(None);
    };
    let note: SignedNote = note.parse().map_err(Problem::internal)?;
    proof_under(app, place, size, note).await
}

/// The same under a checkpoint of this size that was signed before.
///
/// # Errors
/// When the log's files fail.
pub async fn proof_under(
    app: &App,
    place: u64,
    size: u64,
    note: SignedNote,
) -> Result<Option<LogProof>, Problem> {
    if place >= size {
        return Ok(None);
    }
    Ok(Some(LogProof {
        extra: None,
        index: place,
        path: path(app, place, size).await?,
        note,
    }))
}

/// The path from the entry at a place to the root over so many, which are under a
/// checkpoint.
///
/// # Errors
/// When the log's files fail.
pub(crate) async fn path(app: &App, place: u64, size: u64) -> Result<Vec<Digest>, Problem> {
    let files = Files::of(app);
    let cut = here(app, move || {
        Ok(cut::inclusion(&files.nodes(size), place, size))
    });
    let missing = || Problem::internal("a tile of the public log is missing");
    Ok(cut.await?.ok_or_else(missing)?.path)
}

/// What is read from the log's files. Where they are behind the checkpoint, since another
/// node has signed it, they are made first.
async fn here<T: Send + 'static>(
    app: &App,
    read: impl Fn() -> Result<Option<T>, Problem> + Clone + Send + 'static,
) -> Result<Option<T>, Problem> {
    let found = blocking(read.clone()).await?;
    if found.is_some() || !app.config.is_shared() {
        return Ok(found);
    }
    publisher::follow(app).await.map_err(Problem::internal)?;
    blocking(read).await
}
