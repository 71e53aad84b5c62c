//! The real program as a process of its own, to be stopped and killed.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kaibiao_api::{SubmitAccepted, SubmitRequest};
use kaibiao_app::config::Config;
use kaibiao_client::http::{Server, Session};
use reqwest::Method;

use crate::world::Person;

/// The service as a process.
pub struct Service {
    child: Child,
    address: SocketAddr,
    pub url: String,
}

impl Service {
    /// Starts on a port that was free a moment ago, and waits until it answers.
    pub fn start(config: &Config) -> Self {
        Self::start_at(config, free())
    }

    /// Starts with a log of its own, which tells all that an operator reads.
    pub fn start_logging(config: &Config, log: &Path) -> Self {
        Self::start_with(config, free(), "info", File::create(log).unwrap().into())
    }

    /// Kills it and starts it again at the same place.
    pub fn restart(&mut self, config: &Config) {
        self.end();
        *self = Self::start_at(config, self.address);
    }

    fn start_at(config: &Config, address: SocketAddr) -> Self {
        Self::start_with(config, address, "warn", Stdio::inherit())
    }

    fn start_with(config: &Config, address: SocketAddr, level: &str, log: Stdio) -> Self {
        let limits = serde_json::to_value(&config.limits).unwrap();
        let limits = limits.as_object().unwrap().iter();
        let limits = limits.map(|(name, value)| {
            let name = name.to_uppercase();
            (format!("KAIBIAO_LIMITS__{name}"), value.to_string())
        });
        let child = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .arg("serve")
            .arg("--data")
            .arg(&config.data)
            .args(["--listen", &address.to_string()])
            .envs(limits)
            .env("KAIBIAO_LOG__LEVEL", level)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it never listened"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            child,
            address,
            url: format!("http://{address}"),
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub async fn log_in(&self, person: &Person) -> Session {
        let server = Server::new(&self.url, None).unwrap();
        server.login(Box::new(person.key())).await.unwrap()
    }

    /// The CPU time that it has used so far, in seconds (proc(5): user and system, in
    /// ticks of 1/100 s).
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit(')').next().unwrap();
        let ticks = after_name.split_whitespace().skip(11).take(2);
        ticks.map(|it| it.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    /// The most memory it has ever held, in bytes.
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }
}

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        // After a test that failed; a dead process is dead.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Begins an upload.
pub async fn begin(
    session: &Session,
    project: &str,
    body: &SubmitRequest,
    length: usize,
) -> SubmitAccepted {
    let path = format!("projects/{project}/lots/1/bids");
    let reply = session
        .server
        .request(Method::POST, &path)
        .json(body)
        .send()
        .await
        .unwrap();
    assert!(reply.status().is_success(), "{}", reply.status());
    let begun: SubmitAccepted = reply.json().await.unwrap();
    assert_eq!(begun.length, length as u64);
    begun
}

/// A piece of an upload, to be sent.
pub fn patch(
    session: &Session,
    upload: &str,
    offset: usize,
    bytes: Vec<u8>,
) -> reqwest::RequestBuilder {
    session
        .server
        .request(Method::PATCH, upload.strip_prefix("/api/v1/").unwrap())
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", offset)
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes)
}
