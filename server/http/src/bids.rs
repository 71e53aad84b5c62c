//! Bids: handing in, one's own, receipts and headers; the closing and accepted
//! statements.

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::problem::Transport;
use kaibiao_api::{
    AcceptedView, BidList, ClosingView, StatementView, SubmitAccepted, SubmitRequest,
};
use kaibiao_app::submission::{self, Submitted};
use kaibiao_app::{App, bids, projects, receipts, statements};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::receipt::ReceiptProof;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Caller, Visitor, json, uploads};
use crate::Rejected;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(submit)
        .service(own_bids)
        .service(receipt)
        .service(receipt_pdf)
        .service(receipt_proof)
        .service(acknowledgement)
        .service(rescue_order)
        .service(header)
        .service(closing)
        .service(accepted);
}

/// A project and a lot in a path.
#[derive(Deserialize)]
pub struct InLot {
    pub project: ProjectId,
    pub lot: LotId,
}

/// A project and a bid in a path.
#[derive(Deserialize)]
pub struct OfBid {
    pub project: ProjectId,
    pub bid: Digest,
}

/// Hands in a header and the signed submit act; the ciphertext follows by tus.
#[utoipa::path(
    tag = "bids",
    security(("session" = ["bidder"])),
    params(("project" = String, Path), ("lot" = String, Path)),
    request_body = SubmitRequest,
    responses(
        (status = 200, body = SubmitAccepted, description = "the bid is in and live"),
        (status = 201, body = SubmitAccepted)
    )
)]
#[post("/projects/{project}/lots/{lot}/bids")]
async fn submit(
    app: Data<App>,
    caller: Caller,
    path: Path<InLot>,
    body: actix_web::web::Payload,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let submit: json::Body<SubmitRequest> =
        json::read(&request, body, app.config.limits.header_bytes).await?;
    let (submit, _room) = submit.into_parts();
    let InLot { project, lot } = path.into_inner();
    let bytes = |text: &str| {
        BASE64
            .decode(text)
            .map_err(|error| Transport::Malformed.with("reason", error))
    };
    let submitted = Submitted {
        project,
        lot,
        header: bytes(&submit.header)?,
        chunks: submit.chunks.as_deref().map(bytes).transpose()?,
        act: submit.act,
        consents: submit.consents,
        length: None,
    };
    let begun = submission::begin(&app, &caller, submitted).await?;
    uploads::accepted(&app, begun).await
}

/// The caller's own bids, those under way as well.
#[utoipa::path(
    tag = "bids",
    security(("session" = ["bidder"])),
    params(("project" = String, Path)),
    responses((status = 200, body = BidList))
)]
#[get("/projects/{project}/bids")]
async fn own_bids(
    app: Data<App>,
    caller: Caller,
    visitor: Visitor,
    project: Path<ProjectId>,
) -> Result<Json<BidList>, Rejected> {
    projects::seen(&app, *project, &visitor).await?;
    Ok(Json(
        bids::own(&app, *project, &caller.session.organisation).await?,
    ))
}

/// The signed receipt of one of the caller's bids. It proves that the bid was
/// received; the header `Kaibiao-Bid-State` tells whether it still counts.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = StatementView))
)]
#[get("/projects/{project}/bids/{bid}/receipt")]
async fn receipt(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<HttpResponse, Rejected> {
    let state = bids::may_read(&app, path.project, path.bid, &caller).await?;
    let receipt = statements::receipt(&app, path.project, path.bid).await?;
    Ok(HttpResponse::Ok()
        .insert_header((uploads::STATE, state.name()))
        .json(StatementView::from(receipt)))
}

/// The same receipt on paper (PDF/A), with a QR code of the bid's digest.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, content_type = "application/pdf"))
)]
#[get("/projects/{project}/bids/{bid}/receipt.pdf")]
async fn receipt_pdf(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<HttpResponse, Rejected> {
    let pdf = receipts::paper(&app, path.project, path.bid, &caller).await?;
    Ok(HttpResponse::Ok().content_type("application/pdf").body(pdf))
}

/// What the receipt of one of the caller's bids has turned into: from T0 on, the proof
/// that its promise was kept, in its one spelling. It can be checked without asking
/// anybody.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = ReceiptProof))
)]
#[get("/projects/{project}/bids/{bid}/receipt/proof")]
async fn receipt_proof(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<HttpResponse, Rejected> {
    let proof = receipts::proof(&app, path.project, path.bid, &caller).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(proof))
}

/// The acknowledgement of the caller's unlock of its own bid, where the answer
/// to the act was lost.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = StatementView))
)]
#[get("/projects/{project}/bids/{bid}/acknowledgement")]
async fn acknowledgement(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<Json<StatementView>, Rejected> {
    bids::may_read(&app, path.project, path.bid, &caller).await?;
    Ok(Json(
        statements::acknowledgement(&app, path.project, path.bid)
            .await?
            .into(),
    ))
}

/// The supervisor's signed order to rescue a bid: what custodians check before
/// they give a share of its secret.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = Signed))
)]
#[get("/projects/{project}/bids/{bid}/rescue-order")]
async fn rescue_order(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<Json<Signed>, Rejected> {
    Ok(Json(
        bids::rescue_order(&app, path.project, path.bid, &caller).await?,
    ))
}

/// The header of a bid, exactly as it was handed in: for its bidder, and for the
/// custodians once the lot's accepted set is fixed or its rescue was ordered.
#[utoipa::path(
    tag = "bids",
    security(("session" = [])),
    params(("project" = String, Path), ("bid" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"))
)]
#[get("/projects/{project}/bids/{bid}/header")]
async fn header(
    app: Data<App>,
    caller: Caller,
    path: Path<OfBid>,
) -> Result<HttpResponse, Rejected> {
    let bytes = bids::header(&app, path.project, path.bid, &caller).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .body(bytes))
}

#[derive(Deserialize, IntoParams)]
struct WhichBid {
    /// The bid whose place in the tree is to be proved.
    bid: Option<String>,
}

/// The closing statement, with the proof that a bid's event is in its tree.
#[utoipa::path(
    tag = "statements",
    security(()),
    params(("project" = String, Path), WhichBid),
    responses((status = 200, body = ClosingView))
)]
#[get("/projects/{project}/closing")]
async fn closing(
    app: Data<App>,
    project: Path<ProjectId>,
    which: Query<WhichBid>,
) -> Result<Json<ClosingView>, Rejected> {
    let bid = which.bid.as_deref().map(str::parse::<Digest>).transpose();
    let bid = bid.map_err(|error| Transport::Malformed.with("reason", error))?;
    Ok(Json(bids::closing(&app, *project, bid).await?))
}

/// What custodians check before they release: the accepted and the closing
/// statement, and for each accepted bid its header and its bidder's unlock.
#[utoipa::path(
    tag = "statements",
    security(("session" = [])),
    params(("project" = String, Path), ("lot" = String, Path)),
    responses((status = 200, body = AcceptedView))
)]
#[get("/projects/{project}/lots/{lot}/accepted")]
async fn accepted(
    app: Data<App>,
    caller: Caller,
    path: Path<InLot>,
) -> Result<Json<AcceptedView>, Rejected> {
    Ok(Json(
        bids::accepted(&app, path.project, &path.lot, &caller).await?,
    ))
}
