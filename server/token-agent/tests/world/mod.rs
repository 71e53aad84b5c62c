//! A token agent with a key file of the vectors, and a person who answers as the
//! test says; requests are written by hand, so that they may be wrong.

#![allow(dead_code, reason = "each file of tests uses what it needs")]

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::from_base64;
use kaibiao_token_agent::file::FileHolder;
use kaibiao_token_agent::holder::KeyHolder;
use kaibiao_token_agent::person::{Answer, Person, Question, Told};
use kaibiao_token_agent::{Desk, Service};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

pub const PAGE: &str = "https://kb.example";
pub const PAGE2: &str = "https://kb2.example";
pub const PLATFORM: &str = "kb.example";
pub const PROJECT: &str = "01935b7e-8f00-7000-8000-000000000001";
pub const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
pub const PASSPHRASE: &str = "correct horse";

pub struct World {
    pub port: u16,
    pub certificate: Digest,
    person: Arc<Scripted>,
    /// Where the key file lies, as long as the test lasts.
    folder: Option<tempfile::TempDir>,
}

#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<String>>,
    pins: Mutex<VecDeque<String>>,
    asked: Mutex<Vec<Question>>,
    told: Mutex<Vec<Told>>,
}

/// The person, behind whom the test stands.
struct Sitting(Arc<Scripted>);

impl Person for Sitting {
    fn tell(&self, told: &Told) {
        self.0.told.lock().unwrap().push(told.clone());
    }

    fn confirm(&self, question: &Question, gone: &dyn Fn() -> bool) -> Answer {
        let answer = self.0.answers.lock().unwrap().pop_front();
        let answer = match answer.as_deref() {
            Some("yes") => Answer::Yes,
            Some("batch") => Answer::Batch,
            Some("no") => Answer::No,
            Some("wait") => {
                while !gone() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Answer::Batch
            }
            _ => Answer::Nobody,
        };
        self.0.asked.lock().unwrap().push(question.clone());
        answer
    }

    fn pin(&self, _: &str, _: Option<u32>) -> Option<Zeroizing<String>> {
        let pin = self.0.pins.lock().unwrap().pop_front();
        pin.map(Zeroizing::new)
    }
}

impl World {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("K.p12");
        std::fs::write(&path, key_file("a P-256 key as openssl 3 writes it")).unwrap();
        let given = |_: &_| Ok(Zeroizing::new(PASSPHRASE.to_owned()));
        let holder = FileHolder::open(&path, &given).unwrap();
        let mut world = Self::with(Box::new(holder)).await;
        world.folder = Some(folder);
        world
    }

    /// One whose keys somebody else holds.
    pub async fn with(mut holder: Box<dyn KeyHolder>) -> Self {
        let certificate = Digest::of(&holder.certificates().unwrap()[0].chain[0]);
        let services = [PAGE, PAGE2].map(|page| Service {
            page: page.to_owned(),
            platform: PLATFORM.to_owned(),
        });
        let person = Arc::<Scripted>::default();
        let sitting = Box::new(Sitting(Arc::clone(&person)));
        let desk = Arc::new(Desk::new(services.to_vec(), holder, sitting));
        let listener = kaibiao_token_agent::listen(0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(kaibiao_token_agent::serve(listener, desk));
        Self {
            port,
            certificate,
            person,
            folder: None,
        }
    }

    pub fn ask(&self, path: &str, body: &Value) -> Ask<'_> {
        Ask {
            world: self,
            method: "POST",
            path: path.to_owned(),
            host: format!("127.0.0.1:{}", self.port),
            origin: Some(PAGE.to_owned()),
            kind: "application/json",
            more: String::new(),
            body: body.to_string(),
            chunked: false,
        }
    }

    pub async fn paired(&self, secret: &str, path: &str, body: &Value) -> Reply {
        self.ask(path, body).bearer(secret).send().await
    }

    pub async fn sign(&self, secret: &str, message: &[u8]) -> Reply {
        let message = kaibiao_crypto::encoding::to_base64(message);
        let body = json!({ "certificate": self.certificate, "message": message });
        self.paired(secret, "sign", &body).await
    }

    /// The secret of a page whose person typed the code.
    pub async fn pair(&self, page: &str) -> String {
        let begun = self.ask("pair/begin", &json!({})).origin(page).send().await;
        assert_eq!(begun.good()["seconds"], 180);
        let body = json!({ "code": self.code() });
        let paired = self.ask("pair", &body).origin(page).send().await.good();
        paired["secret"].as_str().unwrap().to_owned()
    }

    /// The code that the window shows.
    pub fn code(&self) -> String {
        let told = self.told();
        let codes = told.iter().rev().find_map(|told| match told {
            Told::Code { code, .. } => Some(code.clone()),
            _ => None,
        });
        codes.unwrap()
    }

    pub fn told(&self) -> Vec<Told> {
        self.person.told.lock().unwrap().clone()
    }

    pub fn asked(&self) -> Vec<Question> {
        self.person.asked.lock().unwrap().clone()
    }

    pub async fn until_asked(&self, times: usize) {
        while self.asked().len() < times {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn answers(&self, answers: &[&str]) {
        let answers = answers.iter().map(|answer| (*answer).to_owned());
        self.person.answers.lock().unwrap().extend(answers);
    }

    pub fn pins(&self, pins: &[&str]) {
        let pins = pins.iter().map(|pin| (*pin).to_owned());
        self.person.pins.lock().unwrap().extend(pins);
    }
}

/// A request, which a test may spoil.
pub struct Ask<'a> {
    world: &'a World,
    method: &'static str,
    path: String,
    host: String,
    origin: Option<String>,
    kind: &'static str,
    more: String,
    body: String,
    chunked: bool,
}

