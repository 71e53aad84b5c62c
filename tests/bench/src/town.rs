//! The real program as a service, and everybody who needs it, on loopback.

pub mod ceremony;
mod person;
mod project;
pub mod steps;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kaibiao_client::failure::Failure;
use kaibiao_client::http::{Server, Session};
use kaibiao_core::act::{Act, Register};
use kaibiao_core::ids::{LotId, Millis, Nonce};
use kaibiao_crypto::certificate::Trust;
use kaibiao_os::random;
use kaibiao_os::trust::Authorities;
use tokio::runtime::Runtime;

use crate::process::{Running, cpu_of, must, peak_of};

pub use person::Person;
pub use project::Project;

const CA: &str = "bench-ca";

/// What the service writes: its data, and its keys with how far it has come, by which it
/// sees that data is older than itself.
const STORED: [&str; 2] = ["data", "data.secret"];

/// How many do something side by side while a row is prepared.
pub const SIDE_BY_SIDE: usize = 16;

/// A failure as an error.
pub fn said(failure: Failure) -> anyhow::Error {
    anyhow!("{}: {}", failure.code, failure.en)
}

/// UTC milliseconds.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

pub fn nonce() -> Nonce {
    Nonce(random::bytes())
}

pub fn lot() -> LotId {
    "1".parse().expect("a lot's id")
}

/// Host, centre and supervisor, bidders, and their service.
pub struct Town {
    program: PathBuf,
    folder: tempfile::TempDir,
    pub url: String,
    service: Option<Running>,
    pub officials: Vec<Person>,
    pub bidders: Vec<Person>,
    pub runtime: Runtime,
}

impl Town {
    /// Issues certificates, starts the service, binds roles and registers bidders.
    pub fn found(program: &Path, bidders: usize) -> Result<Self> {
        let folder = super::rows::folder()?;
        let root = folder.path();
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let listen = free.local_addr()?.to_string();
        drop(free);
        let config = format!(
            "listen = \"{listen}\"\n\
             [trust]\ndirectory = {:?}\n\
             [limits]\nrequests_per_second = 1000000\nrequests_burst = 1000000\n\
             logins_per_minute = 1000000\nlogins_burst = 1000000\nconnections = 20000\nconnections_per_address = 20000\n\
             sockets_per_address = 20000\n\
             versions_bytes = 1000000000000\nproject_bytes = 1000000000000\nuploads_bytes = 1000000000000\n\
             [legal]\nnotice_seconds = 0\namendment_seconds = 0\nwindow_seconds = 1\n\
             [log]\nlevel = \"warn\"\n",
            root.join("trust"),
        );
        std::fs::write(root.join("kaibiao.toml"), config)?;
        let mut town = Self {
            program: program.to_owned(),
            url: format!("http://{listen}"),
            service: None,
            officials: Vec::new(),
            bidders: Vec::new(),
            runtime: Runtime::new()?,
            folder,
        };
        let ca = town.folder().join("ca");
        must(town.bare().args(["pki", "init", "--id", CA]).arg(&ca))?;
        let administrator = town.person(0)?;
        must(
            town.bare()
                .args(["pki", "trust", "--ca"])
                .arg(&ca)
                .arg("--output")
                .arg(town.folder().join("trust")),
        )?;
        must(
            town.bare()
                .args(["account", "admin", "--data"])
                .arg(town.folder().join("data"))
                .arg("--config")
                .arg(town.folder().join("kaibiao.toml"))
                .arg("--cert")
                .arg(administrator.certificate()),
        )?;
        town.start()?;
        for (number, role) in (1..).zip(["host", "centre", "supervisor"]) {
            let person = town.person(number)?;
            let mut command = town.command(&administrator);
            command.args(["role", "bind", "--authority", CA, "--role", role]);
            must(command.args(["--code", &person.code, "--name", &person.name]))?;
            town.officials.push(person);
        }
        for number in 0..bidders {
            let person = town.person(100 + number)?;
            town.bidders.push(person);
        }
        let registered = town.bidders.iter().map(|person| town.register(person));
        town.runtime.block_on(side_by_side(registered))?;
        Ok(town)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn person(&self, number: usize) -> Result<Person> {
        let folder = self.folder().join(format!("person-{number}"));
        Person::certify(&self.folder().join("ca"), folder, number)
    }

    async fn register(&self, person: &Person) -> Result<()> {
        let register: Act = Register {
            nonce: nonce(),
            name: person.name.clone(),
        }
        .into();
        let session = self.log_in(person).await?;
        session.act("", &register, Vec::new()).await.map_err(said)?;
        Ok(())
    }

    /// The authorities that everybody believes.
    pub fn trust(&self) -> Result<Trust> {
        Ok(Authorities::read(&self.folder().join("trust"))?.trust)
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--json")
            .env("KAIBIAO_STATE", self.folder().join("state"));
        command
    }

    /// The program in somebody's hands.
    pub fn command(&self, person: &Person) -> Command {
        let mut command = self.bare();
        command
            .current_dir(&person.folder)
            .env("KAIBIAO_SERVER", &self.url)
            .env("KAIBIAO_KEY", person.key())
            .env("KAIBIAO_CA", self.folder().join("trust"));
        command
    }

    /// Starts the service; how long until it is ready.
    pub fn start(&mut self) -> Result<Duration> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder().join("service.log"))?;
        let mut command = self.bare();
        command
            .args(["serve", "--data"])
            .arg(self.folder().join("data"));
        command
            .arg("--config")
            .arg(self.folder().join("kaibiao.toml"));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let begun = Instant::now();
        self.service = Some(Running(command.spawn()?));
        while !self.is_ready() {
            let child = self.service.as_mut().map(|it| &mut it.0);
            let has_ended = child.is_some_and(|it| matches!(it.try_wait(), Ok(Some(_))));
            if has_ended || begun.elapsed() > Duration::from_secs(120) {
                let log = std::fs::read_to_string(self.folder().join("service.log"));
                bail!("the service is not ready: {}", log.unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(begun.elapsed())
    }

    /// Stops the service in good order.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut service) = self.service.take() {
            must(Command::new("kill").args(["-s", "TERM", &service.0.id().to_string()]))?;
            service.0.wait()?;
        }
        Ok(())
    }

