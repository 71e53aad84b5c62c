//! The nodes: processes of the program as it is built.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kaibiao");

/// How long anything may take to be ready, on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// One of them. The first is started by the story, which has the others' secrets.
pub struct Node {
    pub number: u32,
    pub listen: SocketAddr,
    folder: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Node {
    pub fn new(folder: &Path, number: u32, listen: SocketAddr) -> Self {
        Self {
            number,
            listen,
            folder: folder.to_owned(),
            child: Mutex::new(None),
        }
    }

    /// Starts it by the story's configuration and secrets, with its own data, and waits
    /// until it is ready.
    pub fn start(&self, settings: &[(&str, String)]) {
        let story = self.folder.join("story");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("node{}.log", self.number)))
            .expect("a log");
        let child = Command::new(PROGRAM)
            .arg("serve")
            .arg("--data")
            .arg(self.folder.join(format!("node{}", self.number)))
            .args(["--listen", &self.listen.to_string(), "--config"])
            .arg(story.join("kaibiao.toml"))
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .env("KAIBIAO_SECRETS", story.join("platform.secret"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same log"))
            .stderr(log)
            .spawn()
            .expect("the program");
        *self.child.lock().expect("not poisoned") = Some(child);
        self.until_ready();
    }

    pub fn until_ready(&self) {
        let began = Instant::now();
        while !self.is_ready() {
            assert!(
                began.elapsed() < PATIENCE,
                "node {} is not ready",
                self.number
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_ready(&self) -> bool {
        let asked = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.listen)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let host = self.listen;
            write!(
                stream,
                "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        asked().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// kill -9.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().expect("not poisoned").take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
