//! Receives a bid's ciphertext. Bytes are hashed as they are written. An offset
//! that a client is told is on disk, and a chunk that is not the one its header
//! promised is never counted.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::event::{Event, What};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::Stage;
use kaibiao_crypto::bid::{UploadCheck, UploadProblem};
use kaibiao_crypto::statement::SignedStatement;
use kaibiao_store::{StoreError, UploadWriter};
use zeroize::Zeroizing;

use super::Checksum;
use super::checks::refuse;
use super::incoming::{About, Incoming};
use super::on_disk::{commit, proved, resumed, rewind, writer};
use crate::deciding::{self, Beside};
use crate::failure::of_store;
use crate::opening::header_name;
use crate::{App, statements};

/// Bytes after which progress is made durable within one request.
const COMMIT: u64 = 64 << 20;

/// What became of a piece of an upload.
pub struct Received {
    /// Bytes that are on disk.
    pub offset: u64,
    /// The receipt, once the last byte was in and the bid was accepted.
    pub receipt: Option<SignedStatement>,
}

/// An upload as it stands on disk, with the receipt if it is complete. A
/// completion that a crash interrupted is made up for here.
///
/// # Errors
/// `upload-gone` for an upload that is unknown or over.
pub async fn standing(app: &App, incoming: &Incoming) -> Result<Received, Problem> {
    let found = app
        .store
        .uploads()
        .find::<About>(&incoming.id)
        .await
        .map_err(of_store)?
        .ok_or(Transport::UploadGone)?;
    if found.is_complete() {
        made_up(app, incoming).await
    } else {
        Ok(Received {
            offset: found.offset,
            receipt: None,
        })
    }
}

/// Completes an upload that is whole as its row says. Unless this process received it
/// or it is a bid already, it is hashed again first: the row may say what it likes.
async fn made_up(app: &App, incoming: &Incoming) -> Result<Received, Problem> {
    let is_in = is_in(app, incoming.about.project, &incoming.about.lot, incoming).await?;
    let offset = if is_in || incoming.hashed() == incoming.length {
        incoming.length
    } else {
        match proved(app, incoming).await {
            Err(problem) => return Err(dropped(app, incoming, problem).await),
            Ok(offset) => offset,
        }
    };
    let receipt = if offset == incoming.length {
        Some(complete(app, incoming).await?)
    } else {
        None
    };
    Ok(Received { offset, receipt })
}

/// Takes the bytes of one request from `offset` on.
///
/// # Errors
/// `upload-offset` when that is not where the upload stands, `upload-checksum`
/// when the bytes are not those promised for this request, `altered` when they
/// are not those the header committed to, `late` from T0 on.
pub async fn receive(
    app: &App,
    incoming: &Incoming,
    offset: u64,
    checksum: Option<Checksum>,
    body: impl Stream<Item = std::io::Result<Bytes>>,
) -> Result<Received, Problem> {
    still_open(app, incoming).await?;
    let mut writer = writer(app, incoming).await?;
    let mut check = resumed(incoming, &mut writer).await?;
    if writer.offset() != offset {
        return Err(Transport::UploadOffset.with("offset", writer.offset()));
    }
    let taken = take(app, incoming, &mut writer, &mut check, checksum, body).await;
    let offset = writer.offset();
    drop(writer);
    match taken {
        Ok(()) if check.is_complete() => {
            let receipt = complete(app, incoming).await?;
            Ok(Received {
                offset,
                receipt: Some(receipt),
            })
        }
        Ok(()) => Ok(Received {
            offset,
            receipt: None,
        }),
        Err(Stopped::Altered(problem)) => {
            let actor = incoming.about.actor();
            let (project, lot) = (incoming.about.project, incoming.about.lot.clone());
            let refused = refuse(
                app,
                project,
                lot,
                actor,
                RefusalCode::Altered,
                problem.to_string(),
            )
            .await;
            Err(refused
                .param("reason", problem.code())
                .param("offset", offset))
        }
        Err(Stopped::Problem(problem)) => Err(problem),
    }
}

/// Ends an upload because its client asks for it.
///
/// # Errors
/// When the store fails; `busy` while another request writes the upload.
pub async fn abort(app: &App, incoming: &Incoming) -> Result<(), Problem> {
    drop(writer(app, incoming).await?);
    app.store
        .uploads()
        .remove(&incoming.id)
        .await
        .map_err(of_store)?;
    app.memory.uploads.forget(&incoming.id);
    Ok(())
}

/// At start: finds all uploads again, and completes those whose last byte was
/// on disk when the service stopped.
///
/// # Errors
/// When the store fails.
pub async fn resume_all(app: &App) -> Result<(), Problem> {
    for upload in app.store.uploads().all::<About>().await.map_err(of_store)? {
        let whole = upload.is_complete();
        let Ok(incoming) = Incoming::new(upload.id, upload.about, upload.expires) else {
            continue;
        };
        let incoming = app.memory.uploads.keep(incoming);
        if whole && let Err(problem) = made_up(app, &incoming).await {
            tracing::info!(upload = incoming.id, %problem, "an upload that was whole is not a bid");
        }
    }
    Ok(())
}

/// Why taking bytes stopped before their end.
enum Stopped {
    Altered(UploadProblem),
    Problem(Problem),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Problem(of_store(error))
    }
}

