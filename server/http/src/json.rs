//! Reads bodies that may be larger than the usual limit.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use futures_util::StreamExt as _;
use kaibiao_api::problem::Transport;
use serde::de::DeserializeOwned;

use crate::Rejected;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `too-large`, `media-type` or `malformed`.
pub async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    mut body: Payload,
    limit: usize,
) -> Result<T, Rejected> {
    let media = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !media.is_some_and(|media| media.starts_with("application/json")) {
        return Err(Transport::MediaType
            .with("expected", "application/json")
            .into());
    }
    let bytes = bytes(&mut body, limit).await?;
    Ok(serde_json::from_slice(&bytes)
        .map_err(|error| Transport::Malformed.with("reason", error))?)
}

/// Reads a body of at most `limit` bytes as it is.
///
/// # Errors
/// `too-large` or `malformed`.
pub async fn bytes(body: &mut Payload, limit: usize) -> Result<Vec<u8>, Rejected> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Transport::Malformed.with("reason", error))?;
        if bytes.len() + piece.len() > limit {
            return Err(Transport::TooLarge.with("limit", limit).into());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
