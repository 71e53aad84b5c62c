//! Talks to a server: sends typed requests, passes on its refusals in its own
//! words, and repeats requests when the network fails.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kaibiao_api::problem::Transport;
use kaibiao_core::act::Act;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct, SigningProblem};
use kaibiao_crypto::encoding::Secret;
use kaibiao_crypto::signer::{Signer, SignerProblem};
use reqwest::{Method, StatusCode, header};
use rustls::ClientConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Kind, Outcome};
use super::files;
use super::keys::store;
use super::known::{Known, Platform};

/// How often a request is sent when no answer comes, and the first pause.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(400);

/// No reply that is read into the memory is longer, in bytes.
const MOST: usize = 256 << 20;

/// A server, reached without logging in.
#[derive(Debug, Clone)]
pub struct Server {
    base: String,
    http: reqwest::Client,
    tls_ca: Option<PathBuf>,
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
    cookie: Option<String>,
    known: Known,
}

/// A server, reached by somebody who has logged in by certificate.
pub struct Session {
    pub server: Server,
    pub who: kaibiao_api::SessionView,
    pub origin: String,
    signer: Box<dyn Signer + Send + Sync>,
}

/// The parts of a reply that matter here.
pub struct Reply {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

impl Server {
    /// `url` is the platform's address (https, or http on this machine).
    /// `tls_ca` is a PEM file of the authority of its TLS certificate where
    /// that is not one of the system's.
    pub fn new(url: &str, tls_ca: Option<&Path>) -> Outcome<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("kaibiao/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = tls_ca {
            let certificate = reqwest::Certificate::from_pem(&files::read(path)?)
                .map_err(|_| not_a_certificate(path))?;
            builder = builder.tls_certs_merge([certificate]);
        }
        Ok(Server {
            base: url.trim_end_matches('/').to_owned(),
            http: builder.build().map_err(Failure::unexpected)?,
            tls_ca: tls_ca.map(Path::to_owned),
            tls: Arc::default(),
            cookie: None,
            known: Known::default(),
        })
    }

    /// The same server, held against what this machine remembers.
    #[must_use]
    pub fn with(mut self, known: Known) -> Self {
        self.known = known;
        self
    }

    /// What this machine remembers.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The address that this program has been told, as a browser writes its own
    /// location: scheme, host, and port where it is not the usual one.
    pub fn location(&self) -> Outcome<String> {
        let url = reqwest::Url::parse(&self.base).map_err(|error| {
            Failure::new(
                Kind::Usage,
                "server-address",
                format!("服务器地址 {} 有误:{error}。", self.base),
                format!("The server's address {} is wrong: {error}.", self.base),
            )
        })?;
        Ok(url.origin().ascii_serialization())
    }

    /// Who the platform is: the one pinned for this address, which must be the one
    /// that answers; the first answer is pinned.
    pub async fn identity(&self) -> Outcome<Platform> {
        let told = self.platform().await?;
        let told = Platform {
            origin: told.origin,
            statement_key: told.log_key,
        };
        self.known.platform(&self.location()?, told)
    }

