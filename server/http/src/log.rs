//! The log line of a request, and what it never holds.
//!
//! A line holds the request's id, the method, the route's pattern, the status
//! and the time taken. It never holds a name, an address, a certificate, a
//! query, a body, a token or a digest. Requests that only bidders make before
//! T0 (bids, uploads, acts, logins, feeds and sockets) get no line unless the platform failed,
//! because their number would tell that of the bids.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// The routes whose use alone tells that there is a bidder.
const QUIET: &[&str] = &[
    "/bids", "/uploads", "/acts", "/login", "/session", "/live", "/feed",
];

/// The span of all lines of a request. It holds the request's id and nothing
/// else.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string);
        tracing::info_span!("request", id)
    }

    fn on_request_end<B: actix_web::body::MessageBody>(
        _: Span,
        _: &Result<ServiceResponse<B>, Error>,
    ) {
    }
}

/// What a line says of a request.
pub struct About {
    method: Method,
    route: String,
}

impl About {
    pub fn of(request: &ServiceRequest) -> Self {
        Self {
            method: request.method().clone(),
            route: request.match_pattern().unwrap_or_else(|| "-".to_owned()),
        }
    }

    pub fn replied(&self, status: StatusCode, seconds: f64) {
        let milliseconds = (seconds * 1000.0).round();
        let status = status.as_u16();
        if status >= 500 {
            tracing::warn!(method = %self.method, route = self.route, status, milliseconds, "failed");
        } else if !is_quiet(&self.route) {
            tracing::info!(method = %self.method, route = self.route, status, milliseconds, "replied");
        }
    }
}

fn is_quiet(route: &str) -> bool {
    QUIET.iter().any(|quiet| route.contains(quiet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_bidders_do_leaves_no_line() {
        for route in [
            "/api/v1/projects/{id}/lots/{lot}/bids",
            "/api/v1/uploads/{uid}",
            "/api/v1/projects/{id}/acts",
            "/api/v1/login/challenge",
        ] {
            assert!(is_quiet(route), "{route}");
        }
        assert!(!is_quiet("/api/v1/projects/{id}"));
    }
}
