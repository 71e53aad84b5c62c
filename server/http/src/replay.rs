//! The supervisor's player (docs/spec/replay.md).

use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{ReplayFeed, ReplaySteps};
use kaibiao_app::{App, replay};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::player::{EventProof, Onlooker, Scene};
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;

/// The most events of which one page tells.
const PAGE: u64 = 500;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(scene)
        .service(steps)
        .service(feed)
        .service(proof);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Shown {
    /// An event's number, or an instant by RFC 3339; the last event where it is left out.
    at: Option<String>,
    /// Whose eyes: `public`, `bidder:CODE`, `custodian:CODE`, `host`, `agency`, `centre`,
    /// `supervisor`; the supervisor's where it is left out.
    r#as: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// The number of the last event that is known.
    #[serde(default)]
    after: u64,
    /// At most 500.
    limit: Option<u64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Heard {
    /// Whose ears, as above.
    r#as: Option<String>,
    /// The number of the last event that is known.
    #[serde(default)]
    after: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The event's number.
    seq: u64,
}

fn onlooker(text: Option<&str>) -> Result<Onlooker, Problem> {
    let text = text.unwrap_or("supervisor");
    text.parse()
        .map_err(|error| Transport::Malformed.with("reason", format!("as: {error}")))
}

/// The room of the past as somebody saw it, at an event or an instant: the same bytes
/// whenever it is asked. For a supervisor of the project, from T0 on.
#[utoipa::path(
    operation_id = "replay",
    tag = "opening",
    security(("session" = ["supervisor"])),
    params(("project" = String, Path), Shown),
    responses((status = 200, body = Scene))
)]
#[get("/projects/{project}/replay")]
async fn scene(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
    shown: Query<Shown>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let at = shown.at.as_deref().map(str::parse).transpose()?;
    let onlooker = onlooker(shown.r#as.as_deref())?;
    let body = replay::scene(&app, &caller, *project, at.unwrap_or_default(), onlooker).await?;
    let tag = format!("\"{}\"", Digest::of(&body));
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut reply = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    reply
        .content_type("application/json")
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(if is_known {
        reply.finish()
    } else {
        reply.body(body)
    })
}

/// The steps of the player's cursor, one for each event, and through whose eyes the
/// room can be seen. For a supervisor of the project, from T0 on.
#[utoipa::path(
    operation_id = "replay_steps",
    tag = "opening",
    security(("session" = ["supervisor"])),
    params(("project" = String, Path), After),
    responses((status = 200, body = ReplaySteps))
)]
#[get("/projects/{project}/replay/steps")]
async fn steps(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
    after: Query<After>,
) -> Result<Json<ReplaySteps>, Rejected> {
    let limit = after.limit.unwrap_or(PAGE).min(PAGE);
    let steps = replay::steps(&app, &caller, *project, after.after, limit);
    Ok(Json(steps.await?))
}

/// What somebody was told in the live room, with the events that it tells of. For a
/// supervisor of the project, from T0 on.
#[utoipa::path(
    operation_id = "replay_feed",
    tag = "opening",
    security(("session" = ["supervisor"])),
    params(("project" = String, Path), Heard),
    responses((status = 200, body = ReplayFeed))
)]
#[get("/projects/{project}/replay/feed")]
async fn feed(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
    heard: Query<Heard>,
) -> Result<Json<ReplayFeed>, Rejected> {
    let onlooker = onlooker(heard.r#as.as_deref())?;
    let feed = replay::feed(&app, &caller, *project, onlooker, heard.after, PAGE);
    Ok(Json(feed.await?))
}

/// That an event lies in the project's tree, and that tree in the public log
/// (docs/spec/evidence.md). For a supervisor of the project, from T0 on.
#[utoipa::path(
    operation_id = "replay_proof",
    tag = "opening",
    security(("session" = ["supervisor"])),
    params(("project" = String, Path), Which),
    responses((status = 200, body = EventProof))
)]
#[get("/projects/{project}/replay/proof")]
async fn proof(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
    which: Query<Which>,
) -> Result<Json<EventProof>, Rejected> {
    let proof = replay::proof(&app, &caller, *project, which.seq);
    Ok(Json(proof.await?))
}
