//! One watcher's connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use bytestring::ByteString;
use kaibiao_api::RoomMessage;
use kaibiao_app::caller::{self, Visitor};
use kaibiao_app::memory::rooms::Room;
use kaibiao_app::{Shared, projects};
use kaibiao_core::viewer::Viewer;

/// How many frames are taken from the room at a time.
const BATCH: usize = 32;

/// How often the time is sent and the connection is probed.
const CLOCK: Duration = Duration::from_secs(15);

/// Silence after which a watcher counts as gone.
const SILENCE: Duration = Duration::from_secs(50);

/// Who watches, and from where on.
pub struct Watcher {
    /// The session's token, where there is a session.
    pub token: Option<String>,
    /// Whether our own command line watches.
    pub program: bool,
    pub viewer: Viewer,
    pub after: u64,
}

/// Serves a watcher until it goes, lags too far, may no longer watch, or the
/// service stops.
pub async fn serve(
    app: Shared,
    room: Arc<Room>,
    watcher: Watcher,
    mut session: Session,
    messages: MessageStream,
) {
    let reason = match follow(&app, &room, watcher, &mut session, messages).await {
        Ok(()) => None,
        Err(code) => Some(CloseReason::from(code)),
    };
    let _ = tokio::time::timeout(Duration::from_secs(2), session.close(reason)).await;
}

async fn follow(
    app: &Shared,
    room: &Room,
    watcher: Watcher,
    session: &mut Session,
    mut messages: MessageStream,
) -> Result<(), CloseCode> {
    let Watcher {
        token,
        program,
        viewer,
        after,
    } = watcher;
    let patience = Duration::from_secs(app.config.limits.watcher_seconds);
    let mut changes = room.changes();
    let mut closing = app.memory.rooms.closing();
    let mut clock = tokio::time::interval(CLOCK);
    clock.reset();
    let mut heard = Instant::now();
    let length = room.length(&viewer);
    let mut cursor = after.min(length);
    let reading = app.store.clock().read();
    let hello = RoomMessage::Hello {
        after: cursor,
        length,
        now: reading.now,
        steady: reading.is_steady(),
    };
    send(session, text(&hello), patience).await?;
    loop {
        changes.mark_unchanged();
        loop {
            let frames = room.frames(&viewer, cursor, BATCH);
            if frames.is_empty() {
                break;
            }
            cursor += u64::try_from(frames.len()).unwrap_or(u64::MAX);
            for frame in frames {
                send(session, frame, patience).await?;
            }
        }
        tokio::select! {
            changed = changes.changed() => changed.map_err(|_| CloseCode::Restart)?,
            _ = closing.wait_for(|closing| *closing) => return Err(CloseCode::Restart),
            message = messages.recv() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Ping(bytes))) => {
                        session.pong(&bytes).await.map_err(|_| CloseCode::Away)?;
                    }
                    // A watcher's messages mean nothing here and are dropped.
                    Some(Ok(Message::Pong(_) | Message::Text(_) | Message::Binary(_) | Message::Nop)) => {}
                    Some(Ok(Message::Continuation(_))) => return Err(CloseCode::Unsupported),
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Err(_)) => return Err(CloseCode::Protocol),
                }
            }
            _ = clock.tick() => {
                if heard.elapsed() > SILENCE {
                    return Err(CloseCode::Away);
                }
                if !still_allowed(app, room, token.as_deref(), program, &viewer).await {
                    return Err(CloseCode::Policy);
                }
                let reading = app.store.clock().read();
                let told = RoomMessage::Clock {
                    now: reading.now,
                    steady: reading.is_steady(),
                };
                send(session, text(&told), patience).await?;
                session.ping(b"").await.map_err(|_| CloseCode::Away)?;
            }
        }
    }
}

/// Whether the watcher may still watch. Its session may have ended meanwhile, or its
/// certificate or a role may have been revoked.
async fn still_allowed(
    app: &Shared,
    room: &Room,
    token: Option<&str>,
    program: bool,
    viewer: &Viewer,
) -> bool {
    let visitor = match token {
        None => Visitor::default(),
        Some(token) => match caller::visitor(app, token).await {
            Ok(Visitor(None)) => return false,
            Ok(visitor) => visitor,
            Err(_) => return true,
        },
    };
    if let Some(caller) = &visitor.0 {
        app.memory
            .presence
            .note(room.project(), caller, program, app.now());
    }
    match projects::current(app, room.project()).await {
        Ok(current) => projects::viewer(&current.book, &visitor) == *viewer,
        Err(_) => true,
    }
}

/// Sends a frame. A watcher that takes nothing for too long is dropped, so that its
/// frames do not pile up; it may come back with its place.
async fn send(
    session: &mut Session,
    frame: ByteString,
    patience: Duration,
) -> Result<(), CloseCode> {
    match tokio::time::timeout(patience, session.text(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(CloseCode::Away),
        Err(_) => Err(CloseCode::Again),
    }
}

fn text(message: &RoomMessage) -> ByteString {
    serde_json::to_string(message).unwrap_or_default().into()
}
