//! The public log (docs/spec/evidence.md): files for whoever reads logs as C2SP writes
//! them, and what opens a project's anchors.

use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use kaibiao_api::problem::Transport;
use kaibiao_api::{AnchorList, LoggedView, NoticeList, StampList};
use kaibiao_app::{App, log};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Visitor;
use crate::Rejected;

/// The files, which are at the root of the address.
pub fn files(config: &mut ServiceConfig<'_>) {
    config.service(checkpoint).service(tile).service(timestamps);
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(anchors).service(logged).service(notices);
}

/// The newest checkpoint of the public log (c2sp.org/tlog-checkpoint), with the
/// cosignatures that it has.
#[utoipa::path(
    tag = "log",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/log/checkpoint")]
async fn checkpoint(app: Data<App>) -> Result<HttpResponse, Rejected> {
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(log::checkpoint(&app).await?))
}

/// A tile of the public log, or a bundle of its entries (c2sp.org/tlog-tiles).
#[utoipa::path(
    tag = "log",
    security(()),
    params(("path" = String, Path, description = "`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`")),
    responses((status = 200, content_type = "application/octet-stream"))
)]
#[get("/log/tile/{path:.*}")]
async fn tile(app: Data<App>, path: Path<String>) -> Result<HttpResponse, Rejected> {
    let path = format!("tile/{path}");
    let path = path.parse().map_err(|_| Transport::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(log::tile(&app, path).await?))
}

#[derive(Deserialize, IntoParams)]
struct WhichStamps {
    /// Stamps after this number.
    after: Option<u64>,
    /// The stamp over the note of this SHA-256, hex.
    #[param(value_type = String)]
    of: Option<Digest>,
}

/// Time stamps (RFC 3161) over checkpoints of the public log: those after a number, the
/// one over a note, or else the newest one.
#[utoipa::path(
    tag = "log",
    security(()),
    params(WhichStamps),
    responses((status = 200, body = StampList))
)]
#[get("/log/timestamps")]
async fn timestamps(app: Data<App>, which: Query<WhichStamps>) -> Result<HttpResponse, Rejected> {
    let found = log::stamps(&app, which.after, which.of).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(found))
}

#[derive(Deserialize, IntoParams)]
struct AfterTick {
    /// Anchors after this tick.
    after: Option<u64>,
}

/// The anchors of a project, opened: which tree each of them is over. From the closing
/// statement on.
#[utoipa::path(
    tag = "log",
    security(()),
    params(("project" = String, Path), AfterTick),
    responses((status = 200, body = AnchorList))
)]
#[get("/projects/{project}/anchors")]
async fn anchors(
    app: Data<App>,
    visitor: Visitor,
    project: Path<ProjectId>,
    which: Query<AfterTick>,
) -> Result<Json<AnchorList>, Rejected> {
    let after = which.after.unwrap_or(0);
    Ok(Json(log::anchors(&app, &visitor, *project, after).await?))
}

#[derive(Deserialize)]
struct InLot {
    project: ProjectId,
    lot: LotId,
}

/// The offline proof (c2sp.org/tlog-proof) that the sealing terms in force of a lot are
/// in the public log.
#[utoipa::path(
    tag = "log",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path)),
    responses((status = 200, body = LoggedView))
)]
#[get("/projects/{project}/lots/{lot}/terms/logged")]
async fn logged(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
) -> Result<Json<LoggedView>, Rejected> {
    let found = log::logged(&app, &visitor, path.project, &path.lot).await?;
    Ok(Json(found))
}

#[derive(Deserialize, IntoParams)]
struct AfterNotice {
    /// Notices after this number.
    after: Option<u64>,
}

/// The notices of a project as the host has signed them, each with the offline proof
/// (c2sp.org/tlog-proof) that it is in the public log.
#[utoipa::path(
    tag = "log",
    security(()),
    params(("project" = String, Path), AfterNotice),
    responses((status = 200, body = NoticeList))
)]
#[get("/projects/{project}/notices")]
async fn notices(
    app: Data<App>,
    visitor: Visitor,
    project: Path<ProjectId>,
    which: Query<AfterNotice>,
) -> Result<Json<NoticeList>, Rejected> {
    let after = which.after.unwrap_or(0);
    Ok(Json(
        log::notices::list(&app, &visitor, *project, after).await?,
    ))
}
