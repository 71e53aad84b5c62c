//! Talks to a server: sends typed requests, passes on its refusals in its own
//! words, and repeats requests when the network fails.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_api::problem::Transport;
use kaibiao_core::act::Act;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::encoding::Secret;
use kaibiao_crypto::signer::Signer;
use reqwest::{Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Kind, Outcome};
use super::files;

/// How often a request is sent when no answer comes, and the first pause.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(400);

/// A server, reached without logging in.
#[derive(Debug, Clone)]
pub struct Server {
    base: String,
    http: reqwest::Client,
    tls_ca: Option<PathBuf>,
    cookie: Option<String>,
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
            cookie: None,
        })
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

    /// The authority of the server's TLS certificate, where it is none of the
    /// system's.
    pub fn tls_ca(&self) -> Option<&Path> {
        self.tls_ca.as_deref()
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

    /// Logs in: signs a challenge for this server's origin.
    pub async fn login(mut self, signer: Box<dyn Signer + Send + Sync>) -> Outcome<Session> {
        let challenge: kaibiao_api::ChallengeView = self.post("login/challenge", &()).await?;
        let body = kaibiao_api::LoginBody {
            act: kaibiao_api::LOGIN.to_owned(),
            challenge: challenge.challenge,
            nonce: hex::encode(kaibiao_os::random::bytes::<16>()),
        };
        let place = Place {
            origin: &challenge.origin,
            project: "",
        };
        let act = SignedAct::sign(&signer, place, &body).map_err(not_signed)?;
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
        self.cookie = cookie;
        Ok(Session {
            who: parsed(&reply.body)?,
            server: self,
            origin: challenge.origin,
            signer,
        })
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
        let path = match project {
            "" => "platform/acts".to_owned(),
            project => format!("projects/{project}/acts"),
        };
        self.server.post(&path, &signed).await
    }
}

async fn once(request: reqwest::RequestBuilder) -> Outcome<Reply> {
    let response = request.send().await.map_err(unreachable)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(unreachable)?.to_vec();
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

/// The server's refusal, in its own words.
pub fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let again = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
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

/// The failure when no answer came.
pub fn unreachable(error: reqwest::Error) -> Failure {
    Failure::new(
        Kind::Network,
        "unreachable",
        format!("无法连接服务器:{error}。请检查网络后重试,已受理的内容不会丢失。"),
        format!(
            "Cannot reach the server: {error}. Check the network and try again; nothing that was accepted is lost."
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

fn not_signed(problem: impl std::fmt::Display) -> Failure {
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
