//! Login, sessions, the platform's identity and its accounts.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{
    AccountList, ActReply, CaView, ChallengeView, DirectoryList, EventRef, LinkedList,
    PlatformView, SESSION_COOKIE, SessionList, SessionView, SessionsEnded, TimeView,
};
use kaibiao_app::memory::limits::{Counted, Who};
use kaibiao_app::{App, caller, login, platform};
use kaibiao_core::platform::Recorded;
use kaibiao_core::role::Role;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Holder, Visitor};
use crate::Rejected;
use crate::client::Client;
use crate::json::{self, Body, JsonBody};

/// The most bytes of a login: a signature over a few lines, and its certificates.
const LOGIN_BYTES: usize = 64 << 10;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(time)
        .service(platform_view)
        .service(challenge)
        .service(log_in)
        .service(log_out)
        .service(who_is_logged_in)
        .service(own_sessions)
        .service(end_session)
        .service(end_other_sessions)
        .service(platform_acts)
        .service(platform_act)
        .service(accounts)
        .service(directory)
        .service(linked);
}

/// The server's clock, for countdowns.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = TimeView)))]
#[get("/time")]
async fn time(app: Data<App>) -> Json<TimeView> {
    let reading = app.store.clock().read();
    Json(TimeView {
        now: reading.now,
        wall: reading.wall,
        steady: reading.is_steady(),
    })
}

/// Who this platform is: what clients pin.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = PlatformView)))]
#[get("/platform")]
async fn platform_view(app: Data<App>) -> Json<PlatformView> {
    let authorities = app.memory.authorities.now();
    let cas = authorities.cas.iter().map(|ca| CaView {
        id: ca.id.clone(),
        root: ca.root.to_string(),
        rules: ca.rules.clone(),
        revocation: ca.revocation,
    });
    Json(PlatformView {
        origin: app.keys.origin.clone(),
        log_key: BASE64.encode(app.keys.log.public_key().as_bytes()),
        receipt_key: BASE64.encode(app.keys.receipt.public_key().as_bytes()),
        public_log: app.keys.log_key().ok().map(|key| key.to_string()),
        cas: cas.collect(),
        legal: app.legal(),
        suites: app.suites(),
        desk_phone: app.config.desk.phone.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: app.now(),
    })
}

/// A challenge to sign, once, before it expires.
#[utoipa::path(tag = "login", security(()), responses((status = 200, body = ChallengeView)))]
#[post("/login/challenge")]
async fn challenge(app: Data<App>, client: Client) -> Result<Json<ChallengeView>, Rejected> {
    app.admit(Counted::Login(Who::at(client.address))).await?;
    Ok(Json(login::challenge(&app)?))
}

/// Begins a session: the signed act `login` over a challenge.
#[utoipa::path(
    tag = "login",
    security(()),
    request_body = SignedAct,
    responses((status = 200, body = SessionView, description = "The cookie is the session"))
)]
#[post("/login")]
async fn log_in(
    app: Data<App>,
    client: Client,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Rejected> {
    app.admit(Counted::Login(Who::at(client.address))).await?;
    let act: Body<SignedAct> = json::read(&request, body, LOGIN_BYTES).await?;
    let (token, session) = login::login(&app, &act).await?;
    let holder = caller::Holder::of(&app, session).await?;
    let view = platform::session(&app, &holder).await?;
    let cookie = cookie(&app, &token);
    Ok(HttpResponse::Ok().cookie(cookie).json(view))
}

/// Ends the session.
#[utoipa::path(tag = "login", security(()), responses((status = 204)))]
#[post("/logout")]
async fn log_out(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Rejected> {
    if let Some(token) = request.cookie(SESSION_COOKIE) {
        login::logout(&app, token.value()).await?;
    }
    let mut gone = cookie(&app, "");
    gone.set_max_age(Duration::ZERO);
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// Who is logged in.
#[utoipa::path(
    tag = "login",
    security(("session" = [])),
    responses((status = 200, body = SessionView))
)]
#[get("/session")]
async fn who_is_logged_in(app: Data<App>, holder: Holder) -> Result<Json<SessionView>, Rejected> {
    Ok(Json(platform::session(&app, &holder.0).await?))
}

/// The sessions of whoever asks, on this and other devices.
#[utoipa::path(
    tag = "login",
    security(("session" = [])),
    responses((status = 200, body = SessionList))
)]
#[get("/sessions")]
async fn own_sessions(
    app: Data<App>,
    holder: Holder,
    request: HttpRequest,
) -> Result<Json<SessionList>, Rejected> {
    let token = request.cookie(SESSION_COOKIE);
    let token = token.as_ref().map_or("", Cookie::value);
    Ok(Json(login::sessions(&app, &holder.0.session, token).await?))
}

