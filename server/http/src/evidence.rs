//! What is taken out of the hall to be verified elsewhere: events, and the bundle of
//! evidence (docs/spec/bundle.md).

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use kaibiao_api::EventPage;
use kaibiao_app::bundle::{self, Edition};
use kaibiao_app::{App, exports};
use kaibiao_core::act::Exported;
use kaibiao_core::ids::ProjectId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Visitor;
use crate::Rejected;
use crate::opening::{After, PAGE, archive};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events).service(evidence);
}

/// The events themselves with the exact leaves of the project's tree, and of each as
/// much as the caller may read: to everybody those of the bundle, once there is one; from
/// T0 on one's own, and to the supervisor all of them.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), After),
    responses((status = 200, body = EventPage))
)]
#[get("/projects/{project}/events")]
async fn events(
    app: Data<App>,
    visitor: Visitor,
    project: Path<ProjectId>,
    after: Query<After>,
) -> Result<Json<EventPage>, Rejected> {
    let limit = after.limit.unwrap_or(PAGE).min(PAGE);
    Ok(Json(
        kaibiao_app::events::page(&app, &visitor, *project, after.after, limit).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
struct WhichBundle {
    /// `public`, or `supervisor` for the project's supervisor.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    edition: Edition,
}

/// The bundle of evidence as one ZIP archive: what there is to prove about the opening,
/// for offline verification. Two downloads of one edition are the same bytes. That the
/// supervisor took one with persons in it goes on record.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), WhichBundle),
    responses((status = 200, content_type = "application/zip"))
)]
#[get("/projects/{project}/bundle")]
async fn evidence(
    app: Data<App>,
    visitor: Visitor,
    project: Path<ProjectId>,
    which: Query<WhichBundle>,
) -> Result<HttpResponse, Rejected> {
    let app = app.into_inner();
    let sending = bundle::export(&app, *project, which.edition, &visitor).await?;
    if let (Edition::Supervisor, Some(caller)) = (which.edition, &visitor.0) {
        exports::note(&app, Some(*project), Exported::Bundle, caller).await?;
    }
    let name = sending.name.clone();
    Ok(archive(&name, None, sending.pieces()))
}
