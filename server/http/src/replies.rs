//! What every reply has in common: a request id, security headers, and errors
//! as problems in the caller's language.

use std::fmt;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError, web};
use kaibiao_api::problem::{self, Language, Problem, Transport};
use kaibiao_app::App;
use kaibiao_app::caller::Holder;
use tracing_actix_web::RequestId;

use crate::arrival::Arrival;
use crate::connections::Connections;
use crate::{Rejected, log, rejected};

/// Allows nothing but the page's own files: no inline script, no frame, no other
/// host. WASM, which the page's own scripts bring, may run; text made code may not.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     connect-src 'self' http://127.0.0.1:*; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// Allows inline styles as well, because Swagger UI styles its elements inline.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// When somebody whose request was not answered in time may come back.
const COME_BACK: u64 = 5;

/// Our outermost middleware: it finishes every reply.
pub async fn finish_replies(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let language = Language::accepted(
        request
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok()),
    );
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string);
    let about = log::About::of(&request);
    let path = request.path().to_owned();
    let limit = time_limit(&request, app.as_deref().map(AsRef::as_ref));

    let arrival = Arrival::of(&mut request);
    let encrypted = app
        .as_ref()
        .is_some_and(|app| app.config.reached_encrypted());
    let told = |status: StatusCode, is_no_fault: bool| {
        let seconds = began.elapsed().as_secs_f64();
        if let Some(app) = &app {
            app.metrics.replied(status.as_u16(), seconds);
        }
        if !is_no_fault {
            about.replied(status, seconds);
        }
    };

    let reply = match tokio::time::timeout(limit, next.call(request)).await {
        Ok(reply) => reply,
        Err(_) => Err(Late {
            problem: late(&arrival),
            language,
            id: id.clone(),
            path: path.clone(),
            encrypted,
        }
        .into()),
    };
    let reply = reply.inspect_err(|error| {
        told(error.as_response_error().status_code(), false);
    })?;
    let problem = problem_of(&reply);
    let is_no_fault = problem
        .as_ref()
        .is_some_and(|it| is_turned_away(it, &reply));
    let mut reply = match problem {
        Some(problem) => reply
            .into_response(rejected::response(&problem, language, id.clone()))
            .map_into_right_body(),
        None => reply.map_into_left_body(),
    };
    secure(reply.headers_mut(), &path, encrypted);
    name(reply.headers_mut(), id.as_deref());
    if is_sent_away(&reply) {
        reply
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    told(reply.status(), is_no_fault);
    Ok(reply)
}

/// What is answered to a request that took too long: who did not send all of it was too
/// slow, and everybody else waited for the platform.
fn late(arrival: &Arrival) -> Problem {
    if arrival.is_whole() {
        Transport::Unavailable.problem().retry_after(COME_BACK)
    } else {
        Transport::TimedOut.problem()
    }
}

/// The reply to a request that did not arrive, or was not answered, in time. The
/// request itself is gone with what was to answer it.
#[derive(Debug)]
struct Late {
    problem: Problem,
    language: Language,
    id: Option<String>,
    path: String,
    encrypted: bool,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Late {
    fn status_code(&self) -> StatusCode {
        rejected::status(&self.problem)
    }

    fn error_response(&self) -> HttpResponse {
        let mut reply = rejected::response(&self.problem, self.language, self.id.clone());
        secure(reply.headers_mut(), &self.path, self.encrypted);
        name(reply.headers_mut(), self.id.as_deref());
        reply
    }
}

/// Writes the request's id into a reply.
fn name(headers: &mut HeaderMap, id: Option<&str>) {
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// How long a request may take to arrive and be answered. Uploads have a limit of
/// their own, on progress. The time that a reply's body takes is not counted.
fn time_limit(request: &ServiceRequest, app: Option<&App>) -> Duration {
    let seconds = app.map_or(30, |app| app.config.limits.body_seconds);
    if *request.method() == Method::PATCH {
        Duration::from_secs(seconds.saturating_mul(120))
    } else {
        Duration::from_secs(seconds)
    }
}

/// The problem that a reply stands for, if it is an error whose body is not a
/// problem yet.
fn problem_of(reply: &ServiceResponse<impl MessageBody>) -> Option<Problem> {
    let status = reply.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let error = reply.response().error();
    if let Some(problem) = error.and_then(|error| error.as_error::<Rejected>()) {
        return Some(problem.0.clone());
    }
    let told = reply.headers().get(header::CONTENT_TYPE);
    if told.is_some_and(|kind| kind.as_bytes() == problem::MEDIA_TYPE.as_bytes()) {
        return None;
    }
    let reason = || error.map_or_else(|| status.to_string(), ToString::to_string);
    Some(match status {
        StatusCode::NOT_FOUND => Transport::NotFound.into(),
        StatusCode::METHOD_NOT_ALLOWED => Transport::MethodNotAllowed.into(),
        StatusCode::REQUEST_TIMEOUT => Transport::TimedOut.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Transport::TooLarge.with("limit", "?"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Transport::MediaType.with("expected", "application/json")
        }
        // Replies about ranges are complete as they are.
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => return None,
        _ if status.is_server_error() => Problem::internal(reason()),
        _ => Transport::Malformed.with("reason", reason()),
    })
}

/// Whether a stranger finds no place: a crowd of strangers must not fill the log with the
/// platform's faults.
fn is_turned_away(problem: &Problem, reply: &ServiceResponse<impl MessageBody>) -> bool {
    let known = reply.request().extensions().contains::<Holder>();
    problem.code == Transport::Unavailable.code() && !known
}

/// Whether the connection ends with this reply, because there are too many and it is
/// that of nobody who is known.
fn is_sent_away(reply: &ServiceResponse<impl MessageBody>) -> bool {
    let connections = reply.request().app_data::<web::Data<Connections>>();
    let known = reply.request().extensions().contains::<Holder>();
    let upgraded = reply.status() == StatusCode::SWITCHING_PROTOCOLS;
    let refused = connections.is_some_and(|it| it.admit(reply.request()).is_err());
    refused && !known && !upgraded
}

fn secure(headers: &mut HeaderMap, path: &str, encrypted: bool) {
    let docs = path == "/docs" || path.starts_with("/docs/");
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        if docs { DOCS_POLICY } else { PAGE_POLICY },
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    );
    if encrypted {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if path.starts_with(super::guard::API) {
        set(header::CACHE_CONTROL, "no-store");
    }
}