    /// The address of a path under `/api/v1`; a path that begins with `/`
    /// stands for itself.
    pub fn address(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/api/v1/{path}", self.base)
        }
    }

    /// How its TLS certificate is judged where it is not asked by HTTP: by the system's
    /// authorities and its own. They are read once.
    pub fn tls(&self) -> Outcome<Arc<ClientConfig>> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = &self.tls_ca {
            for der in store::read_certificates(path)? {
                roots.add(der.into()).map_err(Failure::unexpected)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Failure::unexpected)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    /// The session's cookie, for what is not asked through here.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// The client underneath, for streamed bodies.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.address(path));
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn platform(&self) -> Outcome<kaibiao_api::PlatformView> {
        self.get("platform").await
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        let reply = self.patiently(|| self.request(Method::GET, path)).await?;
        parsed(&reply.body)
    }

    /// Fetches the exact bytes, for callers that hash or keep them.
    pub async fn get_bytes(&self, path: &str) -> Outcome<Vec<u8>> {
        let reply = self.patiently(|| self.request(Method::GET, path)).await?;
        Ok(reply.body)
    }

    /// Fetches into a file piece by piece, however large it is. The file is there
    /// whole or not at all.
    pub async fn save(&self, path: &str, file: &Path) -> Outcome<()> {
        let mut response = self
            .request(Method::GET, path)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal(status, &whole(response).await?));
        }
        let failed = |error: std::io::Error| Failure::file(file, &error);
        let staged = files::beside(file, ".part");
        let mut into = files::create(&staged, files::Readers::Owner).map_err(failed)?;
        let saved = async {
            while let Some(piece) = response.chunk().await.map_err(unreachable)? {
                into.write_all(&piece).map_err(failed)?;
            }
            into.sync_all().map_err(failed)?;
            std::fs::rename(&staged, file).map_err(failed)
        };
        let saved = saved.await;
        if saved.is_err() {
            let _ = std::fs::remove_file(&staged);
        }
        saved
    }

    /// Sends the request again when no answer comes, so it serves only requests
    /// that may be carried out twice.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Outcome<T> {
        let reply = self
            .patiently(|| self.request(Method::POST, path).json(body))
            .await?;
        parsed(&reply.body)
    }

    /// Logs in: signs a challenge for the platform that is pinned and the address
    /// that this program has been told, whatever the peer says of itself. So a
    /// login that one platform gets cannot be passed on to another.
    pub async fn login(self, signer: Box<dyn Signer + Send + Sync>) -> Outcome<Session> {
        self.login_by(signer, None).await
    }

    /// The same for a custodian's agent, by its own key and the standing authorisation
    /// of this digest.
    pub async fn login_by(
        self,
        signer: Box<dyn Signer + Send + Sync>,
        authorisation: Option<Digest>,
    ) -> Outcome<Session> {
        let platform = self.identity().await?;
        let mut left = TRIES;
        let (who, cookie) = loop {
            left -= 1;
            match self.enter(&platform, &*signer, authorisation).await {
                // A try has arrived and used the challenge up; its answer was lost. That
                // of the next one may be lost as well, and it is the line's fault if all
                // are.
                Err(failure) if failure.code == Transport::ChallengeUnknown.code() => {
                    if left == 0 {
                        return Err(Failure {
                            kind: Kind::Network,
                            ..failure
                        });
                    }
                }
                entered => break entered?,
            }
        };
        Ok(Session {
            who,
            server: Server { cookie, ..self },
            origin: platform.origin,
            signer,
        })
    }

    /// Signs a fresh challenge; who is logged in, and the session's cookie.
    async fn enter(
        &self,
        platform: &Platform,
        signer: &(dyn Signer + Send + Sync),
        authorisation: Option<Digest>,
    ) -> Outcome<(kaibiao_api::SessionView, Option<String>)> {
        let challenge: kaibiao_api::ChallengeView = self.post("login/challenge", &()).await?;
        let body = kaibiao_api::LoginBody {
            act: kaibiao_api::LOGIN.to_owned(),
            challenge: challenge.challenge,
            address: self.location()?,
            nonce: hex::encode(kaibiao_os::random::bytes::<16>()),
            authorisation,
        };
        let place = Place {
            origin: &platform.origin,
            project: "",
        };
        let act = SignedAct::sign(signer, place, &body).map_err(not_signed)?;
        let reply = self
            .patiently(|| self.request(Method::POST, "login").json(&act))
            .await?;
        let cookie = reply
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| pair.starts_with(kaibiao_api::SESSION_COOKIE))
            .map(str::to_owned);
        Ok((parsed(&reply.body)?, cookie))
    }

    /// Sends until there is an answer. A refusal is an answer unless the
    /// server says that trying again helps.
    pub async fn patiently(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Outcome<Reply> {
        let mut pause = PAUSE;
        for last in (0..TRIES).rev() {
            let failure = match once(request()).await {
                Ok(reply) => return Ok(reply),
                Err(failure) if last == 0 || failure.kind != Kind::Network => return Err(failure),
                Err(failure) => failure,
            };
            tracing::debug!(code = failure.code, "trying again");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(Failure::unexpected("no request was sent"))
    }
}

impl Session {
    pub fn signer(&self) -> &(dyn Signer + Send + Sync) {
        &*self.signer
    }

    /// Signs an act (where it wants a signature) for `project`, "" outside one.
    pub fn sign(&self, project: &str, act: &Act) -> Outcome<SignedAct> {
        let place = Place {
            origin: &self.origin,
            project,
        };
        if act.must_be_signed() {
            SignedAct::sign(&self.signer, place, act)
        } else {
            SignedAct::unsigned(act)
        }
        .map_err(not_signed)
    }

    /// Performs an act in a project. `secrets` travel beside the body.
    pub async fn act(
        &self,
        project: &str,
        act: &Act,
        secrets: Vec<Secret>,
    ) -> Outcome<kaibiao_api::ActReply> {
        let mut signed = self.sign(project, act)?;
        signed.secrets = secrets;
        self.send(project, &signed).await
    }

    /// Sends an act that is signed. Where an earlier try has arrived and only its
    /// answer was lost, the server is asked what became of this very act.
    pub async fn send(&self, project: &str, signed: &SignedAct) -> Outcome<kaibiao_api::ActReply> {
        let path = match project {
            "" => "platform/acts".to_owned(),
            project => format!("projects/{project}/acts"),
        };
        match self.server.post(&path, signed).await {
            Err(failure) if failure.code == RefusalCode::Replayed.code() => {
                let path = format!("{path}/{}", signed.digest());
                self.server.get(&path).await
            }
            answer => answer,
        }
    }
}

async fn once(request: reqwest::RequestBuilder) -> Outcome<Reply> {
    let response = request.send().await.map_err(unreachable)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = whole(response).await?;
    if status.is_success() {
        Ok(Reply {
            status,
            headers,
            body,
        })
    } else {
        Err(refusal(status, &body))
    }
}

/// A reply's body, which may not fill the memory. Nothing is unpacked: a reply that says
/// that it is compressed is read as it comes.
pub async fn whole(mut response: reqwest::Response) -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > MOST {
            return Err(Failure::new(
                Kind::Unexpected,
                "reply-too-large",
                format!("服务器的应答超过 {MOST} 字节,已中断。请核对地址,或联系交易中心。"),
                format!(
                    "The server's reply is longer than {MOST} bytes and was cut off. Check the address, or call the centre."
                ),
            ));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The server's refusal, in its own words.
pub fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let again = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::INSUFFICIENT_STORAGE
    );
    let kind = if again { Kind::Network } else { Kind::Refused };
    match serde_json::from_slice::<kaibiao_api::problem::ProblemBody>(body) {
        // Trying again mends nothing that is damaged.
        Ok(problem) if problem.code == Transport::ProjectDamaged.code() => Failure::new(
            Kind::Refused,
            problem.code,
            problem.detail_zh,
            problem.detail_en,
        ),
        Ok(problem) => Failure::new(kind, problem.code, problem.detail_zh, problem.detail_en),
        Err(_) => Failure::new(
            Kind::Network,
            "not-this-server",
            format!("服务器返回了意外的应答({status})。请核对服务器地址后重试。"),
            format!(
                "The server gave an unexpected answer ({status}). Check its address and try again."
            ),
        ),
    }
}

