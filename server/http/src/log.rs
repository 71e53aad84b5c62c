//! The log line of a request, and what it never holds.
//!
//! A line holds the request's id, the method, the route's pattern, the status
//! and the time taken. It never holds a name, an address, a certificate, a
//! query, a body, a token or a digest. A request gets a line only where the
//! platform failed, or where bidders do not go: on a quiet platform the number of
//! all others would tell that of the bids.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage as _};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// The routes of those who run the service and its desk.
const TOLD: &[&str] = &[
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/board",
    "/api/v1/figures",
    "/api/v1/figures/csv",
    "/api/v1/helps",
    "/api/v1/ratings",
    "/api/v1/platform/accounts",
    "/api/v1/platform/health",
    "/api/v1/platform/linked",
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
        } else if is_told(&self.route) {
            tracing::info!(method = %self.method, route = self.route, status, milliseconds, "replied");
        }
    }
}

fn is_told(route: &str) -> bool {
    TOLD.contains(&route)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bidders_do_leaves_no_line() {
        for route in [
            "/api/v1/projects",
            "/api/v1/projects/{id}",
            "/api/v1/projects/{id}/lots/{lot}/terms",
            "/api/v1/projects/{project}/lots/{lot}/bids",
            "/api/v1/uploads/{id}",
            "/api/v1/projects/{id}/acts",
            "/api/v1/login/challenge",
            "/api/v1/platform",
            "/api/v1/time",
            "-",
        ] {
            assert!(!is_told(route), "{route}");
        }
        assert!(is_told("/api/v1/board"));
    }
}
