//! Login, sessions, the platform's identity and its accounts.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_core::platform::Platform;
use kaibiao_crypto::act::SignedAct;
use kaibiao_store::StreamId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::guard::role_name;
use super::limits::Limiter;
use super::{Caller, Visitor};
use crate::api::{
    AccountList, AccountView, ActReply, CaView, ChallengeView, EventRef, OrganisationView,
    PlatformView, SESSION_COOKIE, SessionView, TimeView,
};
use crate::app::{App, login, platform};
use crate::problem::Problem;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(time)
        .service(platform_view)
        .service(challenge)
        .service(log_in)
        .service(log_out)
        .service(who_is_logged_in)
        .service(platform_acts)
        .service(accounts);
}

/// The server's clock, for countdowns.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = TimeView)))]
#[get("/time")]
async fn time(app: Data<App>) -> Json<TimeView> {
    Json(TimeView { now: app.now() })
}

/// Who this platform is: what clients pin.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = PlatformView)))]
#[get("/platform")]
async fn platform_view(app: Data<App>) -> Json<PlatformView> {
    let authorities = app.trust.now();
    let cas = authorities.cas.iter().map(|ca| CaView {
        id: ca.id.clone(),
        root: ca.root.to_string(),
    });
    Json(PlatformView {
        origin: app.keys.origin.clone(),
        log_key: BASE64.encode(app.keys.log.public_key().as_bytes()),
        receipt_key: BASE64.encode(app.keys.receipt.public_key().as_bytes()),
        cas: cas.collect(),
        legal: app.legal(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: app.now(),
    })
}

/// A challenge to sign, once, before it expires.
#[utoipa::path(tag = "login", security(()), responses((status = 200, body = ChallengeView)))]
#[post("/login/challenge")]
async fn challenge(
    app: Data<App>,
    limiter: Data<Limiter>,
    request: HttpRequest,
) -> Result<Json<ChallengeView>, Problem> {
    limiter.admit_login(request.peer_addr())?;
    login::challenge(&app).map(Json)
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
    limiter: Data<Limiter>,
    request: HttpRequest,
    act: Json<SignedAct>,
) -> Result<HttpResponse, Problem> {
    limiter.admit_login(request.peer_addr())?;
    let (token, session) = login::login(&app, &act).await?;
    let roles = app.roles(&session).await?;
    let caller = Caller { session, roles };
    let hours = i64::try_from(app.config.session.hours).unwrap_or(24);
    let cookie = cookie(&app, &token, Duration::hours(hours));
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .json(session_view(&caller)))
}

/// Ends the session.
#[utoipa::path(tag = "login", security(()), responses((status = 204)))]
#[post("/logout")]
async fn log_out(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(token) = request.cookie(SESSION_COOKIE) {
        login::logout(&app, token.value()).await?;
    }
    let gone = cookie(&app, "", Duration::ZERO);
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

/// Who is logged in.
#[utoipa::path(
    tag = "login",
    security(("session" = [])),
    responses((status = 200, body = SessionView))
)]
#[get("/session")]
async fn who_is_logged_in(caller: Caller) -> Json<SessionView> {
    Json(session_view(&caller))
}

/// An act on the platform: `bind-role`, `revoke-role`, `register`, `set-clock`.
#[utoipa::path(
    tag = "platform",
    security(("session" = [])),
    request_body = SignedAct,
    responses((status = 200, body = ActReply))
)]
#[post("/platform/acts")]
async fn platform_acts(
    app: Data<App>,
    caller: Caller,
    act: Json<SignedAct>,
) -> Result<Json<ActReply>, Problem> {
    let recorded = platform::perform(&app, &caller.session, &act).await?;
    let events = recorded.iter().map(|event| EventRef {
        seq: None,
        time: event.time,
        kind: kind(&event.facts.what),
    });
    Ok(Json(ActReply {
        events: events.collect(),
        reply: serde_json::Value::Null,
        now: app.now(),
    }))
}

/// Everybody who holds a role, for the centre.
#[utoipa::path(
    tag = "platform",
    security(("session" = ["administrator"]), ("session" = ["centre"])),
    responses((status = 200, body = AccountList))
)]
#[get("/platform/accounts")]
async fn accounts(app: Data<App>, _visitor: Visitor) -> Result<Json<AccountList>, Problem> {
    let platform = app.store.load::<Platform>(&StreamId::platform()).await?;
    let accounts = platform.book.bindings.values().map(|binding| AccountView {
        organisation: organisation(&binding.subject.organisation),
        name: binding.subject.name.clone(),
        person: binding.subject.person.clone(),
        role: role_name(&binding.role),
        since: binding.since,
    });
    Ok(Json(AccountList {
        accounts: accounts.collect(),
    }))
}

/// Strict, out of scripts' reach, and over TLS only where there is TLS.
fn cookie(app: &App, token: &str, age: Duration) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.config.reached_encrypted())
        .max_age(age)
        .finish()
}

fn session_view(caller: &Caller) -> SessionView {
    let session = &caller.session;
    SessionView {
        organisation: organisation(&session.organisation),
        organisation_name: session.organisation_name.clone(),
        name: session.person.clone(),
        certificate: session.certificate.to_string(),
        roles: caller.roles.iter().map(role_name).collect(),
        expires: session.expires,
    }
}

fn organisation(organisation: &kaibiao_core::ids::Organisation) -> OrganisationView {
    OrganisationView {
        issuer: organisation.issuer.clone(),
        code: organisation.code.to_string(),
    }
}

fn kind(what: &kaibiao_core::platform::What) -> String {
    serde_json::to_value(what)
        .ok()
        .and_then(|what| what.get("kind")?.as_str().map(str::to_owned))
        .unwrap_or_default()
}
