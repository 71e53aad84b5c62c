//! What an opening brings to light: sheets, documents, records, events.

use actix_web::http::header::{self, ContentRange, ContentRangeSpec};
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::{Stream, TryStreamExt as _, stream};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::recheck::Recheck;
use kaibiao_api::{DocumentList, OutboxPage, SheetList, SheetProof};
use kaibiao_app::documents::DocumentKey;
use kaibiao_app::exports::archive::Party;
use kaibiao_app::exports::record::{Form, Language};
use kaibiao_app::{App, Shared, deciding, exports, rechecks, record, sheets};
use kaibiao_core::act::Exported;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ranges::{self, Wanted};
use super::{Caller, Visitor};
use crate::Rejected;

/// How many bytes of a download are in memory at a time.
const PIECE: u64 = 256 << 10;
/// The most events or messages in one page.
pub const PAGE: u64 = 500;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(announced_sheets)
        .service(sheet_proof)
        .service(recheck)
        .service(documents)
        .service(document)
        .service(record_json)
        .service(record_pdf)
        .service(record_form)
        .service(documents_package)
        .service(archive_package)
        .service(outbox);
}

#[derive(Deserialize)]
pub struct InLot {
    pub project: ProjectId,
    pub lot: LotId,
}

/// The announced sheets in reading order, each with the key that opens its
/// ciphertext again.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path)),
    responses((status = 200, body = SheetList))
)]
#[get("/projects/{project}/lots/{lot}/sheets")]
async fn announced_sheets(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
) -> Result<Json<SheetList>, Rejected> {
    Ok(Json(
        sheets::announced(&app, path.project, &path.lot, &visitor).await?,
    ))
}

#[derive(Deserialize)]
struct BidInLot {
    project: ProjectId,
    lot: LotId,
    bid: Digest,
}

/// What is needed to open one announced sheet again: parts of the header, the
/// ciphertext and its key. In a masked lot for officials only, since the header
/// names the bidder.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = SheetProof))
)]
#[get("/projects/{project}/lots/{lot}/bids/{bid}/sheet")]
async fn sheet_proof(
    app: Data<App>,
    visitor: Visitor,
    path: Path<BidInLot>,
) -> Result<Json<SheetProof>, Rejected> {
    Ok(Json(
        sheets::proof(&app, path.project, &path.lot, path.bid, &visitor).await?,
    ))
}

/// What repeats the check that a bid failed, for its bidder and the supervisor;
/// and, as far as it is about its own answer, for a custodian.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    params(("project" = String, Path), ("lot" = String, Path), ("bid" = String, Path)),
    responses((status = 200, body = Recheck))
)]
#[get("/projects/{project}/lots/{lot}/bids/{bid}/recheck")]
async fn recheck(
    app: Data<App>,
    caller: Caller,
    path: Path<BidInLot>,
) -> Result<Json<Recheck>, Rejected> {
    let BidInLot { project, lot, bid } = path.into_inner();
    let found = rechecks::recheck(&app, project, &lot, bid, &caller).await?;
    Ok(Json(found))
}

/// The documents of opened bids and how far their decryption is.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    params(("project" = String, Path)),
    responses((status = 200, body = DocumentList))
)]
#[get("/projects/{project}/documents")]
async fn documents(
    app: Data<App>,
    caller: Caller,
    project: Path<ProjectId>,
) -> Result<Json<DocumentList>, Rejected> {
    Ok(Json(sheets::documents(&app, *project, &caller).await?))
}

#[derive(Deserialize)]
struct OfDocument {
    project: ProjectId,
    document: String,
}

/// A decrypted document; one byte range at a time if asked for. That somebody
/// took documents out goes on record.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    params(("project" = String, Path), ("document" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 206))
)]
#[get("/projects/{project}/documents/{document}")]
async fn document(
    app: Data<App>,
    caller: Caller,
    path: Path<OfDocument>,
    request: HttpRequest,
) -> Result<HttpResponse, Rejected> {
    let (entry, key) = sheets::document(&app, path.project, &caller, &path.document).await?;
    exports::note(&app, Some(path.project), Exported::Documents, &caller).await?;
    download(
        app.into_inner(),
        &request,
        key,
        &entry.name,
        &entry.media,
        entry.size,
    )
}

#[derive(Deserialize, IntoParams)]
pub struct WhichRecord {
    /// An earlier record, by its digest.
    pub digest: Option<String>,
}

