//! Reads requests, and refuses at once whoever may not ask
//! (docs/spec/token-agent.md, 1).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use kaibiao_crypto::encoding::from_base64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::desk::{Asker, Desk, Reply};
use crate::problem::{Code, Problem};

const CONNECTIONS: usize = 32;
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(30);

const PREFIX: &str = "/kaibiao/1/";
const ASKS_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

type Answer = Response<Full<Bytes>>;

pub(crate) async fn serve(listener: TcpListener, desk: Arc<Desk>) -> std::io::Result<()> {
    let port = listener.local_addr()?.port();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return Ok(());
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, perhaps: others end meanwhile.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            connection(stream, port, desk).await;
            drop(place);
        });
    }
}

/// A connection that breaks concerns nobody but its page.
async fn connection(stream: TcpStream, port: u16, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(answer(request, port, &desk).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, port: u16, desk: &Arc<Desk>) -> Answer {
    let page = match page(request.headers(), port, desk) {
        Ok(page) => page,
        Err(code) => return refusal(&code.into()),
    };
    let mut answer = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        match reply(request, &page, desk).await {
            Ok(value) => respond(StatusCode::OK, value.to_string()),
            Err(problem) => refusal(&problem),
        }
    };
    if let Ok(page) = HeaderValue::from_str(&page) {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
    }
    answer
}

/// The page that asks: by address and origin one that may.
fn page(headers: &HeaderMap, port: u16, desk: &Desk) -> Result<String, Code> {
    let host = only(headers, &header::HOST).ok_or(Code::OtherHost)?;
    if host != format!("127.0.0.1:{port}") && host != format!("localhost:{port}") {
        return Err(Code::OtherHost);
    }
    let origin = only(headers, &header::ORIGIN).ok_or(Code::OtherOrigin)?;
    let service = desk.service(origin).ok_or(Code::OtherOrigin)?;
    Ok(service.page.clone())
}

/// The value of a header that stands there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn preflight(asked: &HeaderMap) -> Answer {
    let mut answer = respond(StatusCode::NO_CONTENT, String::new());
    let headers = answer.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let mut allow = |name, value| headers.insert(name, HeaderValue::from_static(value));
    allow(header::ACCESS_CONTROL_ALLOW_METHODS, "POST");
    allow(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type",
    );
    allow(header::ACCESS_CONTROL_MAX_AGE, "600");
    if only(asked, &ASKS_PRIVATE) == Some("true") {
        allow(ALLOWS_PRIVATE, "true");
    }
    answer
}

/// What there is to ask for, and how long its body may be.
#[derive(Clone, Copy)]
enum Path {
    Begin,
    Pair,
    Forget,
    Status,
    Certificates,
    Sign,
    Rehearse,
    Unlock,
    Locker,
    Lock,
}

impl Path {
    fn read(path: &str) -> Option<Self> {
        Some(match path.strip_prefix(PREFIX)? {
            "pair/begin" => Self::Begin,
            "pair" => Self::Pair,
            "forget" => Self::Forget,
            "status" => Self::Status,
            "certificates" => Self::Certificates,
            "sign" => Self::Sign,
            "rehearse" => Self::Rehearse,
            "unlock" => Self::Unlock,
            "locker" => Self::Locker,
            "lock" => Self::Lock,
            _ => return None,
        })
    }

