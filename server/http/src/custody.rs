//! What a custodian has to do.

use actix_web::get;
use actix_web::web::{Data, Json};
use kaibiao_api::CustodyView;
use kaibiao_app::{App, agents};
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(custody);
}

/// All projects that have not ended in which the caller's organisation is a custodian or
/// is invited to be one, with what is due, and how its agents stand. For its persons and
/// for its agents.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    responses((status = 200, body = CustodyView))
)]
#[get("/custody")]
async fn custody(app: Data<App>, caller: Caller) -> Result<Json<CustodyView>, Rejected> {
    Ok(Json(agents::custody(&app, &caller).await?))
}