/// The opening record of a lot: the original, exactly as it was signed.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), WhichRecord),
    responses((status = 200, body = kaibiao_core::record::Record))
)]
#[get("/projects/{project}/lots/{lot}/record.json")]
async fn record_json(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
    which: Query<WhichRecord>,
) -> Result<HttpResponse, Rejected> {
    let found = find_record(&app, &visitor, &path, &which).await?;
    let bytes = record::bytes(&app, found.record).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(bytes))
}

/// The opening record on paper (PDF/A), typeset once.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), WhichRecord),
    responses((status = 200, content_type = "application/pdf"))
)]
#[get("/projects/{project}/lots/{lot}/record.pdf")]
async fn record_pdf(
    app: Data<App>,
    visitor: Visitor,
    path: Path<InLot>,
    which: Query<WhichRecord>,
) -> Result<HttpResponse, Rejected> {
    let found = find_record(&app, &visitor, &path, &which).await?;
    let bytes = record::bytes(&app, found.pdf.ok_or(Transport::NotFound)?).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .body(bytes))
}

#[derive(Deserialize)]
struct RecordForm {
    project: ProjectId,
    lot: LotId,
    form: String,
}

#[derive(Deserialize, IntoParams)]
struct WhichForm {
    /// An earlier record, by its digest.
    digest: Option<String>,
    /// `zh` or `en`: the language of headings and words.
    lang: Option<String>,
}

/// The record for other programs: `csv`, `xlsx`, `ocds` (OCDS 1.1 with the bids
/// extension), `platform-json` and `platform-xml`. From the announcement on, until
/// the caller may read the record, `csv` and `xlsx` have the announced table. That an
/// official took it out goes on record.
#[utoipa::path(
    tag = "opening",
    security(()),
    params(("project" = String, Path), ("lot" = String, Path), ("form" = String, Path), WhichForm),
    responses((status = 200, content_type = "application/octet-stream"))
)]
#[get("/projects/{project}/lots/{lot}/record/{form}")]
async fn record_form(
    app: Data<App>,
    visitor: Visitor,
    path: Path<RecordForm>,
    which: Query<WhichForm>,
) -> Result<HttpResponse, Rejected> {
    let form = Form::named(&path.form).ok_or(Transport::NotFound)?;
    let wanted = exports::record::Wanted {
        form,
        language: language(which.lang.as_deref())?,
        digest: parse_digest(which.digest.as_deref())?,
    };
    let file = exports::record::file(&app, path.project, &path.lot, &visitor, wanted).await?;
    if let Ok(caller) = visitor.caller() {
        exports::note(&app, Some(path.project), Exported::Record, caller).await?;
    }
    Ok(HttpResponse::Ok()
        .content_type(file.media)
        .insert_header((header::CONTENT_DISPOSITION, disposition(&file.name)))
        .body(file.bytes))
}

/// A lot's documents by bidder as one ZIP archive with a manifest and digests, for
/// officials. That somebody took documents out goes on record.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    params(("project" = String, Path), ("lot" = String, Path)),
    responses((status = 200, content_type = "application/zip"))
)]
#[get("/projects/{project}/lots/{lot}/documents.zip")]
async fn documents_package(
    app: Data<App>,
    caller: Caller,
    path: Path<InLot>,
) -> Result<HttpResponse, Rejected> {
    let app = app.into_inner();
    let sending = exports::handover::package(&app, path.project, &path.lot, &caller).await?;
    exports::note(&app, Some(path.project), Exported::Documents, &caller).await?;
    let (name, length) = (sending.name.clone(), sending.length);
    Ok(archive(&name, length, sending.pieces()))
}

#[derive(Deserialize)]
struct ArchiveOf {
    project: ProjectId,
    party: String,
}

/// What a party of the project puts into its archive, once every lot has ended:
/// `tenderer`, `agency`, `bidder` or `platform`. That one of others' files was handed out
/// goes on record.
#[utoipa::path(
    tag = "opening",
    security(("session" = [])),
    params(("project" = String, Path), ("party" = String, Path)),
    responses((status = 200, content_type = "application/zip"))
)]
#[get("/projects/{project}/archive/{party}")]
async fn archive_package(
    app: Data<App>,
    caller: Caller,
    path: Path<ArchiveOf>,
) -> Result<HttpResponse, Rejected> {
    let app = app.into_inner();
    let party = Party::named(&path.party).ok_or(Transport::NotFound)?;
    let sending = exports::archive::package(&app, path.project, party, &caller).await?;
    exports::note(&app, Some(path.project), Exported::Archive, &caller).await?;
    let (name, length) = (sending.name.clone(), sending.length);
    Ok(archive(&name, length, sending.pieces()))
}