impl Ask<'_> {
    pub fn bearer(self, secret: &str) -> Self {
        self.more(&format!("Authorization: Bearer {secret}\r\n"))
    }

    pub fn more(mut self, line: &str) -> Self {
        self.more.push_str(line);
        self
    }

    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    pub fn no_origin(mut self) -> Self {
        self.origin = None;
        self
    }

    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    fn text(&self) -> String {
        let origin = self.origin.as_ref();
        let origin = origin.map_or_else(String::new, |it| format!("Origin: {it}\r\n"));
        let length = self.body.len();
        let (framed, body) = if self.chunked {
            let body = format!("{length:x}\r\n{}\r\n0\r\n\r\n", self.body);
            ("Transfer-Encoding: chunked".to_owned(), body)
        } else {
            (format!("Content-Length: {length}"), self.body.clone())
        };
        format!(
            "{} /kaibiao/1/{} HTTP/1.1\r\nHost: {}\r\n{origin}Content-Type: {}\r\n{}{framed}\r\n\r\n{body}",
            self.method, self.path, self.host, self.kind, self.more
        )
    }

    pub async fn send(self) -> Reply {
        let mut stream = self.connect().await;
        // Whoever is refused before the end of a long body need not read it.
        let _ = stream.write_all(self.text().as_bytes()).await;
        Reply::read(&mut stream).await
    }

    /// Sends it and leaves before the answer, once the person is asked.
    pub async fn hang_up(self) {
        let mut stream = self.connect().await;
        stream.write_all(self.text().as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.world.port))
            .await
            .unwrap()
    }
}

pub struct Reply {
    pub status: u16,
    head: Vec<(String, String)>,
    pub body: Value,
}

impl Reply {
    /// Until the body is there as long as its head says.
    async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap_or(0);
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8(bytes.clone()).unwrap();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let mut lines = head.lines();
                let status = lines.next().unwrap().split(' ').nth(1).unwrap();
                let head: Vec<(String, String)> = lines
                    .map(|line| line.split_once(": ").unwrap())
                    .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                    .collect();
                let length = head.iter().find(|(name, _)| name == "content-length");
                let length = length.map_or(0, |(_, value)| value.parse().unwrap());
                if body.len() >= length {
                    return Self {
                        status: status.parse().unwrap(),
                        head,
                        body: serde_json::from_str(body).unwrap_or_default(),
                    };
                }
            }
            assert!(read > 0, "the answer ends early: {text}");
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.head.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code))
        );
    }
}

fn vectors(path: &str) -> Value {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../crypto/vectors"));
    serde_json::from_slice(&std::fs::read(root.join(path)).unwrap()).unwrap()
}

fn case(cases: &Value, wanted: impl Fn(&Value) -> bool) -> &Value {
    let cases = cases.as_array().unwrap();
    cases.iter().find(|case| wanted(case)).unwrap()
}

pub fn key_file(name: &str) -> Vec<u8> {
    let files = vectors("key-files/files.json");
    let file = case(&files, |case| case["name"] == name);
    from_base64(file["file"].as_str().unwrap()).unwrap()
}

/// A header that is whole, and wrapped to others' keys.
pub fn header_of_another() -> Vec<u8> {
    let wraps = vectors("sealed-bid/wraps.json");
    let wrap = case(&wraps["cases"], |case| case["role"] == 0);
    from_base64(wrap["header"].as_str().unwrap()).unwrap()
}
