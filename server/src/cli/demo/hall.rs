//! The platform of the demonstration: the real server as a process of its own,
//! and a listener that receives the results as a transaction platform would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_app::outbox::webhook::SharedSecret;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::stage::Stage;
use super::stamper::Stamper;
use super::witnesses::Witnesses;

/// The running server.
pub struct Hall {
    child: Child,
    pub server: Server,
    /// The webhooks that came in, as requests.
    results: mpsc::Receiver<String>,
    /// The secret that they are signed with.
    secret: SharedSecret,
    /// Who cosigns the public log.
    _witnesses: Witnesses,
    /// Who stamps it, where there is openssl.
    pub stamper: Option<Stamper>,
}

/// Legal minima so short that a story fits in minutes. Real ones are 20 and 15
/// days; they are the defaults.
const LEGAL: &str = "[legal]\nnotice_seconds = 1\namendment_seconds = 1\nwindow_seconds = 10\n";

impl Hall {
    /// Writes configuration and secret of the webhook, and listens for it.
    pub async fn prepare(stage: &Stage, listen: &str) -> Outcome<Prepared> {
        // Another program at this address would answer in the new server's
        // place.
        drop(TcpListener::bind(listen).await.map_err(|error| {
            Failure::new(
                Kind::Usage,
                "address-in-use",
                format!("无法监听 {listen}({error})。请用 --listen 另选一个地址。"),
                format!("Cannot listen on {listen} ({error}). Choose another with --listen."),
            )
        })?);
        let data = stage.folder.join("platform");
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(Failure::unexpected)?;
        let port = listener.local_addr().map_err(Failure::unexpected)?.port();
        let secret = stage.folder.join("webhook.secret");
        let key = format!(
            "whsec_{}",
            STANDARD.encode(kaibiao_os::random::bytes::<32>())
        );
        files::write(&secret, key.as_bytes(), Readers::Owner)?;
        let witnesses = Witnesses::prepare(stage)?;
        let stamper = Stamper::start(stage).await?;
        let config = stage.folder.join("kaibiao.toml");
        let text = format!(
            "listen = {listen:?}\n{LEGAL}\n[trust]\ndirectory = {trust:?}\nreload_seconds = 5\n\n[webhook]\nurl = \"http://127.0.0.1:{port}/results\"\nsecret_file = {secret:?}\n",
            trust = stage.folder.join("trust"),
        );
        let stamps = stamper.as_ref().map(Stamper::config).unwrap_or_default();
        let text = [text, witnesses.config(), stamps].concat();
        files::write(&config, text.as_bytes(), Readers::Owner)?;
        let (sender, results) = mpsc::channel(64);
        tokio::spawn(receive(listener, sender));
        Ok(Prepared {
            data,
            config,
            results,
            secret: SharedSecret::parse(&key).map_err(Failure::unexpected)?,
            witnesses,
            stamper,
        })
    }

    /// The server's clock.
    pub async fn now(&self) -> Outcome<i64> {
        Ok(self.server.get::<kaibiao_api::TimeView>("time").await?.now)
    }

    /// The project as the public sees it.
    pub async fn view(&self, project: &str) -> Outcome<Value> {
        self.server.get(&format!("projects/{project}")).await
    }

