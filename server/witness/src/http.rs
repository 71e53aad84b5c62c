//! The protocol over HTTP.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpResponse, HttpServer};
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
            .route("/healthz", web::get().to(healthz))
            .service(web::resource("/add-checkpoint").route(web::post().to(add_checkpoint)))
    })
    // Requests take turns for the state anyway.
    .workers(1)
    .max_connections(512)
    .client_request_timeout(PATIENCE)
    .client_disconnect_timeout(PATIENCE)
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

async fn add_checkpoint(witness: Data<Witness>, body: Payload) -> HttpResponse {
    let read = tokio::time::timeout(PATIENCE, body.to_bytes_limited(BODY_MAX)).await;
    let body = match read {
        Ok(Ok(Ok(body))) => body,
        Ok(Ok(Err(_))) => return bad(StatusCode::BAD_REQUEST, "the body did not come whole"),
        Ok(Err(_)) => return bad(StatusCode::PAYLOAD_TOO_LARGE, "more than 65536 bytes"),
        Err(_) => return bad(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
    };
    let Ok(body) = String::from_utf8(body.to_vec()) else {
        return refused(Refused::Malformed);
    };
    // What was begun is finished, also for a client that has gone away.
    let witness = witness.into_inner();
    match tokio::spawn(async move { witness.add(&body).await }).await {
        Ok(Ok(signature)) => text(StatusCode::OK, signature.to_string()),
        Ok(Err(NotCosigned::Refused(reason))) => refused(reason),
        Ok(Err(fault)) => failed(&fault),
        Err(fault) => failed(&fault),
    }
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
    bad(status, reason)
}

/// Whether the witness can read its state.
async fn healthz(witness: Data<Witness>) -> HttpResponse {
    match witness.seen().await {
        Ok(_) => text(StatusCode::OK, "ok\n".to_owned()),
        Err(fault) => failed(&fault),
    }
}

fn failed(fault: &dyn std::error::Error) -> HttpResponse {
    tracing::error!(%fault, "no answer");
    bad(StatusCode::INTERNAL_SERVER_ERROR, "the witness has failed")
}

fn bad(status: StatusCode, reason: impl std::fmt::Display) -> HttpResponse {
    // What is left of a body that was not read is no next request.
    let mut reply = text(status, format!("{reason}\n"));
    if status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::REQUEST_TIMEOUT {
        reply
            .head_mut()
            .set_connection_type(actix_web::http::ConnectionType::Close);
    }
    reply
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::plaintext())
        .body(body)
}
