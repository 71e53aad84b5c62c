//! How the caller is reached outside the hall, and what for.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use kaibiao_api::{AlertHistory, AlertSumsView, AlertWishes, AlertsView, CodeEntered, CodeWanted};
use kaibiao_app::{App, alerts};
use kaibiao_core::ids::ProjectId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;
use crate::json::JsonBody;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(own_alerts)
        .service(alert_history)
        .service(alert_sums)
        .service(wish_alerts)
        .service(forget_alerts)
        .service(alert_code)
        .service(confirm_address)
        .service(follow_project)
        .service(unfollow_project);
}

/// How the caller is reached by mail and short message, and what it is told there.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    responses((status = 200, body = AlertsView))
)]
#[get("/alerts")]
async fn own_alerts(app: Data<App>, caller: Caller) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::view(&app, &caller).await?))
}

/// What was sent to the caller in the last 30 days, over which way, and whether the relay
/// or gateway took it.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    responses((status = 200, body = AlertHistory))
)]
#[get("/alerts/history")]
async fn alert_history(app: Data<App>, caller: Caller) -> Result<Json<AlertHistory>, Rejected> {
    Ok(Json(alerts::history(&app, &caller).await?))
}

/// How many alerts were sent, wait, or were given up, of all persons together.
#[utoipa::path(
    tag = "alerts",
    security(("session" = ["centre"]), ("session" = ["administrator"])),
    responses((status = 200, body = AlertSumsView))
)]
#[get("/alerts/sums")]
async fn alert_sums(app: Data<App>, _caller: Caller) -> Result<Json<AlertSumsView>, Rejected> {
    Ok(Json(alerts::sums(&app).await?))
}

/// Changes it. A code is sent to each address that is new, and nothing else until that
/// was entered.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    request_body = AlertWishes,
    responses((status = 200, body = AlertsView))
)]
#[put("/alerts")]
async fn wish_alerts(
    app: Data<App>,
    caller: Caller,
    wishes: JsonBody<AlertWishes>,
) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::wish(&app, &caller, wishes.clone()).await?))
}

/// Forgets addresses, wishes, and the projects followed.
#[utoipa::path(tag = "alerts", security(("session" = [])), responses((status = 204)))]
#[delete("/alerts")]
async fn forget_alerts(app: Data<App>, caller: Caller) -> Result<HttpResponse, Rejected> {
    alerts::forget(&app, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends the code of an address once more.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    request_body = CodeWanted,
    responses((status = 200, body = AlertsView))
)]
#[post("/alerts/code")]
async fn alert_code(
    app: Data<App>,
    caller: Caller,
    wanted: JsonBody<CodeWanted>,
) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::code(&app, &caller, wanted.channel).await?))
}

/// Takes the code that came to an address, which shows that it is the caller's.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    request_body = CodeEntered,
    responses((status = 200, body = AlertsView))
)]
#[post("/alerts/confirm")]
async fn confirm_address(
    app: Data<App>,
    caller: Caller,
    entered: JsonBody<CodeEntered>,
) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::confirm(&app, &caller, &entered).await?))
}

/// Follows a published project: whoever does is told what everybody may know of it, and
/// need not bid.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    params(("project" = ProjectId, Path)),
    responses((status = 200, body = AlertsView))
)]
#[put("/alerts/projects/{project}")]
async fn follow_project(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::follow(&app, &caller, *project, true).await?))
}

/// Does not follow a project any more.
#[utoipa::path(
    tag = "alerts",
    security(("session" = [])),
    params(("project" = ProjectId, Path)),
    responses((status = 200, body = AlertsView))
)]
#[delete("/alerts/projects/{project}")]
async fn unfollow_project(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
) -> Result<Json<AlertsView>, Rejected> {
    Ok(Json(alerts::follow(&app, &caller, *project, false).await?))
}
