//! What of an upload is durable. Its row says how far it is, and anybody who can write
//! to the data directory can make it say anything; so what this process has not hashed
//! itself it hashes before it builds on it. In a bucket the sealed part of the row names
//! every piece by its digest, and another node goes on where the last one was.

use std::io::Read as _;
use std::time::Duration;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_crypto::bid::{Checkpoint, UploadCheck};
use kaibiao_store::{StoreError, UploadWriter};

use super::incoming::Incoming;
use crate::failure::of_store;
use crate::{App, blocking};

/// How long a client's new request waits until its earlier one, on a lost
/// connection, has let go of the upload.
const LET_GO: Duration = Duration::from_secs(5);

/// Bytes of a blob hashed at a time.
const PIECE: usize = 1 << 20;

/// How far what is on disk is the bid that the header promised. What is not is cut off,
/// and its client sends it again.
pub async fn proved(app: &App, incoming: &Incoming) -> Result<u64, Problem> {
    match writer(app, incoming).await {
        Ok(mut writer) => {
            resumed(incoming, &mut writer).await?;
            Ok(writer.offset())
        }
        // A kill came between the file's becoming a blob and the bid's event.
        Err(problem) if problem.code == Transport::UploadGone.code() => {
            let (blobs, bid) = (app.store.blobs().clone(), incoming.bid);
            let gone = problem.clone();
            let opened = blocking(move || {
                blobs.open(&bid).map_err(|error| match error {
                    StoreError::Missing(_) => gone,
                    error => of_store(error),
                })
            });
            let mut blob = opened.await?;
            let mut check = incoming.check().map_err(Problem::internal)?;
            let whole = blocking(move || {
                let mut piece = vec![0; PIECE];
                loop {
                    let read = blob.read(&mut piece).map_err(StoreError::from);
                    match read.map_err(of_store)? {
                        0 => return Ok(check.is_complete()),
                        read if check.update(&piece[..read]).is_err() => return Ok(false),
                        _ => {}
                    }
                }
            });
            if whole.await? {
                incoming.mark_hashed(incoming.length);
                Ok(incoming.length)
            } else {
                Err(problem)
            }
        }
        Err(problem) => Err(problem),
    }
}

pub async fn commit(
    incoming: &Incoming,
    writer: &mut UploadWriter,
    check: &UploadCheck,
) -> Result<u64, StoreError> {
    let offset = writer.commit(state(check)?).await?;
    incoming.mark_hashed(offset);
    incoming.park(check.clone());
    Ok(offset)
}

pub async fn rewind(
    incoming: &Incoming,
    writer: &mut UploadWriter,
    offset: u64,
    check: &UploadCheck,
) -> Result<(), StoreError> {
    writer.rewind(offset, state(check)?).await?;
    incoming.mark_hashed(writer.offset());
    incoming.park(check.clone());
    Ok(())
}

/// The running digests in the form in which they are stored.
fn state(check: &UploadCheck) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(&check.checkpoint())
        .map_err(|error| StoreError::Corrupt(format!("an upload's state: {error}")))
}

/// The running digests where the upload was last durable: those that this process still
/// has, since nobody else writes to its files, or the stored ones where it hashed every byte
/// before or the row commits to them. What it finds on disk at its start, and where what is
/// stored is of no use, it hashes from the first byte on. Bytes that are not the promised
/// ones are cut off.
pub async fn resumed(
    incoming: &Incoming,
    writer: &mut UploadWriter,
) -> Result<UploadCheck, Problem> {
    // In a bucket another node may have written meanwhile, to the same length.
    let parked = incoming.parked(writer.offset());
    if let Some(check) = parked.filter(|_| !writer.is_marked()) {
        return Ok(check);
    }
    let fresh = incoming.check().map_err(Problem::internal)?;
    let saved = (writer.is_marked() || writer.offset() == incoming.hashed())
        .then(|| serde_json::from_slice::<Checkpoint>(writer.checker()).ok())
        .flatten();
    let saved = saved.and_then(|saved| fresh.clone().resume(&saved).ok());
    let mut check = saved.unwrap_or(fresh);
    while check.position() < writer.offset() {
        let piece = writer.read_from(check.position()).await.map_err(of_store)?;
        if piece.is_empty() {
            return Err(Problem::internal("an upload's file became shorter"));
        }
        if let Err(problem) = check.update(&piece) {
            tracing::error!(upload = incoming.id, %problem, "what is on disk is not what was sent");
            rewind(incoming, writer, check.position(), &check)
                .await
                .map_err(of_store)?;
        }
    }
    incoming.mark_hashed(writer.offset());
    Ok(check)
}

/// The upload's writer. A request that still holds it is told that its client
/// has come back, and lets go.
pub async fn writer(app: &App, incoming: &Incoming) -> Result<UploadWriter, Problem> {
    let begun = tokio::time::Instant::now();
    loop {
        match app.store.uploads().writer(&incoming.id).await {
            Ok(writer) => return Ok(writer),
            Err(StoreError::Busy) if begun.elapsed() < LET_GO => {
                incoming.let_go.notify_waiters();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(StoreError::Busy) => return Err(Transport::Busy.problem().retry_after(1)),
            Err(StoreError::Missing(_)) => return Err(Transport::UploadGone.into()),
            Err(error) => return Err(of_store(error)),
        }
    }
}
