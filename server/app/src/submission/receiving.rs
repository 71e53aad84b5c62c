//! Receives a bid's ciphertext. Bytes are hashed as they are written. An offset
//! that a client is told is on disk, and a chunk that is not the one its header
//! promised is never counted.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use kaibiao_api::BidState;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::event::{Event, What};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{UploadCheck, UploadProblem};
use kaibiao_crypto::statement::SignedStatement;
use kaibiao_store::{StoreError, UploadWriter};
use zeroize::Zeroizing;

use super::Checksum;
use super::checks::refuse;
use super::incoming::{About, Incoming};
use super::on_disk::{commit, proved, resumed, rewind, writer};
use crate::caller::Caller;
use crate::deciding::{self, Beside};
use crate::failure::of_store;
use crate::kept::header_name;
use crate::{App, attempts, bids, statements};

/// Bytes after which progress is made durable within one request.
const COMMIT: u64 = 64 << 20;

/// What became of a piece of an upload.
pub struct Received {
    /// Bytes that are on disk.
    pub offset: u64,
    /// Where the bid stands now.
    pub state: BidState,
    /// The receipt of a bid that is live.
    pub receipt: Option<SignedStatement>,
}

/// An upload as it stands on disk, with the receipt if it has become a bid that
/// is live. A completion that a crash interrupted is made up for here.
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
        return made_up(app, incoming).await;
    }
    Ok(Received {
        offset: found.offset,
        state: incomplete(app, incoming).await?,
        receipt: None,
    })
}

/// Completes an upload that is whole as its row says. Unless this process received it
/// or it is a bid already, it is hashed again first: the row may say what it likes.
async fn made_up(app: &App, incoming: &Incoming) -> Result<Received, Problem> {
    let is_in = stands(app, incoming).await?.is_some();
    let offset = if is_in || incoming.hashed() == incoming.length {
        incoming.length
    } else {
        match proved(app, incoming).await {
            Err(problem) => return Err(dropped(app, incoming, problem).await),
            Ok(offset) => offset,
        }
    };
    if offset < incoming.length {
        return Ok(Received {
            offset,
            state: incomplete(app, incoming).await?,
            receipt: None,
        });
    }
    let state = complete(app, incoming).await?;
    let receipt = receipt_of(app, incoming.about.project, incoming.bid, state).await;
    Ok(Received {
        offset,
        state,
        receipt: receipt.ok(),
    })
}

/// Where a bid stands of which bytes are still to come.
async fn incomplete(app: &App, incoming: &Incoming) -> Result<BidState, Problem> {
    let current = deciding::load(app, incoming.about.project).await?;
    Ok(if current.state.deadline.is_some() {
        BidState::Late
    } else {
        BidState::Uploading
    })
}

/// The receipt of a bid that counts.
///
/// # Errors
/// For a bid that was in and counts no more, what has become of it.
pub async fn receipt_of(
    app: &App,
    project: ProjectId,
    bid: Digest,
    state: BidState,
) -> Result<SignedStatement, Problem> {
    match state.no_longer() {
        Some(what) => Err(what.into()),
        None => statements::receipt(app, project, bid).await,
    }
}

/// Takes the bytes of one request from `offset` on.
///
/// # Errors
/// `upload-offset` when that is not where the upload stands, `upload-checksum`
/// when the bytes are not those promised for this request, `altered` when they
/// are not those the header committed to, `late` from T0 on.
pub async fn receive(
    app: &App,
    caller: &Caller,
    incoming: &Incoming,
    offset: u64,
    checksum: Option<Checksum>,
    body: impl Stream<Item = std::io::Result<Bytes>>,
) -> Result<Received, Problem> {
    let received = taken(app, incoming, offset, checksum, body).await;
    if let Err(problem) = &received {
        attempts::unserved(app, caller, incoming.about.project, problem).await;
    }
    received
}

async fn taken(
    app: &App,
    incoming: &Incoming,
    offset: u64,
    checksum: Option<Checksum>,
    body: impl Stream<Item = std::io::Result<Bytes>>,
) -> Result<Received, Problem> {
    if let Some(state) = stands(app, incoming).await? {
        return again(app, incoming, offset, state).await;
    }
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
            let state = complete(app, incoming).await?;
            let (project, bid) = (incoming.about.project, incoming.bid);
            let receipt = receipt_of(app, project, bid, state).await?;
            Ok(Received {
                offset,
                state,
                receipt: Some(receipt),
            })
        }
        Ok(()) => Ok(Received {
            offset,
            state: BidState::Uploading,
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

/// Answers bytes that are sent for a bid that is in already.
async fn again(
    app: &App,
    incoming: &Incoming,
    offset: u64,
    state: BidState,
) -> Result<Received, Problem> {
    if offset != incoming.length {
        return Err(Transport::UploadOffset.with("offset", incoming.length));
    }
    let receipt = receipt_of(app, incoming.about.project, incoming.bid, state).await?;
    Ok(Received {
        offset,
        state,
        receipt: Some(receipt),
    })
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
/// be called again: of a bid that is in the stream already it tells where it
/// stands.
async fn complete(app: &App, incoming: &Incoming) -> Result<BidState, Problem> {
    let state = completed(app, incoming).await?;
    incoming.mark_done(app.now());
    Ok(state)
}

async fn completed(app: &App, incoming: &Incoming) -> Result<BidState, Problem> {
    let (project, bid) = (incoming.about.project, incoming.bid);
    if let Some(state) = stands(app, incoming).await? {
        app.store
            .uploads()
            .adopt(&incoming.id, bid)
            .await
            .map_err(of_store)?;
        return Ok(state);
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
    let put = put.await;
    // Where it was refused, another request may have completed the same upload
    // meanwhile.
    match (stands(app, incoming).await?, put) {
        (Some(state), _) => Ok(state),
        (None, Err(problem)) => Err(dropped(app, incoming, problem).await),
        (None, Ok(_)) => Err(Problem::internal("a bid that was taken is not in its lot")),
    }
}

/// Where the upload's bid stands in the stream, if it is in.
async fn stands(app: &App, incoming: &Incoming) -> Result<Option<BidState>, Problem> {
    let current = deciding::load(app, incoming.about.project).await?;
    let (lot, organisation) = (&incoming.about.lot, incoming.organisation());
    Ok(bids::state_of(&current, lot, organisation, incoming.bid))
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