/// The failure when no answer came. A certificate that is not believed is no
/// trouble of the network, and trying again does not help.
pub fn unreachable(error: reqwest::Error) -> Failure {
    if let Some(reason) = untrusted(&error) {
        return not_trusted(&reason);
    }
    Failure::new(
        Kind::Network,
        "unreachable",
        format!("无法连接服务器:{error}。请检查网络后重试,已受理的内容不会丢失。"),
        format!(
            "Cannot reach the server: {error}. Check the network and try again; nothing that was accepted is lost."
        ),
    )
}

/// Why the server's TLS certificate was not believed, if that is what an error
/// is about.
pub fn untrusted(error: &(dyn std::error::Error + 'static)) -> Option<rustls::CertificateError> {
    let inner = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    if let Some(inner) = inner
        && let Some(found) = untrusted(inner)
    {
        return Some(found);
    }
    match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(reason)) => Some(reason.clone()),
        _ => error.source().and_then(untrusted),
    }
}

/// The failure for a server whose TLS certificate is not believed.
pub fn not_trusted(reason: &rustls::CertificateError) -> Failure {
    Failure::new(
        Kind::Unproved,
        "tls-untrusted",
        format!(
            "服务器的 TLS 证书不可信({reason}),没有发送任何内容。内网平台请用 --tls-ca 指定运维人员提供的 CA 证书;证书过期或名称不符请联系运维人员;否则对方可能是冒充的服务器。"
        ),
        format!(
            "The server's TLS certificate is not to be trusted ({reason}); nothing was sent. For a platform on an intranet name the CA certificate that its operator gave you with --tls-ca; if it has expired or bears another name, tell the operator; else it may be an impostor."
        ),
    )
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Outcome<T> {
    serde_json::from_slice(body).map_err(|error| {
        Failure::new(
            Kind::Network,
            "not-understood",
            format!("无法理解服务器的应答:{error}。客户端与服务器版本可能不一致,请升级。"),
            format!("Cannot understand the server's answer: {error}. Client and server may be of different versions; update."),
        )
    })
}

fn not_signed(problem: SigningProblem) -> Failure {
    if let SigningProblem::Signer(SignerProblem::Holder(problem)) = problem {
        return Failure::token(&problem.into());
    }
    Failure::new(
        Kind::Key,
        "not-signed",
        format!("签名失败:{problem}。请检查证书与私钥。"),
        format!("Signing failed: {problem}. Check certificate and key."),
    )
}

fn not_a_certificate(path: &Path) -> Failure {
    Failure::new(
        Kind::Input,
        "tls-ca",
        format!("{} 不是 PEM 证书。", path.display()),
        format!("{} is not a PEM certificate.", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use kaibiao_api::problem::Language;

    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_is_refused_is_not() {
        let kind = |transport: Transport| {
            let problem = transport.problem();
            let status = StatusCode::from_u16(problem.status).unwrap();
            let body = serde_json::to_vec(&problem.body(Language::English, None)).unwrap();
            refusal(status, &body).kind
        };
        for passing in [Transport::TimedOut, Transport::Unavailable] {
            assert_eq!(kind(passing), Kind::Network, "{passing:?}");
        }
        for refused in [Transport::Malformed, Transport::ProjectDamaged] {
            assert_eq!(kind(refused), Kind::Refused, "{refused:?}");
        }
    }

    #[test]
    fn whoever_joins_many_rooms_reads_the_authorities_of_tls_once() {
        let server = Server::new("https://127.0.0.1:1", None).unwrap();
        let first = server.clone().tls().unwrap();
        assert!(Arc::ptr_eq(&first, &server.tls().unwrap()));
    }

    /// Whoever answers one request with this head and, after it, zeros for as long as they
    /// are taken, or these bytes alone.
    fn answering(head: &'static str, body: Option<&'static [u8]>) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            match body {
                Some(body) => stream.write_all(body).unwrap(),
                None => while stream.write_all(&[0; 1 << 13]).is_ok() {},
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn a_reply_without_an_end_is_cut_off_and_one_that_is_packed_is_not_unpacked() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
        let server = Server::new(&answering(head, None), None).unwrap();
        let refused = server.get_bytes("time").await.unwrap_err();
        assert_eq!(refused.code, "reply-too-large");
        // A kilobyte of zeros by gzip.
        let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\x60\x18\x05\xa3\x60\x14\x0c";
        let server = Server::new(&answering(head, Some(packed)), None).unwrap();
        assert_eq!(server.get_bytes("time").await.unwrap(), packed);
    }
}
