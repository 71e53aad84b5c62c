//! A small town for tests: certificates for everybody, a server that can be
//! killed, and every participant a process of the real program.
#![allow(dead_code, reason = "each test uses another part of the town")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::Organisation;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kaibiao");
const CA: &str = "town-ca";
const PASSPHRASE: &str = "not a secret";

/// A participant: a folder with a key file.
#[derive(Debug, Clone)]
pub struct Person {
    pub folder: PathBuf,
    pub organisation: String,
    pub code: String,
}

impl Person {
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn named(&self) -> Value {
        json!({ "name": self.organisation, "organisation": self.code })
    }
}

/// Everybody, and the server they use.
pub struct Town {
    pub folder: PathBuf,
    pub url: String,
    pub administrator: Person,
    pub agency: Person,
    pub centre: Person,
    pub supervisor: Person,
    pub bidders: Vec<Person>,
    /// Of its authority and of its projects.
    suite: Suite,
    server: Mutex<Option<Child>>,
}

impl Town {
    /// Makes certificates, starts the server and binds the roles.
    pub fn found(name: &str, bidders: usize) -> Self {
        Self::found_with(name, bidders, |_| String::new())
    }

    /// The same with what `more` adds to the server's configuration; it is given the town's
    /// folder.
    pub fn found_with(name: &str, bidders: usize, more: impl FnOnce(&Path) -> String) -> Self {
        Self::found_of(Suite::Intl, name, bidders, more)
    }

    /// A town of `gm`: pairs of SM2 for everybody, and a certificate for the platform, which
    /// lies where [`Town::sm2`] says when `more` is asked.
    pub fn found_gm(name: &str, bidders: usize, more: impl FnOnce(&Path) -> String) -> Self {
        Self::found_of(Suite::Gm, name, bidders, more)
    }