    /// Keeps what the service has stored, under a name; it is stopped for that.
    pub fn keep(&mut self, name: &str) -> Result<()> {
        self.stop()?;
        for part in STORED {
            self.copy(part, &format!("{name}-{part}"))?;
        }
        self.start().map(drop)
    }

    /// Starts the service on what was kept.
    pub fn restore(&mut self, name: &str) -> Result<()> {
        self.rest();
        for part in STORED {
            std::fs::remove_dir_all(self.folder().join(part))?;
            self.copy(&format!("{name}-{part}"), part)?;
        }
        self.start().map(drop)
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let mut command = Command::new("cp");
        let folder = self.folder();
        must(command.arg("-a").args([folder.join(from), folder.join(to)])).map(drop)
    }

    /// Ends the service, whose data nobody wants any more, so that it takes nothing from
    /// others' turns.
    pub fn rest(&mut self) {
        self.service = None;
    }

    fn is_ready(&self) -> bool {
        use std::io::{Read as _, Write as _};
        let address = self.url.trim_start_matches("http://");
        let Ok(mut stream) = std::net::TcpStream::connect(address) else {
            return false;
        };
        let asked = write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        );
        let mut answer = String::new();
        asked.is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// The service's.
    pub fn processes(&self) -> Vec<u32> {
        self.service.iter().map(|it| it.0.id()).collect()
    }

    /// Processor seconds of the service so far.
    pub fn cpu(&self) -> f64 {
        let id = self.service.as_ref().map(|it| it.0.id());
        id.and_then(cpu_of).unwrap_or_default()
    }

    /// The most memory of the service so far, in bytes.
    pub fn peak(&self) -> Option<u64> {
        self.service.as_ref().and_then(|it| peak_of(it.0.id()))
    }

    pub fn server(&self) -> Result<Server> {
        Server::new(&self.url, None).map_err(said)
    }

    /// What the service answers to anybody, below `/api/v1`.
    pub fn get(&self, path: &str) -> Result<Vec<u8>> {
        let server = self.server()?;
        self.runtime.block_on(server.get_bytes(path)).map_err(said)
    }

    pub async fn log_in(&self, person: &Person) -> Result<Session> {
        let signer = person.identity()?.signer().map_err(said)?;
        self.server()?.login(signer).await.map_err(said)
    }
}

/// Does all of these, some at a time.
pub async fn side_by_side<T>(
    all: impl Iterator<Item = impl Future<Output = Result<T>>>,
) -> Result<Vec<T>> {
    stream::iter(all).buffered(SIDE_BY_SIDE).try_collect().await
}
