//! Probes for those who run the service.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use actix_web::{Either, HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::ReadyView;
use crate::app::App;
use crate::problem::{Problem, Transport};

/// A heartbeat older than this means that the store is not writing.
const STALE: i64 = 10_000;

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
async fn readyz(app: Data<App>) -> Either<Json<ReadyView>, HttpResponse> {
    let view = ready(&app);
    if view.ready {
        Either::Left(Json(view))
    } else {
        // Said by the probe itself, so that it is not told as a problem.
        Either::Right(
            HttpResponse::ServiceUnavailable()
                .content_type(crate::problem::MEDIA_TYPE)
                .body(serde_json::to_vec(&view).unwrap_or_default()),
        )
    }
}

/// What is looked at, and whether it is well.
pub fn ready(app: &App) -> ReadyView {
    let reading = app.store.clock().read();
    let checks = BTreeMap::from([
        (
            "store".to_owned(),
            reading.now - app.store.condition().beat < STALE,
        ),
        ("clock".to_owned(), reading.is_steady()),
        ("trust".to_owned(), !app.trust.now().cas.is_empty()),
    ]);
    ReadyView {
        ready: checks["store"] && checks["clock"],
        checks,
    }
}

/// Counters for Prometheus, to a collector on this machine only.
#[utoipa::path(tag = "probes", security(()), responses((status = 200, body = String)))]
#[get("/metrics")]
async fn metrics(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
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
