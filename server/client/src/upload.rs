//! Uploads the ciphertexts by tus 1.0, piece by piece, and goes on where it was
//! after any interruption.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaibiao_api::SubmitAccepted;
use kaibiao_crypto::bid::Header;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use tokio::task::{JoinHandle, spawn_blocking};

use super::failure::{Failure, Kind, Outcome};
use super::http::{Session, refusal, unreachable, whole};
use super::progress::Progress;

/// Bytes of one PATCH; the client holds two in memory: one that is sent, and the next.
const PIECE: u64 = 4 << 20;
/// Failed tries in a row, without one byte more, before giving up for now.
const TRIES: u32 = 12;
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Sends what is missing to `upload`.
pub async fn send(
    session: &Session,
    path: &Path,
    header: &Header,
    upload: &str,
    accepted: &SubmitAccepted,
    stop_after: Option<u64>,
    progress: &dyn Progress,
) -> Outcome<()> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let mut pieces = Pieces::of(file, header.length());
    let mut offset = accepted.offset;
    let mut failures = 0;
    let mut sent = 0;
    progress.begin("上传", "uploading", Some(accepted.length));
    progress.advance(offset);
    let done = loop {
        if offset >= accepted.length {
            break Ok(());
        }
        if stop_after.is_some_and(|most| sent >= most) {
            break Err(stopped(offset, accepted.length));
        }
        let most = stop_after.map_or(PIECE, |most| PIECE.min(most - sent));
        let piece = pieces.piece(offset, most).await;
        let piece = piece.map_err(|error| Failure::file(path, &error))?;
        let length = piece.len() as u64;
        if stop_after.is_none() {
            pieces.ahead = Some(pieces.read(offset + length, PIECE));
        }
        match patch(session, upload, offset, piece).await {
            Ok(next) => {
                progress.advance(next.saturating_sub(offset));
                offset = next;
                sent += length;
                failures = 0;
            }
            Err(failure) if failure.kind == Kind::Network && failures < TRIES => {
                failures += 1;
                tokio::time::sleep(MAX_PAUSE.min(Duration::from_millis(200 << failures))).await;
                if let Ok(found) = head(session, upload).await {
                    offset = found;
                }
            }
            Err(failure) => break Err(failure),
        }
    };
    progress.end();
    done
}

/// The ciphertexts in a file, of which the next piece is read while one is sent.
struct Pieces {
    file: Arc<Mutex<File>>,
    /// Where they begin in it.
    begin: u64,
    ahead: Option<Ahead>,
}

/// A piece that is read: from which offset on, and how much at most.
struct Ahead {
    offset: u64,
    most: u64,
    reading: JoinHandle<std::io::Result<Vec<u8>>>,
}

impl Pieces {
    fn of(file: File, begin: u64) -> Self {
        Self {
            file: Arc::new(Mutex::new(file)),
            begin,
            ahead: None,
        }
    }

    fn read(&self, offset: u64, most: u64) -> Ahead {
        let (file, from) = (Arc::clone(&self.file), self.begin + offset);
        let reading = spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            piece(&mut file, from, most)
        });
        Ahead {
            offset,
            most,
            reading,
        }
    }

    async fn piece(&mut self, offset: u64, most: u64) -> std::io::Result<Vec<u8>> {
        let ahead = match self.ahead.take() {
            Some(ahead) if (ahead.offset, ahead.most) == (offset, most) => ahead,
            _ => self.read(offset, most),
        };
        ahead.reading.await?
    }
}

pub fn piece(file: &mut File, from: u64, most: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let left = file.metadata()?.len().saturating_sub(from);
    // The capacity only saves the vector from growing, so 0 will do where it
    // does not fit.
    let mut piece = Vec::with_capacity(usize::try_from(left.min(most)).unwrap_or(0));
    file.take(most).read_to_end(&mut piece)?;
    Ok(piece)
}

/// Gives an upload up. One that is gone already is given up as well.
pub async fn terminate(session: &Session, upload: &str) -> Outcome<()> {
    let request = || {
        let request = session.server.request(Method::DELETE, upload);
        request.header("Tus-Resumable", "1.0.0")
    };
    match session.server.patiently(request).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.code == "upload-gone" => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Sends a piece; the offset after it.
async fn patch(session: &Session, upload: &str, offset: u64, piece: Vec<u8>) -> Outcome<u64> {
    let response = session
        .server
        .request(Method::PATCH, upload)
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset)
        .header(CONTENT_TYPE, "application/offset+octet-stream")
        .body(piece)
        .send()
        .await
        .map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return offset_of(response.headers());
    }
    let body = whole(response).await.unwrap_or_default();
    let mut failure = refusal(status, &body);
    // The server has another offset (a part of the last piece got there), or
    // somebody else's try is still under way: ask and go on.
    if matches!(status, StatusCode::CONFLICT | StatusCode::LOCKED)
        && matches!(failure.code.as_str(), "upload-offset" | "busy")
    {
        failure.kind = Kind::Network;
    }
    Err(failure)
}

/// Asks the server how many bytes it has.
async fn head(session: &Session, upload: &str) -> Outcome<u64> {
    let reply = session
        .server
        .patiently(|| {
            session
                .server
                .request(Method::HEAD, upload)
                .header("Tus-Resumable", "1.0.0")
        })
        .await?;
    offset_of(&reply.headers)
}

fn offset_of(headers: &HeaderMap) -> Outcome<u64> {
    headers
        .get("upload-offset")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .ok_or_else(|| {
            Failure::new(
                Kind::Network,
                "no-offset",
                "服务器没有说明已收到多少;请重试。",
                "The server did not say how much it has; try again.",
            )
        })
}

fn stopped(offset: u64, length: u64) -> Failure {
    Failure::new(
        Kind::Network,
        "cut",
        format!("上传在 {offset}/{length} 字节处中断;再次执行同一命令即可续传。"),
        format!("The upload stopped at {offset} of {length} bytes; run the same command to go on."),
    )
}