    fn bound(self) -> usize {
        const KIB: usize = 1024;
        match self {
            Self::Sign => 2 * KIB * KIB,
            Self::Rehearse => 4 * KIB * KIB,
            Self::Unlock => 16 * KIB * KIB,
            Self::Locker => 4 * KIB,
            _ => KIB,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    code: String,
}

async fn reply(request: Request<Incoming>, page: &str, desk: &Arc<Desk>) -> Reply {
    if request.method() != Method::POST {
        return Err(Code::Method.into());
    }
    let kind = only(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Code::ContentType.into());
    }
    let path = Path::read(request.uri().path()).ok_or(Code::NoSuchRequest)?;
    let pairs = matches!(path, Path::Begin | Path::Pair);
    let gone = Arc::new(AtomicBool::new(false));
    let asker = match (pairs, asker(&request, page, desk, &gone)) {
        (true, _) => None,
        (false, Some(asker)) => Some(asker),
        (false, None) => return Err(Code::NotPaired.into()),
    };
    let body = body(request, path.bound()).await?;
    let _leaving = Leaving(gone);
    let (desk, page) = (Arc::clone(desk), page.to_owned());
    // The holder and the person may take their time.
    let work =
        tokio::task::spawn_blocking(move || dispatch(path, &body, &page, asker.as_ref(), &desk));
    work.await.unwrap_or_else(|_| Err(Code::TokenFailed.into()))
}

fn asker(
    request: &Request<Incoming>,
    page: &str,
    desk: &Desk,
    gone: &Arc<AtomicBool>,
) -> Option<Asker> {
    let bearer = only(request.headers(), &header::AUTHORIZATION)?;
    let secret = Zeroizing::new(from_base64(bearer.strip_prefix("Bearer ")?).ok()?);
    Some(Asker {
        service: desk.service(page)?.clone(),
        pairing: desk.pairing(page, &secret)?,
        gone: Arc::clone(gone),
    })
}

fn dispatch(path: Path, body: &[u8], page: &str, asker: Option<&Asker>, desk: &Desk) -> Reply {
    match (path, asker) {
        (Path::Begin, _) => read::<Nothing>(body).and_then(|_| desk.begin(page)),
        (Path::Pair, _) => read::<Typed>(body).and_then(|typed| desk.pair(page, &typed.code)),
        (_, None) => Err(Code::NotPaired.into()),
        (Path::Forget, Some(asker)) => read::<Nothing>(body).and_then(|_| desk.forget(asker)),
        (Path::Status, Some(_)) => read::<Nothing>(body).map(|_| desk.status()),
        (Path::Certificates, Some(_)) => read::<Nothing>(body).and_then(|_| desk.certificates()),
        (Path::Lock, Some(asker)) => read::<Nothing>(body).and_then(|_| desk.lock(asker)),
        (Path::Sign, Some(asker)) => read(body).and_then(|it| desk.sign(asker, &it)),
        (Path::Rehearse, Some(asker)) => read(body).and_then(|it| desk.rehearse(asker, &it)),
        (Path::Unlock, Some(asker)) => read(body).and_then(|it| desk.unlock(asker, it)),
        (Path::Locker, Some(asker)) => read(body).and_then(|it| desk.locker(asker, &it)),
    }
}

/// An object with exactly the members of `T`.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Members without names, in an array, would be read as well.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Code::Malformed.into());
    }
    serde_json::from_slice(body).map_err(|_| Code::Malformed.into())
}

/// The body, which is no longer than its bound whatever its head says.
async fn body(request: Request<Incoming>, bound: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let body = request.into_body();
    if body.size_hint().lower() > bound as u64 {
        return Err(Code::TooLarge.into());
    }
    let collected = tokio::time::timeout(BODY, Limited::new(body, bound).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(Zeroizing::new(body.to_bytes().to_vec())),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Code::TooLarge.into())
        }
        Ok(Err(_)) | Err(_) => Err(Code::Malformed.into()),
    }
}

/// Dropped with the request's future, when its connection ends too.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn refusal(problem: &Problem) -> Answer {
    let body = serde_json::to_value(problem).unwrap_or_else(|_| json!({}));
    let mut answer = respond(problem.code.status(), body.to_string());
    // What was not read of a body is not read later either.
    if problem.code == Code::TooLarge {
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

fn respond(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let mut put = |name, value| headers.insert(name, HeaderValue::from_static(value));
    put(header::CONTENT_TYPE, "application/json");
    put(header::CACHE_CONTROL, "no-store");
    put(header::VARY, "origin");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer
}
