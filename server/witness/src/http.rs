//! The protocol over HTTP.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::StreamExt as _;
use kaibiao_crypto::tlog::Refused;

use crate::{NotCosigned, Witness};

/// A request with more bytes is not read: a checkpoint with a hundred cosignatures has
/// fewer than half of them.
const BODY_MAX: usize = 64 << 10;
/// How long a client may take for its head, and then for its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until `stop` is over, and then finishes what is under way.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    witness: Arc<Witness>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::from(witness.clone()))
            .default_service(web::to(answer))
    })
    // Requests take turns for the state anyway.
    .workers(1)
    .max_connections(512)
    .client_request_timeout(PATIENCE)
    .client_disconnect_timeout(Duration::from_secs(2))
    .keep_alive(PATIENCE)
    .shutdown_timeout(PATIENCE.as_secs())
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let mut serving = tokio::spawn(server);
    tokio::select! {
        ended = &mut serving => return ended?,
        () = stop => {}
    }
    handle.stop(true).await;
    serving.await?
}

async fn answer(request: HttpRequest, witness: Data<Witness>, mut body: Payload) -> HttpResponse {
    let mut reply = match (request.method(), request.path()) {
        (&Method::POST, "/add-checkpoint") => add_checkpoint(witness, &mut body).await,
        (&Method::GET, "/healthz") => healthz(witness).await,
        (_, "/add-checkpoint" | "/healthz") => bare(StatusCode::METHOD_NOT_ALLOWED),
        _ => bare(StatusCode::NOT_FOUND),
    };
    // A request's body that was not read to its end ends the connection, if it is still
    // there when the reply's end is sent. If it is dropped, actix reads it for ever. So
    // such replies have no body, and hold it.
    reply.extensions_mut().insert(body);
    reply
}

async fn add_checkpoint(witness: Data<Witness>, body: &mut Payload) -> HttpResponse {
    let read = tokio::time::timeout(PATIENCE, read(body)).await;
    let request = match read {
        Ok(Ok(bytes)) => String::from_utf8(bytes),
        Ok(Err(status)) => return bare(status),
        Err(_) => return bare(StatusCode::REQUEST_TIMEOUT),
    };
    let Ok(request) = request else {
        return refused(Refused::Malformed);
    };
    // What was begun is finished, also for a client that has gone away.
    let witness = witness.into_inner();
    match tokio::spawn(async move { witness.add(&request).await }).await {
        Ok(Ok(signature)) => text(StatusCode::OK, signature.to_string()),
        Ok(Err(NotCosigned::Refused(reason))) => refused(reason),
        Ok(Err(fault)) => failed(&fault),
        Err(fault) => failed(&fault),
    }
}

async fn read(body: &mut Payload) -> Result<Vec<u8>, StatusCode> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
        if bytes.len() + piece.len() > BODY_MAX {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn refused(reason: Refused) -> HttpResponse {
    let status = match reason {
        Refused::Malformed => StatusCode::BAD_REQUEST,
        Refused::UnknownLog => StatusCode::NOT_FOUND,
        Refused::Unsigned => StatusCode::FORBIDDEN,
        Refused::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY,
        Refused::Conflict(size) => {
            return HttpResponse::Conflict()
                .content_type("text/x.tlog.size")
                .body(format!("{size}\n"));
        }
    };
    text(status, format!("{reason}\n"))
}

/// Whether the witness can read its state.
async fn healthz(witness: Data<Witness>) -> HttpResponse {
    match witness.seen().await {
        Ok(_) => bare(StatusCode::OK),
        Err(fault) => failed(&fault),
    }
}

fn failed(fault: &dyn std::error::Error) -> HttpResponse {
    tracing::error!(%fault, "no answer");
    bare(StatusCode::INTERNAL_SERVER_ERROR)
}

fn bare(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).finish()
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::plaintext())
        .body(body)
}
