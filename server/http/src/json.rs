//! Reads bodies. What is in memory of all of them together has a bound, and so has
//! what one caller has there.

use std::ops::Deref;

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::caller::Holder;
use kaibiao_app::memory::limits::Who;
use kaibiao_app::memory::quota::{Full, Taken};
use kaibiao_app::{App, attempts};
use serde::de::DeserializeOwned;

use crate::Rejected;
use crate::guard::project_of;

/// After how many seconds somebody may come back whose body found no room.
const COME_BACK: u64 = 2;

/// Of so many parts of what bodies leave free, one caller may have one: of those of
/// persons who are logged in, or of strangers'.
const PARTS: usize = 8;

/// A body in memory, whose room is free again once this is dropped.
pub struct Body<T> {
    content: T,
    room: Room,
}

/// What a body takes of the memory for all of them.
pub type Room = Vec<Taken<Who>>;

impl<T> Body<T> {
    /// The content, and the room that it takes until that is dropped.
    pub fn into_parts(self) -> (T, Room) {
        (self.content, self.room)
    }
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

/// A JSON body of the usual size.
pub struct JsonBody<T>(pub Body<T>);

impl<T> Deref for JsonBody<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Rejected;
    type Future = LocalBoxFuture<'static, Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let body = Payload::from_request(request, payload);
        let request = request.clone();
        async move {
            let body = body.await.map_err(Problem::internal)?;
            let limit = app(&request)?.config.limits.json_bytes;
            read(&request, body, limit).await.map(JsonBody)
        }
        .boxed_local()
    }
}

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// `media-type` or `malformed`, and those of [`bytes`].
pub async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    mut body: Payload,
    limit: usize,
) -> Result<Body<T>, Rejected> {
    let media = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !media.is_some_and(|media| media.starts_with("application/json")) {
        return Err(Transport::MediaType
            .with("expected", "application/json")
            .into());
    }
    let bytes = bytes(request, &mut body, limit).await?;
    // What is read here is objects, and serde would take an array for one.
    if bytes.iter().find(|it| !it.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Transport::Malformed.with("reason", "not an object").into());
    }
    let content = serde_json::from_slice(&bytes)
        .map_err(|error| Transport::Malformed.with("reason", error))?;
    Ok(Body {
        content,
        room: bytes.room,
    })
}

/// Reads a body of at most `limit` bytes as it is. Room is taken for what the
/// request says it will send, or else for each piece as it comes.
///
/// # Errors
/// `too-large` or `malformed`; `too-many-requests` when the caller has too much
/// under way, `unavailable` when all have.
pub async fn bytes(
    request: &HttpRequest,
    body: &mut Payload,
    limit: usize,
) -> Result<Body<Vec<u8>>, Rejected> {
    let told = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || Transport::TooLarge.with("limit", limit);
    if told.is_some_and(|told| told > limit) {
        return Err(too_large().into());
    }
    let mut room = Vec::new();
    if let Some(told) = told {
        room.push(room_for(request, told).await?);
    }
    let mut bytes = Vec::with_capacity(told.unwrap_or_default());
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Transport::Malformed.with("reason", error))?;
        if bytes.len() + piece.len() > limit {
            return Err(too_large().into());
        }
        if told.is_none() {
            room.push(room_for(request, piece.len()).await?);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Body {
        content: bytes,
        room,
    })
}

/// Takes room for somebody's body. That there is none for anybody is an error of the
/// platform's own, which is made up for where a project concerns whoever met it.
async fn room_for(request: &HttpRequest, amount: usize) -> Result<Taken<Who>, Problem> {
    let taken = take(request, amount);
    if let Err(problem) = &taken
        && let Some(project) = project_of(request.path())
    {
        let holder = request.extensions().get::<Holder>().cloned();
        if let Some(Ok(caller)) = holder.map(|holder| holder.caller()) {
            attempts::unserved(app(request)?, &caller, project, problem).await;
        }
    }
    taken
}

fn take(request: &HttpRequest, amount: usize) -> Result<Taken<Who>, Problem> {
    let who = request.extensions().get::<Who>().copied();
    let who = who.ok_or_else(|| Problem::internal("nobody reads a body before the guard"))?;
    let memory = &app(request)?.memory;
    let bodies = match who {
        Who::Person(_) => &memory.bodies,
        Who::Address(_) => &memory.strangers_bodies,
    };
    let taken = bodies.take_share(who, amount, PARTS);
    taken.map_err(|full| match full {
        Full::Own => Transport::TooMany
            .with("seconds", COME_BACK)
            .retry_after(COME_BACK),
        Full::All => Transport::Unavailable.problem().retry_after(COME_BACK),
    })
}

fn app(request: &HttpRequest) -> Result<&App, Problem> {
    let app = request.app_data::<Data<App>>();
    app.map(|app| &***app)
        .ok_or_else(|| Problem::internal("no app"))
}
