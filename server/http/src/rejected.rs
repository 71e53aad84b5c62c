//! The reply that tells a caller of a problem.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use kaibiao_api::problem::{Language, MEDIA_TYPE, Problem};

/// A problem as a handler returns it (RFC 9457).
#[derive(Debug)]
pub struct Rejected(pub Problem);

impl<T: Into<Problem>> From<T> for Rejected {
    fn from(problem: T) -> Self {
        Self(problem.into())
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Rejected {
    fn status_code(&self) -> StatusCode {
        status(&self.0)
    }

    /// The reply in Chinese; `replies` writes it again in the caller's language.
    fn error_response(&self) -> HttpResponse {
        response(&self.0, Language::Chinese, None)
    }
}

/// The reply that tells a problem, with the request's id where it is known.
pub fn response(problem: &Problem, language: Language, request: Option<String>) -> HttpResponse {
    let mut builder = HttpResponseBuilder::new(status(problem));
    builder
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_LANGUAGE,
            match language {
                Language::Chinese => "zh-CN",
                Language::English => "en",
            },
        ));
    if let Some(seconds) = problem.retry_after {
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    let body = serde_json::to_vec(&problem.body(language, request)).unwrap_or_default();
    builder.body(body)
}

pub fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