    fn found_of(
        suite: Suite,
        name: &str,
        bidders: usize,
        more: impl FnOnce(&Path) -> String,
    ) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for the town");
        std::fs::write(folder.join("passphrase"), PASSPHRASE).expect("a passphrase");
        let ca = folder.join("ca");
        let key_type = if suite.is_intl() { "p-256" } else { "sm2" };
        run(bare(&folder).args(["pki", "init"]).arg(&ca).args([
            "--id",
            CA,
            "--key-type",
            key_type,
        ]));
        if !suite.is_intl() {
            certify_platform(&folder, &ca);
        }
        let person = |name: &str, organisation: &str, code: &str| {
            issue(&folder, &ca, name, organisation, code, key_type)
        };
        let centre = person("centre", "河口公共资源交易中心", "12350100MB0000A01");
        let town = Self {
            administrator: person("administrator", "河口公共资源交易中心", "12350100MB0000A01"),
            agency: person("agency", "清源工程咨询有限公司", "91350100MA0000C03"),
            supervisor: person("supervisor", "河口住房和城乡建设局", "11350100MB0000D04"),
            bidders: (0..bidders)
                .map(|number| {
                    person(
                        &format!("bidder{number}"),
                        &format!("{}建筑工程有限公司", NAMES[number]),
                        &format!("9135020{number}MA111100{number}"),
                    )
                })
                .collect(),
            centre,
            url: format!("http://127.0.0.1:{}", free_port()),
            folder,
            suite,
            server: Mutex::new(None),
        };
        run(bare(&town.folder)
            .args(["pki", "trust", "--ca"])
            .arg(&ca)
            .arg("--output")
            .arg(town.folder.join("trust")));
        let config = format!(
            "listen = {:?}\n[legal]\nnotice_seconds = 1\namendment_seconds = 1\nwindow_seconds = 5\n[trust]\ndirectory = {:?}\n",
            town.url.trim_start_matches("http://"),
            town.folder.join("trust"),
        ) + &more(&town.folder);
        std::fs::write(town.folder.join("kaibiao.toml"), config).expect("a configuration");
        run(bare(&town.folder)
            .args(["account", "admin"])
            .args(["--data", town.data().to_str().expect("a path in UTF-8")])
            .arg("--config")
            .arg(town.folder.join("kaibiao.toml"))
            .arg("--cert")
            .arg(town.administrator.file("key.cert.pem")));
        town.start();
        for (person, role) in [
            (&town.agency, "host"),
            (&town.centre, "centre"),
            (&town.supervisor, "supervisor"),
        ] {
            town.must(
                &town.administrator,
                &[
                    "role",
                    "bind",
                    "--authority",
                    CA,
                    "--code",
                    &person.code,
                    "--name",
                    &person.organisation,
                    "--role",
                    role,
                ],
            );
        }
        for bidder in &town.bidders {
            town.must(bidder, &["account", "register"]);
        }
        town
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("platform")
    }

    /// Where the platform's keys of SM2 lie in a town's folder.
    pub fn sm2(folder: &Path) -> PathBuf {
        folder.join("platform.secret").join("sm2")
    }

    /// Starts the server and waits until it is ready.
    pub fn start(&self) {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("platform.log"))
            .expect("a log");
        let child = Command::new(PROGRAM)
            .arg("serve")
            .arg("--data")
            .arg(self.data())
            .arg("--config")
            .arg(self.folder.join("kaibiao.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the server starts");
        *self.server.lock().expect("not poisoned") = Some(child);
        let began = Instant::now();
        while self.get("/readyz").is_none() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "the server is not ready after a minute; see {}",
                self.folder.join("platform.log").display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// kill -9.
    pub fn kill(&self) {
        if let Some(mut child) = self.server.lock().expect("not poisoned").take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The body of a GET without a session, when the answer is 200.
    pub fn get(&self, path: &str) -> Option<String> {
        use std::io::Read as _;
        let address = self.url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// Has a participant do something; answers whether it succeeded, and its
    /// result.
    pub fn tries(&self, person: &Person, arguments: &[&str]) -> (bool, Value) {
        let output = self.output(person, arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        (
            output.status.success(),
            serde_json::from_str(last).unwrap_or(Value::Null),
        )
    }

    /// Has a participant do something that must succeed.
    pub fn must(&self, person: &Person, arguments: &[&str]) -> Value {
        let output = self.output(person, arguments);
        assert!(
            output.status.success(),
            "{} failed: kaibiao {}\n{}\n{}",
            person.folder.display(),
            arguments.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or(Value::Null)
    }

    /// A participant's process.
    pub fn command(&self, person: &Person, arguments: &[&str]) -> Command {
        let mut command = bare(&self.folder);
        command
            .args(arguments)
            .current_dir(&person.folder)
            .env("KAIBIAO_SERVER", &self.url)
            .env("KAIBIAO_KEY", person.file("key.p12"))
            .env("KAIBIAO_CA", self.folder.join("trust"));
        command
    }

    fn output(&self, person: &Person, arguments: &[&str]) -> Output {
        self.command(person, arguments)
            .output()
            .expect("the program can be started")
    }

    /// A published project of one lot, whose T0 is `seconds` away.
    pub fn publish(&self, seconds: i64) -> String {
        let project = self.draft(seconds);
        for custodian in [&self.agency, &self.centre, &self.supervisor] {
            let key = custodian.file("custodian.key.json");
            self.must(
                custodian,
                &["custodian", "key", &project, "--output", path(&key)],
            );
        }
        self.must(&self.agency, &["project", "publish", &project]);
        project
    }

    /// A draft of such a project, for which no custodian has certified a key yet.
    pub fn draft(&self, seconds: i64) -> String {
        let custodians: Vec<Value> = [&self.agency, &self.centre, &self.supervisor]
            .map(Person::named)
            .into();
        let mut draft = json!({
            "number": "HK-2026-0007",
            "title": "河口小学运动场改造",
            "officials": {
                "tenderer": self.agency.named(),
                "centre": self.centre.named(),
                "supervisor": self.supervisor.named(),
            },
            "t0": now() + seconds * 1000,
            "lots": { "1": {
                "title": "运动场",
                "schema": {
                    "fields": [
                        { "id": "price", "label": "投标报价", "type": "money", "required": true, "public": true },
                        { "id": "manager", "label": "项目经理", "type": { "text": { "max": 30 } }, "required": true, "public": true },
                    ],
                    "price": "price",
                    "better": "low",
                },
                "custodians": custodians,
                "release": 2,
                "policy": {
                    "minimum": 2,
                    "fails_after_unlock": false,
                    "masked": false,
                    "reading": "received",
                    "stays": {
                        "checking": 600, "starting": 600, "window": 120, "extensions": 600, "rescue": 60,
                        "quorum": 60, "releasing": 60, "opening": 60, "announcing": 600, "confirming": 60,
                        "objections": 600, "signing": 600, "suspension": 600,
                    },
                },
            } },
            "outage_moves_t0": false,
        });
        if !self.suite.is_intl() {
            draft["suite"] = json!(self.suite);
            draft["lots"]["1"]["rescue"] = json!(3);
        }
        let file = self.agency.file("draft.json");
        std::fs::write(&file, draft.to_string()).expect("a draft");
        let created = self.must(&self.agency, &["project", "draft", "--file", path(&file)]);
        created["id"].as_str().expect("a project's id").to_owned()
    }

    /// A bidder seals a document of `size` bytes at a price in fen.
    pub fn seal(
        &self,
        bidder: &Person,
        project: &str,
        name: &str,
        fen: u64,
        size: usize,
    ) -> PathBuf {
        let (sealed, result) = self.tries_to_seal(bidder, project, name, fen, size);
        sealed.unwrap_or_else(|| panic!("{} could not seal: {result}", bidder.organisation))
    }

    /// The same where the server may be away; answers the bid, or what was said
    /// instead.
    pub fn tries_to_seal(
        &self,
        bidder: &Person,
        project: &str,
        name: &str,
        fen: u64,
        size: usize,
    ) -> (Option<PathBuf>, Value) {
        self.tries_to_seal_as(bidder, project, name, fen, size, &[])
    }

    /// The same with more arguments.
    pub fn tries_to_seal_as(
        &self,
        bidder: &Person,
        project: &str,
        name: &str,
        fen: u64,
        size: usize,
        more: &[&str],
    ) -> (Option<PathBuf>, Value) {
        let sheet = bidder.file(&format!("{name}.json"));
        let manager = format!("经理{}", bidder.organisation);
        let fields = json!({ "price": fen.to_string(), "manager": manager });
        std::fs::write(&sheet, fields.to_string()).expect("a sheet");
        let document = bidder.file(&format!("{name}-technical-proposal.pdf"));
        let noise: Vec<u8> = (0..size as u64)
            .map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
            .collect();
        std::fs::write(&document, noise).expect("a document");
        let bid = bidder.file(&format!("{name}.kbid"));
        let terms = format!("{}/api/v1/projects/{project}/lots/1/terms", self.url);
        let seal = [
            "bid",
            "seal",
            "--terms",
            &terms,
            "--lot",
            "1",
            "--sheet",
            path(&sheet),
            "--document",
            path(&document),
            "--output",
            path(&bid),
        ];
        let (sealed, result) = self.tries(bidder, &[&seal, more].concat());
        (sealed.then_some(bid), result)
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Surnames of builders.
pub const NAMES: [&str; 8] = [
    "福安", "东岭", "长汀", "南屏", "云霄", "武夷", "霞浦", "政和",
];

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// UTC milliseconds.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Has the platform's certificate of SM2 issued, in PEM, to where the server looks for it.
fn certify_platform(folder: &Path, ca: &Path) {
    let own = Town::sm2(folder);
    std::fs::create_dir_all(&own).expect("a folder for the platform's keys");
    let code = Organisation::complete("12350100MB0000A01").expect("17 characters");
    run(bare(folder)
        .args(["pki", "issue", "--ca"])
        .arg(ca)
        .args(["--name", "河口公共资源交易中心", "--code", code.as_str()])
        .args(["--person", "开标平台", "--single", "--pem-key", "--output"])
        .arg(own.join("platform.p12")));
}

fn issue(
    folder: &Path,
    ca: &Path,
    name: &str,
    organisation: &str,
    code: &str,
    key_type: &str,
) -> Person {
    let own = folder.join(name);
    std::fs::create_dir_all(&own).expect("a folder for a person");
    let code = Organisation::complete(code)
        .expect("17 characters")
        .as_str()
        .to_owned();
    run(bare(folder)
        .args(["pki", "issue", "--ca"])
        .arg(ca)
        .args([
            "--name",
            organisation,
            "--code",
            &code,
            "--person",
            name,
            "--key-type",
            key_type,
        ])
        .arg("--output")
        .arg(own.join("key.p12")));
    Person {
        folder: own,
        organisation: organisation.to_owned(),
        code,
    }
}

fn bare(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--json")
        .env("KAIBIAO_PASSPHRASE_FILE", folder.join("passphrase"))
        .env("KAIBIAO_STATE", folder.join("state"))
        .stdin(Stdio::null());
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
