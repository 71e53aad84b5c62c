//! The web page: the files that `web/dist` held when the program was built. An
//! address that does not look like a file's gets the page itself, which shows the
//! screen of that address. A program that was built without the page says so.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::http::header::{
    self, ContentDisposition, DispositionParam, DispositionType, HeaderMap, HeaderValue,
};
use actix_web::web::{Bytes, Json};
use actix_web::{HttpRequest, HttpResponse, get};
use kaibiao_api::ToolView;
use kaibiao_api::problem::Transport;
use rust_embed::{EmbeddedFile, RustEmbed};
use utoipa_actix_web::service_config::ServiceConfig;

use super::guard;
use crate::Rejected;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";

/// The bidder's offline tool: one file that needs no network.
const TOOL: &str = "tool/kaibiao-tool.html";

/// The policy of a download, which keeps it from running here whatever a browser
/// does with it.
const DOWNLOAD_POLICY: &str = "sandbox; default-src 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>开标 Kaibiao</title>\
<main><h1>开标 Kaibiao</h1><p>本程序构建时未包含网页:请先执行 <code>make web</code> 再构建。命令行与接口照常可用。</p>\
<p lang=\"en\">This program was built without its web page: run <code>make web</code> and build again. \
The command line and the interface work as ever.</p><p><a href=\"/docs/\">/docs</a></p></main></html>";

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(tool);
}

/// The bidder's offline tool, for comparison with the digest published beside
/// it.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = ToolView)))]
#[get("/tool")]
async fn tool() -> Result<Json<ToolView>, Rejected> {
    let file = Built::get(TOOL).ok_or(Transport::NotFound)?;
    Ok(Json(ToolView {
        path: format!("/{TOOL}"),
        size: u64::try_from(file.data.len()).unwrap_or(u64::MAX),
        sha256: hex::encode(file.metadata.sha256_hash()),
    }))
}

/// Serves every address that nothing else serves.
pub async fn serve(request: HttpRequest) -> Result<HttpResponse, Rejected> {
    let path = request.path();
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if !reads || path.starts_with(guard::API) {
        return Err(Transport::NotFound.into());
    }
    let name = path.trim_start_matches('/');
    let is_file = name.rsplit('/').next().is_some_and(|it| it.contains('.'));
    let name = if is_file { name } else { INDEX };
    match Built::get(name) {
        Some(file) if !name.ends_with(".gz") => Ok(reply(&request, name, file)),
        None if name == INDEX => Ok(html(NOT_BUILT)),
        _ => Err(Transport::NotFound.into()),
    }
}

fn html(text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(text)
}

fn reply(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let compressed = Built::get(&format!("{name}.gz")).filter(|_| takes_gzip(request.headers()));
    let known = request.headers().get(header::IF_NONE_MATCH);
    let mut reply = if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    // A file under assets/ has the digest of its content in its name, so it never
    // changes.
    let caching = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    reply
        .content_type(media_type(name))
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::CACHE_CONTROL, caching));
    if name == TOOL {
        let file_name = name.rsplit('/').next().unwrap_or(name).to_owned();
        reply
            .insert_header((header::CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY))
            .insert_header(ContentDisposition {
                disposition: DispositionType::Attachment,
                parameters: vec![DispositionParam::Filename(file_name)],
            });
    }
    let file = match compressed {
        Some(compressed) => {
            reply.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            compressed
        }
        None => file,
    };
    reply.body(match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}

/// Whether gzip is among the accepted encodings, and not refused by `q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|it| it.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|it| matches!(it, "q=0" | "q=0.0"))
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
