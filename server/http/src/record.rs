//! What goes with a record: its signatures, and what ties it to the public log.

use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use kaibiao_api::{AcceptedStatementView, RecordProof, RecordSignatures};
use kaibiao_app::{App, record_proof, signatures};
use kaibiao_core::ids::{LotId, ProjectId, Seq};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Visitor;
use super::opening::{InLot, WhichRecord, disposition, parse_digest};
use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(record_signatures)
        .service(record_p7s)
        .service(record_proof_of)
        .service(accepted_statement);
}

/// The acts that signed and countersigned the record in force, with role and name and
/// certificates, for whoever may read the record; countersignatures where everybody
/// may know who bids, else one's own.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), WhichRecord),
    responses((status = 200, body = RecordSignatures))
)]
#[get("/projects/{project}/lots/{lot}/record/signatures")]
async fn record_signatures(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
    which: Query<WhichRecord>,
) -> Result<Json<RecordSignatures>, Rejected> {
    let digest = parse_digest(which.digest.as_deref())?;
    let found = signatures::list(&app, path.project, &path.lot, &visitor, digest).await?;
    Ok(Json(found))
}

#[derive(Deserialize)]
struct OfSignature {
    project: ProjectId,
    lot: LotId,
    seq: Seq,
}

/// The detached CMS signature over the record's bytes that the act of an event
/// carries, DER.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), ("seq" = u64, Path)),
    responses((status = 200, content_type = "application/pkcs7-signature"))
)]
#[get("/projects/{project}/lots/{lot}/record/signatures/{seq}.p7s")]
async fn record_p7s(
    app: Data<App>,
    visitor: Visitor,
    path: Path<OfSignature>,
) -> Result<HttpResponse, Rejected> {
    let OfSignature { project, lot, seq } = path.into_inner();
    let bytes = signatures::file(&app, project, &lot, &visitor, seq).await?;
    let name = format!("record-{lot}.{seq}.p7s");
    Ok(HttpResponse::Ok()
        .content_type("application/pkcs7-signature")
        .insert_header((header::CONTENT_DISPOSITION, disposition(&name)))
        .body(bytes))
}

/// What ties the record's tree to the closing statement's and to the public log
/// (docs/spec/evidence.md, 11), for whoever may read the record.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), WhichRecord),
    responses((status = 200, body = RecordProof))
)]
#[get("/projects/{project}/lots/{lot}/record/proof")]
async fn record_proof_of(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
    which: Query<WhichRecord>,
) -> Result<Json<RecordProof>, Rejected> {
    let digest = parse_digest(which.digest.as_deref())?;
    let found = record_proof::proof(&app, path.project, &path.lot, &visitor, digest).await?;
    Ok(Json(found))
}

/// The accepted statement of a lot, with the path from the closing statement's tree,
/// for everybody.
#[utoipa::path(
    tag = "statements",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path)),
    responses((status = 200, body = AcceptedStatementView))
)]
#[get("/projects/{project}/lots/{lot}/accepted/statement")]
async fn accepted_statement(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
) -> Result<Json<AcceptedStatementView>, Rejected> {
    let found = record_proof::accepted(&app, path.project, &path.lot, &visitor).await?;
    Ok(Json(found))
}
