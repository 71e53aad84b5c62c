//! Revocation lists on which judgements of accepted acts rest.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use kaibiao_api::problem::Transport;
use kaibiao_app::{App, lists};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(revocation_list);
}

/// A revocation list on which the judgement of an accepted act rests, by its
/// digest: DER, as its authority published it.
#[utoipa::path(
    tag = "platform",
    security(()),
    params(("digest" = String, Path)),
    responses((status = 200, content_type = "application/pkix-crl"))
)]
#[get("/revocation-lists/{digest}")]
async fn revocation_list(app: Data<App>, digest: Path<String>) -> Result<HttpResponse, Rejected> {
    let digest = digest.parse().map_err(|_| Transport::NotFound)?;
    let list = lists::get(&app, digest).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pkix-crl")
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(list))
}