    /// Waits until the project is as it should be.
    pub async fn until(
        &self,
        project: &str,
        what: &str,
        patience: Duration,
        is_so: impl Fn(&Value) -> bool,
    ) -> Outcome<()> {
        let began = Instant::now();
        while began.elapsed() < patience {
            match self.view(project).await {
                Ok(view) if is_so(&view) => return Ok(()),
                Ok(_) => {}
                // It is asked again.
                Err(failure) if failure.kind == Kind::Network => {}
                Err(failure) => return Err(failure),
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Err(Failure::unexpected(format!(
            "waited {} s in vain for: {what}",
            patience.as_secs()
        )))
    }

    /// The next message of a kind that the platform sends, once its signature
    /// holds.
    pub async fn result(&mut self, kind: &str) -> Outcome<Value> {
        let patience = Duration::from_mins(1);
        while let Ok(Some(request)) = tokio::time::timeout(patience, self.results.recv()).await {
            let Some((head, body)) = request.split_once("\r\n\r\n") else {
                continue;
            };
            let header = |name| header(head, name).unwrap_or_default();
            if !self.secret.has_signed(
                header("webhook-id"),
                header("webhook-timestamp"),
                body.as_bytes(),
                header("webhook-signature"),
            ) {
                return Err(Failure::unexpected("a webhook's signature does not hold"));
            }
            let body: Value = serde_json::from_str(body).map_err(Failure::unexpected)?;
            if body["type"] == kind {
                return Ok(body);
            }
        }
        Err(Failure::unexpected(format!("no webhook {kind} came")))
    }

    /// Tells the server to stop, and waits until it has.
    pub async fn stop(mut self) -> Outcome<()> {
        terminate(&self.child).await?;
        let _ = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        Ok(())
    }

    /// Waits until the server ends by itself or somebody says stop.
    pub async fn stay(mut self) -> Outcome<()> {
        tokio::select! {
            _ = self.child.wait() => Ok(()),
            () = super::stop::told() => self.stop().await,
        }
    }
}

/// A platform whose files are written and which is not yet started.
pub struct Prepared {
    pub data: PathBuf,
    pub config: PathBuf,
    results: mpsc::Receiver<String>,
    secret: SharedSecret,
    witnesses: Witnesses,
    stamper: Option<Stamper>,
}

impl Prepared {
    /// Starts the server, waits until it is ready, and starts the witnesses of its log.
    pub async fn start(mut self, stage: &Stage) -> Outcome<Hall> {
        let log = stage.folder.join("platform.log");
        let file =
            files::create(&log, Readers::Owner).map_err(|error| Failure::file(&log, &error))?;
        let mut child = Command::new(std::env::current_exe().map_err(Failure::unexpected)?)
            .arg("serve")
            .args([Path::new("--data"), &self.data])
            .args([Path::new("--config"), &self.config])
            .stdin(std::process::Stdio::null())
            .stdout(file.try_clone().map_err(Failure::unexpected)?)
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .map_err(Failure::unexpected)?;
        let server = Server::new(&stage.url, None)?;
        let began = Instant::now();
        loop {
            if server.get_bytes("/readyz").await.is_ok() {
                break;
            }
            let ended = child.try_wait().map_err(Failure::unexpected)?.is_some();
            if ended || began.elapsed() > Duration::from_mins(1) {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(Failure::new(
                    Kind::Unexpected,
                    "not-ready",
                    format!("服务未能启动(端口被占用?):\n{said}"),
                    "The server did not start; is the port in use?",
                ));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let platform: kaibiao_api::PlatformView = server.get("platform").await?;
        if let Some(log) = platform.public_log {
            self.witnesses.start(stage, &log)?;
        }
        Ok(Hall {
            child,
            server,
            results: self.results,
            secret: self.secret,
            _witnesses: self.witnesses,
            stamper: self.stamper,
        })
    }
}

async fn terminate(child: &Child) -> Outcome<()> {
    let Some(id) = child.id() else { return Ok(()) };
    let status = Command::new("kill").arg(id.to_string()).status().await;
    status.map(|_| ()).map_err(Failure::unexpected)
}

/// Answers every POST with 204 and passes its body on.
async fn receive(listener: TcpListener, sender: mpsc::Sender<String>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let sender = sender.clone();
        tokio::spawn(async move {
            let mut request = Vec::new();
            let mut piece = [0; 8192];
            while let Ok(read) = stream.read(&mut piece).await {
                request.extend_from_slice(&piece[..read]);
                if read == 0 || request.len() > 4 << 20 || is_whole(&request) {
                    break;
                }
            }
            let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
            let text = String::from_utf8_lossy(&request).into_owned();
            let _ = sender.send(text).await;
        });
    }
}

/// Whether a request has all the bytes that its head announces.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = header(head, "content-length").and_then(|value| value.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
