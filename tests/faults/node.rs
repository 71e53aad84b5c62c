//! A node: the real program as a process, which is killed, stopped and started again.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program that is tried: as it was built with the tests, or the one that `KAIBIAO_BIN`
/// names, such as a release's.
pub fn program() -> PathBuf {
    let named = std::env::var_os("KAIBIAO_BIN");
    named.map_or_else(|| env!("CARGO_BIN_EXE_kaibiao").into(), PathBuf::from)
}

pub struct Node {
    pub address: SocketAddr,
    pub config: PathBuf,
    log: PathBuf,
    child: Option<Child>,
    /// How long it took to be ready the last time it was started.
    pub start_took: Duration,
}

impl Node {
    /// A node whose configuration file is still to be written: at `config`.
    pub fn new(folder: &Path, name: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: free.local_addr().unwrap(),
            config: folder.join(format!("{name}.toml")),
            log: folder.join(format!("{name}.log")),
            child: None,
            start_took: Duration::ZERO,
        }
    }

    /// Starts the process, again where it gives up (for want of its database, say), and
    /// waits until it is ready.
    pub async fn start(&mut self) {
        let begun = Instant::now();
        let was_running = self.is_running();
        loop {
            if !self.is_running() {
                self.child = Some(self.spawn());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
            if self.is_ready().await {
                if !was_running {
                    self.start_took = begun.elapsed();
                }
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "a node is not ready after two minutes; it said last:\n{}",
                self.last_words()
            );
        }
    }

    /// Starts the process, and kills it after so long, ready or not.
    pub async fn start_and_kill(&mut self, after: Duration) {
        self.child = Some(self.spawn());
        tokio::time::sleep(after).await;
        self.kill();
    }

    fn spawn(&self) -> Child {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .unwrap();
        Command::new(program())
            .arg("serve")
            .env_remove("KAIBIAO_BIN")
            .arg("--config")
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    pub fn is_running(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub async fn is_ready(&self) -> bool {
        let address = self.address;
        let asked = tokio::task::spawn_blocking(move || get(address, "/readyz"));
        asked.await.unwrap().is_some()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// A signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Stops in good order.
    pub async fn stop(&mut self) {
        if self.is_running() {
            self.signal("TERM");
            let begun = Instant::now();
            while self.is_running() && begun.elapsed() < Duration::from_secs(60) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        self.kill();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The body of a GET that is answered with 200.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}
