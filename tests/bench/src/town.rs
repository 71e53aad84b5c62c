//! The real program as a service, and everybody who needs it, on loopback.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use kaibiao_client::failure::Failure;
use kaibiao_client::http::{Server, Session};
use kaibiao_client::identity::Identity;
use kaibiao_client::terms::Terms;
use kaibiao_core::act::{Act, CertifyKey, Publish};
use kaibiao_core::ids::{LotId, Millis, Nonce};
use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::Organisation;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random::{self, SystemRng};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::process::{Running, cpu_of, must, peak_of};

const CA: &str = "bench-ca";
const PASSPHRASE: &str = "not a secret";

/// The head of the SPKI of a P-256 key, before its point.
const SPKI_HEAD: usize = 26;

/// Somebody with a certificate.
pub struct Person {
    pub folder: PathBuf,
    pub code: String,
    pub name: String,
}

impl Person {
    fn key(&self) -> PathBuf {
        self.folder.join("key.p12")
    }

    pub fn identity(&self) -> Result<Identity> {
        let passphrase = |_: &Path| Ok(Zeroizing::new(PASSPHRASE.to_owned()));
        Identity::load(&self.key(), &passphrase).map_err(said)
    }
}

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
        std::fs::write(root.join("passphrase"), PASSPHRASE)?;
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
                .arg(administrator.folder.join("key.cert.pem")),
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
            must(town.command(&person).args(["account", "register"]))?;
            town.bidders.push(person);
        }
        Ok(town)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn person(&self, number: usize) -> Result<Person> {
        let code = Organisation::complete(&format!("91110000MA{number:07}"))
            .map_err(|_| anyhow!("a code"))?;
        let person = Person {
            folder: self.folder().join(format!("person-{number}")),
            code: code.as_str().to_owned(),
            name: format!("第{number}建设有限公司"),
        };
        std::fs::create_dir(&person.folder)?;
        let mut command = self.bare();
        command.args([
            "pki",
            "issue",
            "--key-type",
            "p-256",
            "--person",
            "经办人",
            "--ca",
        ]);
        command.arg(self.folder().join("ca"));
        command.args(["--name", &person.name, "--code", &person.code, "--output"]);
        must(command.arg(person.key()))?;
        Ok(person)
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--json")
            .env("KAIBIAO_PASSPHRASE_FILE", self.folder().join("passphrase"))
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
            if begun.elapsed() > Duration::from_secs(120) {
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

    /// Publishes a project of one lot, whose T0 is so many seconds away.
    pub fn publish(&self, seconds: i64) -> Result<String> {
        self.runtime.block_on(async {
            let officials = self.sessions().await?;
            self.publish_by(&officials, seconds).await
        })
    }

    /// The officials, logged in.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        let mut all = Vec::new();
        for official in &self.officials {
            all.push(self.log_in(official).await?);
        }
        Ok(all)
    }

    pub async fn publish_by(&self, officials: &[Session], seconds: i64) -> Result<String> {
        let host = &officials[0];
        let t0 = now() + seconds * 1000;
        let draft = json!({ "draft": self.draft(t0) });
        let created: Value = host.server.post("projects", &draft).await.map_err(said)?;
        let id = created["id"].as_str().context("an id")?.to_owned();
        for session in officials {
            let spki = PrivateKey::generate(&mut SystemRng).public().spki();
            let certify = CertifyKey {
                nonce: nonce(),
                key: to_base64(&spki[SPKI_HEAD..]),
                agent: None,
                authorisation: None,
                suite: Suite::Intl,
            };
            let done = session.act(&id, &certify.into(), Vec::new()).await;
            done.map_err(said)?;
        }
        let terms = Terms::fetch(&host.server, &id, "1").await.map_err(said)?;
        let publish: Act = Publish {
            nonce: nonce(),
            terms: [(lot(), terms.digest())].into_iter().collect(),
            t0,
        }
        .into();
        host.act(&id, &publish, Vec::new()).await.map_err(said)?;
        Ok(id)
    }

    fn draft(&self, t0: Millis) -> Value {
        let named = |at: usize| {
            let person = &self.officials[at];
            json!({ "name": person.name, "organisation": person.code })
        };
        let stays = [
            "checking",
            "starting",
            "window",
            "extensions",
            "rescue",
            "quorum",
            "releasing",
            "opening",
            "announcing",
            "confirming",
            "objections",
            "signing",
            "suspension",
        ];
        let stays: serde_json::Map<_, _> = stays
            .map(|stay| (stay.to_owned(), json!(3600)))
            .into_iter()
            .collect();
        json!({
            "number": "ZB-2026-001",
            "title": "道路改造工程",
            "officials": { "tenderer": named(0), "centre": named(1), "supervisor": named(2) },
            "t0": t0,
            "lots": { "1": {
                "title": "一标段",
                "schema": {
                    "fields": [{ "id": "price", "label": "投标报价", "type": "money", "required": true, "public": true }],
                    "price": "price",
                    "better": "low",
                },
                "custodians": [named(0), named(1), named(2)],
                "release": 2,
                "policy": {
                    "minimum": 1, "fails_after_unlock": false, "masked": false, "reading": "received",
                    "stays": stays,
                },
            } },
            "outage_moves_t0": true,
        })
    }
}
