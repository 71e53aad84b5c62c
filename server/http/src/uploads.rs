//! Uploads by tus 1.0: core, creation, checksum, expiration, termination.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, head, options, patch, post,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::TryStreamExt as _;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{BidState, StatementView, SubmitAccepted};
use kaibiao_app::submission::{self, Begun, Checksum, Incoming, Received, Submitted};
use kaibiao_app::{App, Shared};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;
use kaibiao_crypto::statement::SignedStatement;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;

pub mod protocol;

/// The path under which uploads are.
const UPLOADS: &str = "/api/v1/uploads";

/// The receipt of a completed bid: base64 of its JSON.
pub const RECEIPT: &str = "Kaibiao-Receipt";

/// Where the bid stands now.
pub const STATE: &str = "Kaibiao-Bid-State";

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(abilities)
        .service(create)
        .service(standing)
        .service(receive)
        .service(terminate);
}

/// What this server can of tus.
#[utoipa::path(tag = "uploads", security(()), responses((status = 204)))]
#[options("/uploads")]
async fn abilities(app: Data<App>) -> HttpResponse {
    tus(&mut HttpResponse::NoContent())
        .insert_header(("Tus-Version", protocol::VERSION))
        .insert_header(("Tus-Extension", protocol::EXTENSIONS))
        .insert_header(("Tus-Checksum-Algorithm", protocol::CHECKSUM_ALGORITHMS))
        .insert_header(("Tus-Max-Size", app.config.limits.bid_bytes.to_string()))
        .finish()
}

/// Begins a bid's upload the tus way: `Upload-Metadata` holds `project`, `lot`,
/// `header` and `act` (the signed act's JSON), and `Upload-Length` the bytes of
/// ciphertext. `POST …/bids` does the same with a JSON body, of any size.
#[utoipa::path(tag = "uploads", security(("session" = ["bidder"])), responses((status = 200), (status = 201)))]
#[post("/uploads")]
async fn create(
    app: Data<App>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    version(&request)?;
    let length =
        count(&request, "Upload-Length").ok_or_else(|| malformed(protocol::Malformed::Length))?;
    let metadata = protocol::parse_metadata(text(&request, "Upload-Metadata").unwrap_or_default());
    let mut metadata = metadata.map_err(malformed)?;
    let consents = metadata.remove("consents");
    let mut take = |name: &str| {
        let missing = || Transport::Malformed.with("reason", format!("Upload-Metadata: {name}"));
        metadata.remove(name).ok_or_else(missing)
    };
    let submitted = Submitted {
        consents: match consents {
            Some(consents) => serde_json::from_slice(&consents).map_err(malformed)?,
            None => Vec::new(),
        },
        project: parsed::<ProjectId>(&take("project")?)?,
        lot: parsed::<LotId>(&take("lot")?)?,
        header: protocol::plain_or_text(take("header")?),
        act: serde_json::from_slice::<SignedAct>(&take("act")?).map_err(malformed)?,
        chunks: None,
        length: Some(length),
    };
    let begun = submission::begin(&app, &caller, submitted).await?;
    accepted(&app, begun).await
}

/// How much of an upload is on disk.
#[utoipa::path(tag = "uploads", security(("session" = ["bidder"])), responses((status = 200)))]
#[head("/uploads/{id}")]
async fn standing(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    version(&request)?;
    let incoming = own(&app, &caller, &id).await?;
    let received = submission::standing(&app, &incoming).await?;
    let mut reply = HttpResponse::Ok();
    tus(&mut reply)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Upload-Length", incoming.length.to_string()));
    Ok(progress(&mut reply, &incoming, &received)?.finish())
}