/// A ZIP archive as an answer, sent as it is made; its length in bytes where it is known.
pub fn archive(
    name: &str,
    length: Option<u64>,
    pieces: impl Stream<Item = Result<Vec<u8>, Problem>> + 'static,
) -> HttpResponse {
    let mut reply = HttpResponse::Ok();
    reply
        .content_type("application/zip")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(name)));
    if let Some(length) = length {
        reply.no_chunking(length);
    }
    reply.streaming(Box::pin(pieces.map_ok(Bytes::from)))
}

/// A digest that is asked for.
pub fn parse_digest(text: Option<&str>) -> Result<Option<Digest>, Rejected> {
    let digest = text.map(str::parse::<Digest>).transpose();
    Ok(digest.map_err(|error| Transport::Malformed.with("reason", error))?)
}

async fn find_record(
    app: &App,
    visitor: &Visitor,
    path: &InLot,
    which: &WhichRecord,
) -> Result<kaibiao_core::state::RecordState, Rejected> {
    let current = deciding::load(app, path.project).await?;
    if !sheets::may_read_record(&current, &path.lot, visitor) {
        return Err(Transport::NotFound.into());
    }
    let digest = parse_digest(which.digest.as_deref())?;
    Ok(record::find(&current, &path.lot, digest).cloned()?)
}

#[derive(Deserialize, IntoParams)]
pub struct After {
    /// The number of the last item known.
    #[serde(default)]
    pub after: u64,
    /// At most 500.
    pub limit: Option<u64>,
}

/// Messages for other systems, delivered or not, for those who rather fetch.
#[utoipa::path(
    tag = "outbox",
    security(("session" = ["machine"]), ("session" = ["centre"]), ("session" = ["administrator"])),
    params(After),
    responses((status = 200, body = OutboxPage))
)]
#[get("/outbox")]
async fn outbox(
    app: Data<App>,
    _caller: Caller,
    after: Query<After>,
) -> Result<Json<OutboxPage>, Rejected> {
    let limit = u32::try_from(after.limit.unwrap_or(PAGE).min(PAGE)).unwrap_or(u32::MAX);
    let number = i64::try_from(after.after).unwrap_or(i64::MAX);
    Ok(Json(kaibiao_app::outbox::page(&app, number, limit).await?))
}

/// Sends decrypted content piece by piece, so that memory stays flat.
pub fn download(
    app: Shared,
    request: &HttpRequest,
    key: DocumentKey,
    name: &str,
    media: &str,
    size: u64,
) -> Result<HttpResponse, Rejected> {
    let asked = request
        .headers()
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let (mut reply, range) = match ranges::wanted(asked, size) {
        Wanted::Whole => (HttpResponse::Ok(), 0..size),
        Wanted::Part(range) => {
            let mut reply = HttpResponse::PartialContent();
            reply.insert_header(ContentRange(ContentRangeSpec::Bytes {
                range: Some((range.start, range.end - 1)),
                instance_length: Some(size),
            }));
            (reply, range)
        }
        Wanted::Unsatisfiable => {
            return Err(Transport::RangeNotSatisfiable.with("size", size).into());
        }
    };
    reply
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(name)))
        .no_chunking(range.end - range.start);
    let pieces = stream::try_unfold(range.start, move |at| {
        let (app, key, end) = (app.clone(), key.clone(), range.end);
        async move {
            if at >= end {
                return Ok::<_, Problem>(None);
            }
            let next = end.min(at + PIECE);
            let bytes = kaibiao_app::documents::piece(&app, &key, at..next).await?;
            Ok(Some((Bytes::from(bytes), next)))
        }
    });
    Ok(reply.streaming(pieces))
}

/// The language that is asked for by `lang`.
pub fn language(lang: Option<&str>) -> Result<Language, Problem> {
    match lang {
        None | Some("zh" | "zh-CN") => Ok(Language::Chinese),
        Some("en") => Ok(Language::English),
        Some(_) => Err(Transport::Malformed.with("reason", "lang")),
    }
}

/// `attachment`, with the name spelt as RFC 8187 says, so that a browser saves the
/// file and never shows it in the page.
pub fn disposition(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition("投标 \"a\"\r\n.pdf"),
            "attachment; filename*=UTF-8''%E6%8A%95%E6%A0%87%20%22a%22%0D%0A.pdf"
        );
    }
}
