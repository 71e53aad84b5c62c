//! Projects: the list, one project's view, its terms, its acts, its feed and
//! its live room.

use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{
    self, ActReply, FeedPage, NewProject, ProjectCreated, ProjectList, ProjectReply,
};
use kaibiao_app::desk::Span;
use kaibiao_app::{App, acts, caller, holdings, listing, projects};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::viewer::Seat;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Caller, Holder, Visitor, guard};
use crate::Rejected;
use crate::connections::Connections;
use crate::json::JsonBody;
use crate::live::Watcher;

/// Items on a page of a feed.
const PAGE: usize = 500;

/// The largest frame taken from a watcher, which has nothing to send but control
/// frames.
const WATCHER_FRAME: usize = 4096;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(begin)
        .service(view)
        .service(act)
        .service(taken_act)
        .service(terms)
        .service(feed)
        .service(live);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichProjects {
    /// The `next` of the page before.
    after: Option<String>,
    /// The most lines of the page, up to 100.
    limit: Option<usize>,
    /// Part of the number, the title, the tenderer's or agency's name, or of a bidder's
    /// name in a lot that has ended and is not masked.
    search: Option<String>,
    /// A stage, or `waiting` (before T0), `open` (from T0 to the end), `ended`.
    stage: Option<String>,
    /// T0 at this instant or later.
    from: Option<kaibiao_api::Millis>,
    /// T0 before this instant.
    to: Option<kaibiao_api::Millis>,
    /// Only those in which the caller's organisation has a part: as bidder, host,
    /// centre, supervisor or custodian.
    #[serde(default)]
    mine: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AfterItem {
    /// How many items of one's own feed one has.
    #[serde(default)]
    after: u64,
}

/// The projects the caller may see, the latest first.
#[utoipa::path(
    tag = "projects",
    security(()),
    params(WhichProjects),
    responses((status = 200, body = ProjectList))
)]
#[get("/projects")]
async fn list(
    app: Data<App>,
    visitor: Visitor,
    query: Query<WhichProjects>,
) -> Result<Json<ProjectList>, Rejected> {
    let query = query.into_inner();
    let wanted = listing::Wanted {
        after: query.after,
        limit: query.limit,
        search: query.search,
        stage: query.stage,
        span: Span {
            from: query.from,
            to: query.to,
        },
        mine: query.mine,
    };
    Ok(Json(listing::list(&app, &visitor, wanted).await?))
}

/// Begins a project: a host's draft, or a machine account's import, which is
/// the same project however often it is sent.
#[utoipa::path(
    tag = "projects",
    security(("session" = ["host"]), ("session" = ["machine"])),
    request_body = NewProject,
    responses((status = 201, body = ProjectCreated), (status = 200, body = ProjectCreated))
)]
#[post("/projects")]
async fn begin(
    app: Data<App>,
    caller: Caller,
    new: JsonBody<NewProject>,
) -> Result<HttpResponse, Rejected> {
    let (NewProject { external_id, draft }, _room) = new.0.into_parts();
    let created = projects::begin(&app, &caller, external_id, draft).await?;
    let location = format!("{}/projects/{}", guard::API, created.id);
    let mut reply = if created.created {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(reply.insert_header(("location", location)).json(created))
}

/// A project as the caller may see it now.
#[utoipa::path(
    tag = "projects",
    security(()),
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, body = ProjectReply))
)]
#[get("/projects/{id}")]
async fn view(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Rejected> {
    let project = project(&path)?;
    let (_, viewer) = projects::seen(&app, project, &visitor).await?;
    // The feed is measured before the view is made. What happens between the two
    // is in both, and telling a client twice does no harm.
    let told = app.memory.rooms.of(&app, project).await?.length(&viewer);
    let current = projects::current(&app, project).await?;
    let troubles = if viewer.seat >= Seat::Host {
        holdings::of(&app, project)
    } else {
        Vec::new()
    };
    let actor = visitor.0.as_ref().map(caller::Caller::actor);
    let now = app.now();
    let seen = app.heavy(move || {
        let (state, book) = (&current.state, &current.book);
        let view = kaibiao_core::view::view(state, book, &viewer, actor.as_ref(), now);
        let reply = ProjectReply {
            feed: told,
            troubles,
            view: view.ok_or(Transport::NotFound)?,
        };
        serde_json::to_vec(&reply).map_err(Problem::internal)
    });
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(seen.await?))
}

