//! Files that acts name by their digest.

use actix_web::http::header;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use kaibiao_api::AttachmentView;
use kaibiao_api::problem::Transport;
use kaibiao_app::{App, attachments};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::text::is_media_type;
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Caller, Visitor, json, opening};
use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(attach).service(attachment);
}

/// Hands in a file, which acts may then name by its SHA-256.
#[utoipa::path(
    tag = "attachments",
    security(
        ("session" = ["bidder"]), ("session" = ["host"]),
        ("session" = ["centre"]), ("session" = ["supervisor"]), ("session" = ["machine"])
    ),
    params(("project" = String, Path)),
    request_body(content_type = "application/octet-stream"),
    responses((status = 201, body = AttachmentView))
)]
#[post("/projects/{project}/attachments")]
async fn attach(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
    request: HttpRequest,
    mut body: Payload,
) -> Result<HttpResponse, Rejected> {
    let media_type = media_type(&request)?;
    attachments::may_keep(&app, *project, &caller).await?;
    let limit = app.config.limits.attachment_bytes;
    let content = json::bytes(&request, &mut body, limit).await?;
    let (content, _room) = content.into_parts();
    let (digest, size) =
        attachments::keep(&app, *project, &caller, media_type.clone(), content).await?;
    Ok(HttpResponse::Created().json(AttachmentView {
        digest: digest.to_string(),
        size,
        media_type,
    }))
}

#[derive(Deserialize)]
struct OfAttachment {
    project: ProjectId,
    digest: Digest,
}

/// An attachment, for those who may see what it belongs to.
#[utoipa::path(
    tag = "attachments",
    security(()),
    params(("project" = String, Path), ("digest" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"))
)]
#[get("/projects/{project}/attachments/{digest}")]
async fn attachment(
    app: Data<App>,
    visitor: Visitor,
    path: Path<OfAttachment>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let (attached, key) = attachments::find(&app, path.project, &visitor, path.digest).await?;
    let name = path.digest.to_string();
    opening::download(
        app.into_inner(),
        &request,
        key,
        &name,
        &attached.media_type,
        attached.size,
    )
}

/// The request's media type, if it is a plain `type/subtype` without parameters.
fn media_type(request: &HttpRequest) -> Result<String, Rejected> {
    let told = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let told = told.unwrap_or("application/octet-stream");
    if is_media_type(told) {
        Ok(told.to_ascii_lowercase())
    } else {
        Err(Transport::MediaType.with("expected", "type/subtype").into())
    }
}
