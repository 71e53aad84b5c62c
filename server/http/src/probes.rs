//! Probes for those who run the service.

use actix_web::web::{Data, Json};
use actix_web::{Either, HttpRequest, HttpResponse, get};
use kaibiao_api::ReadyView;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::{App, health};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(healthz).service(readyz).service(metrics);
}

/// The process is alive.
#[utoipa::path(tag = "probes", security(()), responses((status = 200, body = String)))]
#[get("/healthz")]
async fn healthz() -> &'static str {
    "ok"
}

/// The service can do its work: the store writes, the clock is steady.
#[utoipa::path(
    tag = "probes",
    security(()),
    responses((status = 200, body = ReadyView), (status = 503, body = ReadyView))
)]
#[get("/readyz")]
async fn readyz(app: Data<App>) -> Result<Either<Json<ReadyView>, HttpResponse>, Rejected> {
    let view = health::ready(&app).await?;
    Ok(if view.ready {
        Either::Left(Json(view))
    } else {
        // The probe writes this reply itself, so that it does not become a problem.
        Either::Right(
            HttpResponse::ServiceUnavailable()
                .content_type(kaibiao_api::problem::MEDIA_TYPE)
                .body(serde_json::to_vec(&view).unwrap_or_default()),
        )
    })
}

/// Counters for Prometheus, to a collector on this machine only.
#[utoipa::path(tag = "probes", security(()), responses((status = 200, body = String)))]
#[get("/metrics")]
async fn metrics(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Rejected> {
    let local = request
        .peer_addr()
        .is_some_and(|peer| peer.ip().is_loopback());
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    if !local || forwarded {
        return Err(Transport::NotFound.into());
    }
    let text = app.metrics.text(&app.store).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