/// An act in a project: any act but `submit`, which goes with its bid.
#[utoipa::path(
    tag = "projects",
    security(("session" = [])),
    params(("id" = String, Path, description = "The project's id")),
    request_body = SignedAct,
    responses((status = 200, body = ActReply))
)]
#[post("/projects/{id}/acts")]
async fn act(
    app: Data<App>,
    holder: Holder,
    path: Path<String>,
    act: JsonBody<SignedAct>,
) -> Result<Json<ActReply>, Rejected> {
    Ok(Json(
        acts::perform(&app, &holder.0, project(&path)?, &act).await?,
    ))
}

/// What became of an act that was received before, by the digest of its body:
/// for whoever performed it and lost the answer.
#[utoipa::path(
    tag = "projects",
    security(("session" = [])),
    params(
        ("id" = String, Path, description = "The project's id"),
        ("digest" = String, Path, description = "SHA-256 of the act's body, hex")
    ),
    responses((status = 200, body = ActReply))
)]
#[get("/projects/{id}/acts/{digest}")]
async fn taken_act(
    app: Data<App>,
    holder: Holder,
    path: Path<(String, Digest)>,
) -> Result<Json<ActReply>, Rejected> {
    let (id, digest) = path.into_inner();
    Ok(Json(
        acts::taken(&app, &holder.0, project(&id)?, digest).await?,
    ))
}

/// The exact bytes of a lot's sealing terms.
#[utoipa::path(
    tag = "projects",
    security(()),
    params(
        ("id" = String, Path, description = "The project's id"),
        ("lot" = String, Path, description = "The lot's id")
    ),
    responses((status = 200, body = kaibiao_core::terms::SealingTerms))
)]
#[get("/projects/{id}/lots/{lot}/terms")]
async fn terms(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Rejected> {
    let (id, lot) = path.into_inner();
    let text = projects::terms(&app, project(&id)?, &self::lot(&lot)?, &visitor).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(text))
}

/// What the caller has been told of a project, from any place on.
#[utoipa::path(
    tag = "projects",
    security(()),
    params(("id" = String, Path, description = "The project's id"), AfterItem),
    responses((status = 200, body = FeedPage))
)]
#[get("/projects/{id}/feed")]
async fn feed(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    query: Query<AfterItem>,
) -> Result<Json<FeedPage>, Rejected> {
    let project = project(&path)?;
    let (_, viewer) = projects::seen(&app, project, &visitor).await?;
    let room = app.memory.rooms.of(&app, project).await?;
    let items = room.page(&viewer, query.after, PAGE);
    let next = items
        .last()
        .map_or_else(|| query.after.min(room.length(&viewer)), |item| item.n);
    Ok(Json(FeedPage {
        items,
        next,
        now: app.now(),
    }))
}

/// The live room: a WebSocket that sends what follows, as text frames of
/// `RoomMessage`. Come back with `after` to continue.
#[utoipa::path(
    tag = "projects",
    security(()),
    params(("id" = String, Path, description = "The project's id"), AfterItem),
    responses((status = 101, description = "The room"), (status = 200, body = kaibiao_api::RoomMessage))
)]
#[get("/openings/{id}/live")]
async fn live(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    query: Query<AfterItem>,
    connections: Data<Connections>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Rejected> {
    // A browser sends the cookie with the WebSocket of any page, so the origin is
    // checked.
    guard::own_origin(&app, request.headers())?;
    let project = project(&path)?;
    let (_, viewer) = projects::seen(&app, project, &visitor).await?;
    let place = crate::live::place(&app, &connections, &visitor, &request)?;
    let (room, changes) = app.memory.rooms.join(&app, project).await?;
    let (reply, session, messages) = actix_ws::handle(&request, payload)
        .map_err(|error| Transport::Malformed.with("reason", error))?;
    // A token that belongs to nobody is dropped, because the watcher has no
    // session that could end.
    let program = guard::is_program(request.headers());
    let token = visitor
        .0
        .as_ref()
        .and_then(|_| request.cookie(kaibiao_api::SESSION_COOKIE))
        .map(|cookie| cookie.value().to_owned());
    let watcher = Watcher {
        token,
        program,
        viewer,
        after: query.after,
        place,
        changes,
    };
    let messages = messages.max_frame_size(WATCHER_FRAME);
    actix_web::rt::spawn(crate::live::serve(
        app.into_inner(),
        room,
        watcher,
        session,
        messages,
    ));
    Ok(reply)
}

/// A project's id in a path.
pub fn project(text: &str) -> Result<ProjectId, Rejected> {
    text.parse().map_err(|_| Transport::NotFound.into())
}

/// A lot's id in a path.
pub fn lot(text: &str) -> Result<LotId, Rejected> {
    text.parse().map_err(|_| Transport::NotFound.into())
}
