//! Complaints to the supervisor.

use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use kaibiao_api::{
    ComplaintFiled, ComplaintList, ComplaintReply, ComplaintSecret, ProjectComplaints,
    PublicComplaint,
};
use kaibiao_app::{App, complaints};
use kaibiao_core::ids::{ProjectId, Seq};
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Caller, Visitor, json, opening};
use crate::Rejected;
use crate::client::Client;
use crate::desk::WhichPage;
use crate::json::JsonBody;

/// The most bytes of a complaint with its files. One address may have so much of what
/// strangers send in memory.
const LIMIT: usize = 6 << 20;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(complaints_list)
        .service(project_complaints)
        .service(complain)
        .service(read_complaint)
        .service(complaint_file);
}

/// Complaints in the projects that name the caller's organisation as an official: all of
/// them for the supervisor; for host and centre those that were taken up, of which they
/// are told lot and matter alone.
#[utoipa::path(
    tag = "complaints",
    security(("session" = ["supervisor"]), ("session" = ["centre"]), ("session" = ["host"])),
    params(WhichPage),
    responses((status = 200, body = ComplaintList))
)]
#[get("/complaints")]
async fn complaints_list(
    app: Data<App>,
    caller: Caller,
    page: Query<WhichPage>,
) -> Result<Json<ComplaintList>, Rejected> {
    let page = page.into_inner().into();
    Ok(Json(complaints::list(&app, &caller, &page).await?))
}

/// The complaints of one project: how many there are, those that the caller may read, and
/// whether it may complain.
#[utoipa::path(
    tag = "complaints",
    security(()),
    params(("project" = String, Path)),
    responses((status = 200, body = ProjectComplaints))
)]
#[get("/projects/{project}/complaints")]
async fn project_complaints(
    app: Data<App>,
    visitor: Visitor,
    project: Path<ProjectId>,
) -> Result<Json<ProjectComplaints>, Rejected> {
    Ok(Json(
        complaints::of_project(&app, *project, &visitor).await?,
    ))
}

/// Complains without a certificate, about a lot that has ended. Whoever has one performs
/// the act `complain`.
#[utoipa::path(
    tag = "complaints",
    security(()),
    params(("project" = String, Path)),
    request_body = PublicComplaint,
    responses((status = 201, body = ComplaintFiled))
)]
#[post("/projects/{project}/complaints")]
async fn complain(
    app: Data<App>,
    client: Client,
    project: Path<ProjectId>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Rejected> {
    let body = json::read::<PublicComplaint>(&request, body, LIMIT).await?;
    let (complaint, _room) = body.into_parts();
    let filed = complaints::file(&app, *project, client.address, complaint).await?;
    Ok(HttpResponse::Created().json(filed))
}

#[derive(Deserialize)]
struct OfComplaint {
    project: ProjectId,
    complaint: Seq,
}

/// How a complaint without a certificate stands, and its answer, for its secret.
#[utoipa::path(
    tag = "complaints",
    security(()),
    params(("project" = String, Path), ("complaint" = u64, Path)),
    request_body = ComplaintSecret,
    responses((status = 200, body = ComplaintReply))
)]
#[post("/projects/{project}/complaints/{complaint}")]
async fn read_complaint(
    app: Data<App>,
    path: Path<OfComplaint>,
    secret: JsonBody<ComplaintSecret>,
) -> Result<Json<ComplaintReply>, Rejected> {
    let read = complaints::read(&app, path.project, path.complaint, &secret.secret);
    Ok(Json(read.await?))
}

#[derive(Deserialize)]
struct OfFile {
    project: ProjectId,
    complaint: Seq,
    digest: Digest,
}

/// A file of such a complaint or of its answer, for its secret.
#[utoipa::path(
    tag = "complaints",
    security(()),
    params(("project" = String, Path), ("complaint" = u64, Path), ("digest" = String, Path)),
    request_body = ComplaintSecret,
    responses((status = 200, content_type = "application/octet-stream"))
)]
#[post("/projects/{project}/complaints/{complaint}/attachments/{digest}")]
async fn complaint_file(
    app: Data<App>,
    path: Path<OfFile>,
    secret: JsonBody<ComplaintSecret>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let OfFile {
        project,
        complaint,
        digest,
    } = path.into_inner();
    let found = complaints::attachment(&app, project, complaint, &secret.secret, digest);
    let (attached, key) = found.await?;
    opening::download(
        app.into_inner(),
        &request,
        key,
        &digest.to_string(),
        &attached.media_type,
        attached.size,
    )
}