/// Takes bytes from `Upload-Offset` on. The reply to the last byte carries the
/// receipt.
#[utoipa::path(
    tag = "uploads",
    security(("session" = ["bidder"])),
    responses(
        (status = 204),
        (status = 409, description = "the upload does not stand there"),
        (status = 460, description = "the bytes are not those of Upload-Checksum")
    )
)]
#[patch("/uploads/{id}")]
async fn receive(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Rejected> {
    version(&request)?;
    if text(&request, "Content-Type") != Some(protocol::OFFSET_CONTENT_TYPE) {
        return Err(Transport::MediaType
            .with("expected", protocol::OFFSET_CONTENT_TYPE)
            .into());
    }
    let offset =
        count(&request, "Upload-Offset").ok_or_else(|| malformed(protocol::Malformed::Offset))?;
    let checksum = text(&request, "Upload-Checksum")
        .map(Checksum::parse)
        .transpose()
        .map_err(malformed)?;
    let incoming = own(&app, &caller, &id).await?;
    let shared: Shared = app.into_inner();
    let body = body.map_err(std::io::Error::other);
    // The task outlives a client that goes away, so that what has arrived is still
    // made durable.
    let receiving = actix_web::rt::spawn({
        let incoming = incoming.clone();
        async move { submission::receive(&shared, &caller, &incoming, offset, checksum, body).await }
    });
    let received = receiving.await.map_err(Problem::internal)??;
    let mut reply = HttpResponse::NoContent();
    Ok(progress(tus(&mut reply), &incoming, &received)?.finish())
}

/// Gives an upload up.
#[utoipa::path(tag = "uploads", security(("session" = ["bidder"])), responses((status = 204)))]
#[delete("/uploads/{id}")]
async fn terminate(
    app: Data<App>,
    caller: Caller,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    version(&request)?;
    let incoming = own(&app, &caller, &id).await?;
    submission::abort(&app, &incoming).await?;
    Ok(tus(&mut HttpResponse::NoContent()).finish())
}

/// The reply to a header that was accepted.
pub async fn accepted(app: &App, begun: Begun) -> Result<HttpResponse, Rejected> {
    let incoming = match begun {
        Begun::Upload(incoming) => incoming,
        Begun::In {
            bid,
            length,
            receipt,
        } => return is_in(bid, length, receipt),
    };
    let received = submission::standing(app, &incoming).await?;
    if let Some(what) = received.state.no_longer() {
        return Err(what.problem().into());
    }
    let upload = format!("{UPLOADS}/{}", incoming.id);
    let body = SubmitAccepted {
        bid: incoming.bid.to_string(),
        state: received.state,
        upload: Some(upload.clone()),
        length: incoming.length,
        offset: received.offset,
        expires: Some(incoming.expires),
    };
    let mut reply = HttpResponse::Created();
    tus(&mut reply).insert_header((header::LOCATION, upload));
    Ok(progress(&mut reply, &incoming, &received)?.json(Json(body)))
}

/// The reply to a request whose bid is in and live.
fn is_in(bid: Digest, length: u64, receipt: SignedStatement) -> Result<HttpResponse, Rejected> {
    let mut reply = HttpResponse::Ok();
    tus(&mut reply).insert_header(("Upload-Offset", length.to_string()));
    tell(&mut reply, BidState::Live, Some(receipt))?;
    Ok(reply.json(Json(SubmitAccepted {
        bid: bid.to_string(),
        state: BidState::Live,
        upload: None,
        length,
        offset: length,
        expires: None,
    })))
}

/// Finds an upload for its own bidder. For everybody else it does not exist.
async fn own(app: &App, caller: &Caller, id: &str) -> Result<Arc<Incoming>, Rejected> {
    let found = submission::find(app, id).await?;
    if found.organisation() == &caller.session.organisation {
        Ok(found)
    } else {
        Err(Transport::UploadGone.into())
    }
}

fn tus(reply: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    reply.insert_header(("Tus-Resumable", protocol::VERSION))
}

fn progress<'a>(
    reply: &'a mut HttpResponseBuilder,
    incoming: &Incoming,
    received: &Received,
) -> Result<&'a mut HttpResponseBuilder, Rejected> {
    reply
        .insert_header(("Upload-Offset", received.offset.to_string()))
        .insert_header(("Upload-Expires", protocol::http_date(incoming.expires)));
    tell(reply, received.state, received.receipt.clone())
}

/// Tells where a bid stands, and its receipt where it counts.
fn tell(
    reply: &mut HttpResponseBuilder,
    state: BidState,
    receipt: Option<SignedStatement>,
) -> Result<&mut HttpResponseBuilder, Rejected> {
    reply.insert_header((STATE, state.name()));
    if let Some(receipt) = receipt {
        let view = StatementView::from(receipt);
        let json = serde_json::to_vec(&view).map_err(Problem::internal)?;
        reply.insert_header((RECEIPT, BASE64.encode(json)));
    }
    Ok(reply)
}

fn version(request: &HttpRequest) -> Result<(), Rejected> {
    match text(request, "Tus-Resumable") {
        Some(protocol::VERSION) => Ok(()),
        _ => Err(Transport::TusVersion
            .with("version", protocol::VERSION)
            .into()),
    }
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn count(request: &HttpRequest, name: &str) -> Option<u64> {
    protocol::parse_count(text(request, name)?)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(bytes: &[u8]) -> Result<T, Rejected> {
    Ok(std::str::from_utf8(bytes)
        .map_err(malformed)?
        .parse()
        .map_err(malformed)?)
}

fn malformed(reason: impl std::fmt::Display) -> Problem {
    Transport::Malformed.with("reason", reason)
}