/// Ends one of the sessions of whoever asks.
#[utoipa::path(
    tag = "login",
    security(("session" = [])),
    params(("session" = String, Path, description = "What it is listed by")),
    responses((status = 204))
)]
#[delete("/sessions/{session}")]
async fn end_session(
    app: Data<App>,
    holder: Holder,
    session: Path<Digest>,
) -> Result<HttpResponse, Rejected> {
    login::end(&app, &holder.0.session, *session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends all other sessions of whoever asks. What watches a room by one of them is cut
/// off at once.
#[utoipa::path(
    tag = "login",
    security(("session" = [])),
    responses((status = 200, body = SessionsEnded))
)]
#[delete("/sessions")]
async fn end_other_sessions(
    app: Data<App>,
    holder: Holder,
    request: HttpRequest,
) -> Result<Json<SessionsEnded>, Rejected> {
    let token = request.cookie(SESSION_COOKIE);
    let token = token.as_ref().map_or("", Cookie::value);
    let ended = login::end_others(&app, &holder.0.session, token).await?;
    Ok(Json(SessionsEnded { ended }))
}

/// An act on the platform: `bind-role`, `revoke-role`, `register`, `set-clock`,
/// `link-authority`, `unlink-authority`, `bridge-list`, `call-desk`, `answer-call`.
#[utoipa::path(
    tag = "platform",
    security(("session" = [])),
    request_body = SignedAct,
    responses((status = 200, body = ActReply))
)]
#[post("/platform/acts")]
async fn platform_acts(
    app: Data<App>,
    holder: Holder,
    act: JsonBody<SignedAct>,
) -> Result<Json<ActReply>, Rejected> {
    let recorded = platform::perform(&app, &holder.0, &act).await?;
    Ok(Json(reply(&app, &recorded)))
}

/// What became of an act on the platform that was received before, by the digest
/// of its body: for whoever performed it and lost the answer.
#[utoipa::path(
    tag = "platform",
    security(("session" = [])),
    params(("digest" = String, Path, description = "SHA-256 of the act's body, hex")),
    responses((status = 200, body = ActReply))
)]
#[get("/platform/acts/{digest}")]
async fn platform_act(
    app: Data<App>,
    holder: Holder,
    digest: Path<Digest>,
) -> Result<Json<ActReply>, Rejected> {
    let event = platform::taken(&app, &holder.0, *digest).await?;
    Ok(Json(reply(&app, &[event])))
}

fn reply(app: &App, recorded: &[Recorded]) -> ActReply {
    let events = recorded.iter().map(|event| EventRef {
        seq: None,
        time: event.time,
        kind: event.facts.what.kind().to_owned(),
    });
    ActReply {
        events: events.collect(),
        reply: serde_json::Value::Null,
        now: app.now(),
    }
}

/// Everybody who holds a role, for the centre.
#[utoipa::path(
    tag = "platform",
    security(("session" = ["administrator"]), ("session" = ["centre"])),
    responses((status = 200, body = AccountList))
)]
#[get("/platform/accounts")]
async fn accounts(app: Data<App>, _visitor: Visitor) -> Result<Json<AccountList>, Rejected> {
    Ok(Json(platform::accounts(&app).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// Part of the name or the code; everybody where it is left out.
    search: Option<String>,
    /// Only those with this role: `centre`, `supervisor` or `host`.
    role: Option<Role>,
}

/// Organisations that a draft can name as officials or custodians: those with such a
/// role here, and custodians of published projects. Who only bids is not among them.
#[utoipa::path(
    tag = "platform",
    security(("session" = ["host"]), ("session" = ["centre"]), ("session" = ["machine"])),
    params(Sought),
    responses((status = 200, body = DirectoryList))
)]
#[get("/directory")]
async fn directory(
    app: Data<App>,
    _visitor: Visitor,
    sought: Query<Sought>,
) -> Result<Json<DirectoryList>, Rejected> {
    let search = sought.search.as_deref().unwrap_or_default();
    let found = kaibiao_app::directory::find(&app, search, sought.role).await?;
    Ok(Json(found))
}

/// Further authorities that were linked for organisations, and by whom.
#[utoipa::path(
    tag = "platform",
    security(("session" = ["administrator"]), ("session" = ["centre"]), ("session" = ["supervisor"])),
    responses((status = 200, body = LinkedList))
)]
#[get("/platform/linked")]
async fn linked(app: Data<App>, _visitor: Visitor) -> Result<Json<LinkedList>, Rejected> {
    Ok(Json(platform::linked(&app).await?))
}

/// The session's cookie: `SameSite=Strict`, `HttpOnly`, and `Secure` where users
/// reach the service by HTTPS. It has no age, so that a browser that is closed forgets
/// it, and the next person at that machine is nobody.
fn cookie(app: &App, token: &str) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.config.reached_encrypted())
        .finish()
}
