//! One watcher's connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use bytestring::ByteString;
use kaibiao_api::RoomMessage;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::caller::{self, Visitor};
use kaibiao_app::memory::limits::Who;
use kaibiao_app::memory::quota::Taken;
use kaibiao_app::memory::rooms::{Room, question};
use kaibiao_app::{App, Shared, projects};
use kaibiao_core::viewer::Viewer;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::client::Client;
use crate::connections::Connections;

/// How many frames are taken from the room at a time.
const BATCH: usize = 32;

/// How often the time is sent and the connection is probed, at least.
const CLOCK: Duration = Duration::from_secs(15);

/// Of so many probes in a row one must be answered, or the watcher is gone.
const PROBES: u32 = 3;

/// Who watches, and from where on.
pub struct Watcher {
    /// The session's token, where there is a session.
    pub token: Option<String>,
    /// Whether our own command line watches.
    pub program: bool,
    pub viewer: Viewer,
    pub after: u64,
    /// Its place among the watchers.
    pub place: Place,
    /// Signals whenever the room grows.
    pub changes: watch::Receiver<u64>,
}

/// A watcher's place, given back when dropped.
pub struct Place {
    /// Among the sockets of its person or address.
    _own: Taken<Who>,
    /// Among all who are not logged in.
    _unknown: Option<Taken<()>>,
}

/// A place for one more watcher.
///
/// # Errors
/// `too-many-requests` where this person, or this address without a login, watches
/// too often already; `unavailable` where too many watch without a login.
pub fn place(
    app: &App,
    connections: &Connections,
    visitor: &caller::Visitor,
    request: &HttpRequest,
) -> Result<Place, Problem> {
    let limits = &app.config.limits;
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = Client::of(app, peer, request.headers()).address;
    let (who, each, unknown) = match &visitor.0 {
        Some(caller) => (
            Who::Person(caller.session.certificate),
            limits.sockets_per_person,
            None,
        ),
        None => (
            Who::at(address),
            limits.sockets_per_address,
            Some(connections.watch()?),
        ),
    };
    let own = app.memory.sockets.take(who, 1, each);
    let own = own.map_err(|_| {
        let seconds = CLOCK.as_secs();
        Transport::TooMany
            .with("seconds", seconds)
            .retry_after(seconds)
    })?;
    Ok(Place {
        _own: own,
        _unknown: unknown,
    })
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
        place: _place,
        mut changes,
    } = watcher;
    let patience = Duration::from_secs(app.config.limits.watcher_seconds);
    let own = token
        .as_deref()
        .map(|token| app.store.sessions().name(token));
    let mut ends = app.memory.sessions.ends();
    // It may have ended before its end could be heard.
    if !still_allowed(app, room, token.as_deref(), program, &viewer).await {
        return Err(CloseCode::Policy);
    }
    let mut closing = app.memory.rooms.closing();
    let beat = CLOCK.min(patience);
    let mut clock = tokio::time::interval(beat);
    clock.reset();
    let mut heard = Instant::now();
    let mut asked = [0; 8];
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
            ended = ends.recv(), if own.is_some() => {
                let goes_on = match ended {
                    Ok(name) => own != Some(name),
                    Err(RecvError::Lagged(_)) => {
                        still_allowed(app, room, token.as_deref(), program, &viewer).await
                    }
                    Err(RecvError::Closed) => false,
                };
                if !goes_on {
                    return Err(CloseCode::Policy);
                }
            }
            message = messages.recv() => {
                match message {
                    Some(Ok(Message::Ping(bytes))) => {
                        session.pong(&bytes).await.map_err(|_| CloseCode::Away)?;
                    }
                    // Only the answer to our own last question shows that the watcher
                    // reads what it is sent.
                    Some(Ok(Message::Pong(bytes))) if *bytes == asked => {
                        heard = Instant::now();
                    }
                    // A watcher's messages mean nothing here and are dropped.
                    Some(Ok(Message::Pong(_) | Message::Text(_) | Message::Binary(_) | Message::Nop)) => {}
                    Some(Ok(Message::Continuation(_))) => return Err(CloseCode::Unsupported),
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Err(_)) => return Err(CloseCode::Protocol),
                }
            }
            _ = clock.tick() => {
                if heard.elapsed() > beat * PROBES + beat / 3 {
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
                asked = question();
                session.ping(&asked).await.map_err(|_| CloseCode::Away)?;
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
        Some(token) => match caller::holder(app, token).await {
            Ok(None) => return false,
            Ok(Some(holder)) => Visitor(holder.caller().ok()),
            Err(_) => return true,
        },
    };
    if let Some(caller) = &visitor.0 {
        caller::noticed(app, room.project(), caller, program);
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