async fn take(
    app: &App,
    incoming: &Incoming,
    writer: &mut UploadWriter,
    check: &mut UploadCheck,
    checksum: Option<Checksum>,
    body: impl Stream<Item = std::io::Result<Bytes>>,
) -> Result<(), Stopped> {
    let before = checksum.as_ref().map(|_| (writer.offset(), check.clone()));
    let mut seen = checksum.as_ref().map(Checksum::start);
    let mut durable = writer.offset();
    let patience = Duration::from_secs(app.config.limits.body_seconds);
    let mut altered = None;
    let mut broken = None;
    let mut body = std::pin::pin!(body);
    loop {
        let piece = tokio::select! {
            piece = tokio::time::timeout(patience, body.next()) => piece,
            () = incoming.let_go.notified() => {
                broken = Some(Transport::TimedOut.problem());
                break;
            }
        };
        let bytes = match piece {
            Ok(Some(Ok(bytes))) => bytes,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
                broken = Some(Transport::TimedOut.problem());
                break;
            }
        };
        if let Some(seen) = &mut seen {
            seen.update(&bytes);
        }
        if altered.is_some() {
            continue;
        }
        // What belongs to the body counts, however the pieces fall; what lies beyond
        // it does not.
        let left = usize::try_from(incoming.length - writer.offset()).unwrap_or(usize::MAX);
        let (body, beyond) = bytes.split_at(left.min(bytes.len()));
        writer.write(body).await?;
        let checked = check.update(body);
        if let Err(problem) = checked.and_then(|()| check.update(beyond)) {
            altered = Some(problem);
            if checksum.is_none() {
                break;
            }
            // The rest is read, since only the checksum at its end tells whether
            // the bytes were damaged on the way or are not the promised ones.
        }
        if checksum.is_none() && writer.offset() - durable >= COMMIT {
            durable = commit(incoming, writer, check).await?;
        }
    }
    if let (Some(checksum), Some(seen), Some((offset, earlier))) = (checksum, seen, before)
        && (broken.is_some() || !checksum.holds(seen))
    {
        rewind(incoming, writer, offset, &earlier).await?;
        *check = earlier;
        let problem = broken.unwrap_or_else(|| Transport::UploadChecksum.problem());
        return Err(Stopped::Problem(problem));
    }
    if altered.is_some() {
        rewind(incoming, writer, check.position(), check).await?;
    } else {
        commit(incoming, writer, check).await?;
    }
    match (altered, broken) {
        (Some(problem), _) => Err(Stopped::Altered(problem)),
        (None, Some(problem)) => Err(Stopped::Problem(problem)),
        (None, None) => Ok(()),
    }
}

/// Refuses further bytes from T0 on.
async fn still_open(app: &App, incoming: &Incoming) -> Result<(), Problem> {
    let current = deciding::load(app, incoming.about.project).await?;
    let lot = current.state.lots.get(&incoming.about.lot);
    let open = lot.is_some_and(|lot| lot.stage == Stage::Bidding)
        && app.now() < current.state.t0
        && current.state.deadline.is_none();
    if open {
        return Ok(());
    }
    deciding::rehearse(app, incoming.about.project, incoming.command())
        .await
        .inspect_err(|problem| {
            if problem.retry_after.is_none() {
                app.memory.uploads.forget(&incoming.id);
            }
        })
}

/// Makes a whole upload a bid. The event's time is the moment of receipt. It may
/// be called again: a bid that is in the stream already is answered with its
/// receipt.
async fn complete(app: &App, incoming: &Incoming) -> Result<SignedStatement, Problem> {
    let receipt = completed(app, incoming).await?;
    incoming.mark_done(app.now());
    Ok(receipt)
}

async fn completed(app: &App, incoming: &Incoming) -> Result<SignedStatement, Problem> {
    let (project, bid) = (incoming.about.project, incoming.bid);
    if is_in(app, project, &incoming.about.lot, incoming).await? {
        app.store
            .uploads()
            .adopt(&incoming.id, bid)
            .await
            .map_err(of_store)?;
        return statements::receipt(app, project, bid).await;
    }
    // What is refused now must not leave its ciphertext among the bids.
    if let Err(problem) = deciding::rehearse(app, project, incoming.command()).await {
        return Err(dropped(app, incoming, problem).await);
    }
    app.store
        .uploads()
        .adopt(&incoming.id, bid)
        .await
        .map_err(of_store)?;
    let header = Zeroizing::new(incoming.about.header.0.clone());
    let message = hex::encode(incoming.header.context().message.0);
    let put = deciding::put(app, project, incoming.command(), move |events| {
        let is_in = |event: &Event| matches!(event.facts.what, What::BidReceived { .. });
        if !events.iter().any(is_in) {
            return Beside::default();
        }
        Beside {
            put: vec![(header_name(&bid), header.clone())],
            // Keys are derived from the message id, so the store refuses a
            // second bid with the same one (docs/spec/sealed-bid.md, 3).
            once: vec![("message", message.clone())],
            ..Beside::default()
        }
    });
    match put.await {
        Ok(_) => statements::receipt(app, project, bid).await,
        // Another request has completed the same upload meanwhile.
        Err(_) if is_in(app, project, &incoming.about.lot, incoming).await? => {
            statements::receipt(app, project, bid).await
        }
        Err(problem) => Err(dropped(app, incoming, problem).await),
    }
}

async fn is_in(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    incoming: &Incoming,
) -> Result<bool, Problem> {
    let current = deciding::load(app, project).await?;
    let lot = current.state.lots.get(lot);
    Ok(lot.is_some_and(|lot| lot.bids.contains_key(&incoming.bid)))
}

/// Forgets an upload that was refused for good.
async fn dropped(app: &App, incoming: &Incoming, problem: Problem) -> Problem {
    if problem.retry_after.is_none() && problem.status < 500 {
        app.memory.uploads.forget(&incoming.id);
        if let Err(error) = app.store.uploads().remove(&incoming.id).await {
            tracing::warn!(upload = incoming.id, %error, "a refused upload stays until it expires");
        }
    }
    problem
}
