//! The centre's desk.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use kaibiao_api::{BoardView, CallList, HealthPage, HelpList, Millis, RatingList};
use kaibiao_app::{App, desk};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(board)
        .service(helps)
        .service(calls)
        .service(ratings)
        .service(health);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// From this instant on.
    from: Option<Millis>,
    /// Before this instant.
    to: Option<Millis>,
}

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichPage {
    /// The `next` of the page before.
    after: Option<String>,
    /// The most lines of the page, up to 100.
    limit: Option<usize>,
}

impl From<WhichPage> for desk::Asked {
    fn from(WhichPage { after, limit }: WhichPage) -> Self {
        Self { after, limit }
    }
}

impl From<Span> for desk::Span {
    fn from(Span { from, to }: Span) -> Self {
        Self { from, to }
    }
}

/// The rooms of the day: those that have not ended and those of the last 24
/// hours, or those with T0 in the span asked for. Of the projects that name the
/// caller's organisation; all for the administrator. Before T0 it tells nothing
/// of bids or bidders.
#[utoipa::path(
    tag = "desk",
    security(
        ("session" = ["centre"]), ("session" = ["administrator"]), ("session" = ["supervisor"])
    ),
    params(Span, WhichPage),
    responses((status = 200, body = BoardView))
)]
#[get("/board")]
async fn board(
    app: Data<App>,
    caller: Caller,
    span: Query<Span>,
    page: Query<WhichPage>,
) -> Result<Json<BoardView>, Rejected> {
    let page = page.into_inner().into();
    Ok(Json(
        desk::board(&app, &caller, span.into_inner().into(), &page).await?,
    ))
}

/// The help desk's queue: requests of the last 30 days in the projects that name
/// the caller's organisation, from their T0 on; for the centre, also the calls to the
/// desk, at once.
#[utoipa::path(
    tag = "desk",
    security(("session" = ["centre"]), ("session" = ["host"]), ("session" = ["supervisor"])),
    params(WhichPage),
    responses((status = 200, body = HelpList))
)]
#[get("/helps")]
async fn helps(
    app: Data<App>,
    caller: Caller,
    page: Query<WhichPage>,
) -> Result<Json<HelpList>, Rejected> {
    let page = page.into_inner().into();
    Ok(Json(desk::helps(&app, &caller, &page).await?))
}

/// The calls to the desk by the caller's own organisation, with their answers.
#[utoipa::path(
    tag = "desk",
    security(("session" = [])),
    responses((status = 200, body = CallList))
)]
#[get("/calls")]
async fn calls(app: Data<App>, caller: Caller) -> Result<Json<CallList>, Rejected> {
    Ok(Json(kaibiao_app::calls::own(&app, &caller).await?))
}

/// Ratings of the service (好差评), without names.
#[utoipa::path(
    tag = "desk",
    security(("session" = ["centre"]), ("session" = ["administrator"])),
    params(WhichPage),
    responses((status = 200, body = RatingList))
)]
#[get("/ratings")]
async fn ratings(
    app: Data<App>,
    caller: Caller,
    page: Query<WhichPage>,
) -> Result<Json<RatingList>, Rejected> {
    let page = page.into_inner().into();
    Ok(Json(desk::ratings(&app, &caller, &page).await?))
}

/// When the service started and stopped, and signs of ill health.
#[utoipa::path(
    tag = "desk",
    security(
        ("session" = ["centre"]), ("session" = ["administrator"]), ("session" = ["supervisor"])
    ),
    params(Span),
    responses((status = 200, body = HealthPage))
)]
#[get("/platform/health")]
async fn health(
    app: Data<App>,
    _caller: Caller,
    span: Query<Span>,
) -> Result<Json<HealthPage>, Rejected> {
    Ok(Json(desk::health(&app, span.into_inner().into()).await?))
}
