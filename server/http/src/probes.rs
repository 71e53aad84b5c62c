//! Probes for those who run the service.

use actix_web::web::{Data, Json};
use actix_web::{Either, HttpResponse, get};
use kaibiao_api::ReadyView;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::{App, health};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Rejected;
use crate::client::Client;

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
async fn readyz(
    app: Data<App>,
    client: Client,
) -> Result<Either<Json<ReadyView>, HttpResponse>, Rejected> {
    let mut view = health::ready(&app).await?;
    // The single checks are told on this machine only.
    if !client.local {
        view.checks.clear();
        view.authorities.clear();
    }
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

/// Counters for Prometheus, to collectors on this machine and those that the configuration
/// names.
#[utoipa::path(tag = "probes", security(()), responses((status = 200, body = String)))]
#[get("/metrics")]
async fn metrics(app: Data<App>, client: Client) -> Result<HttpResponse, Rejected> {
    if !client.collects {
        return Err(Transport::NotFound.into());
    }
    let text = app.metrics.text(&app).await.map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
