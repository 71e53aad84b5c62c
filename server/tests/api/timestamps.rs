//! Time stamps over the log's checkpoints, by an authority of openssl's that a small
//! server on loopback asks.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kaibiao_api::{ClosingView, ReadyView, StampList, StampView};
use kaibiao_app::config::{Config, Timestamps};
use kaibiao_app::deciding;
use kaibiao_client::http::Server;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::TimeAuthorities;
use kaibiao_crypto::timestamp::verify_normal;
use kaibiao_crypto::tlog::{LogProof, SignedNote};
use kaibiao_os::trust::time_authorities;
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::hall::Hall;
use crate::public_log::Witnesses;
use crate::world::World;

const SETTINGS: &str = include_str!("../../src/cli/demo/tsa.cnf");

/// An authority of time in a folder, which answers as long as it is awake.
pub struct Authority {
    folder: Arc<TempDir>,
    url: String,
    awake: Arc<AtomicBool>,
}

impl Authority {
    pub async fn start() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("tsa.cnf", SETTINGS);
        write("serial", "01");
        let certify = |name: &str, more: &str| {
            let words = format!(
                "req -x509 -config tsa.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
                 -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem {more}"
            );
            openssl(&folder, &words);
        };
        certify("root", "-extensions ca");
        certify("tsa", "-extensions stamper -CA root.pem -CAkey root.key");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/tsa", listener.local_addr().unwrap());
        let awake = Arc::new(AtomicBool::new(true));
        let (at, is_awake) = (folder.clone(), awake.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &at, is_awake.load(Ordering::Acquire)).await;
            }
        });
        Self { folder, url, awake }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    pub fn config(&self) -> Timestamps {
        Timestamps {
            url: Some(self.url.clone()),
            roots: vec![self.root()],
            patience_seconds: 5,
            ..Config::default().timestamps
        }
    }

    pub fn believed(&self) -> TimeAuthorities {
        time_authorities(&[self.root()], &[], &[]).unwrap()
    }
}

fn openssl(folder: &TempDir, words: &str) {
    let done = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder.path())
        .output()
        .expect("the tests need the openssl command");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words}: {said}");
}

/// Answers one request; nothing where the authority sleeps.
async fn answer(mut stream: TcpStream, folder: &TempDir, awake: bool) {
    if !awake {
        return;
    }
    let mut heard = Vec::new();
    let request = loop {
        if stream.read_buf(&mut heard).await.unwrap() == 0 {
            return;
        }
        let Some(at) = heard.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&heard[..at]).to_lowercase();
        assert!(head.contains("content-type: application/timestamp-query"));
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if heard.len() >= at + 4 + length {
            break heard[at + 4..].to_vec();
        }
    };
    std::fs::write(folder.path().join("request.tsq"), request).unwrap();
    openssl(
        folder,
        "ts -reply -config tsa.cnf -queryfile request.tsq -signer tsa.pem -inkey tsa.key \
         -out answer.tsr",
    );
    let answer = std::fs::read(folder.path().join("answer.tsr")).unwrap();
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(&[head.as_bytes(), &answer].concat()).await;
}

async fn stamps(server: &Server, which: &str) -> Vec<StampView> {
    let path = format!("/log/timestamps{which}");
    match server.get::<StampList>(&path).await {
        Ok(list) => list.stamps,
        Err(failure) if failure.code == "not-found" => Vec::new(),
        Err(failure) => panic!("{failure:?}"),
    }
}

async fn stamped(server: &Server, which: &str) -> StampView {
    for _ in 0..200 {
        if let Some(stamp) = stamps(server, which).await.pop() {
            return stamp;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing is stamped: {which}");
}

pub async fn checks(world: &World) -> ReadyView {
    let reply = reqwest::get(format!("{}/readyz", world.url())).await;
    reply.unwrap().json().await.unwrap()
}

async fn until_check(world: &World, name: &str, well: bool) {
    for _ in 0..200 {
        if checks(world).await.checks[name] == well {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the check {name} does not become {well}");
}

fn kaibiao(folder: &TempDir, words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(words.split_whitespace())
        .arg("--json")
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_closing_checkpoint_and_the_days_are_stamped_and_served() {
    let authority = Authority::start().await;
    let mut witnesses = Witnesses::new(3);
    let (config, cosigned) = (authority.config(), witnesses.config(2));
    let world = World::with(|it| (it.timestamps, it.public_log) = (config, cosigned)).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    for witness in 0..3 {
        witnesses.start(witness, &log);
    }
    let hall = Hall::publish(world, 3, 6.0).await;
    let stranger = hall.world.server();
    let believed = authority.believed();
    // The day's: over a checkpoint, exactly as it is served with it.
    let first = stamped(&stranger, "").await;
    assert_eq!(first.number, 1);
    let imprint = Digest::of(first.note.as_bytes());
    verify_normal(&first.token, imprint, &believed).unwrap();
    let note: SignedNote = first.note.parse().unwrap();
    assert!(note.to_string().lines().count() >= 7, "it is cosigned");

    hall.submit_all().await;
    hall.until_stage("checking").await;
    let path = format!("projects/{}/closing", hall.project);
    // From the quorum on the proof stays, and the stamp is over that.
    loop {
        let app = &hall.world.running.app;
        let current = deciding::load(app, hall.project.parse().unwrap()).await;
        if current.unwrap().state.closing.stands {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let view: ClosingView = stranger.get(&path).await.unwrap();
    let proof: LogProof = view.proof.unwrap().anchored.proof.parse().unwrap();
    let note = proof.note.to_string();
    let of = format!("?of={}", Digest::of(note.as_bytes()));
    let closing = stamped(&stranger, &of).await;
    assert_eq!(closing.note, note);
    let imprint = Digest::of(note.as_bytes());
    let stamp = verify_normal(&closing.token, imprint, &believed).unwrap();
    let statement: serde_json::Value = serde_json::from_str(&view.closing.body).unwrap();
    let at = statement["statement"]["at"].as_i64().unwrap();
    assert!((at / 1_000 * 1_000..at + 60_000).contains(&stamp.at()));

    // Whoever reads on gets each once, in order.
    let all = stamps(&stranger, "?after=0").await;
    let numbers: Vec<_> = all.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(all[1..], stamps(&stranger, "?after=1").await);
    let unknown = format!("?of={}", "0".repeat(64));
    assert!(stamps(&stranger, &unknown).await.is_empty());
    assert!(checks(&hall.world).await.checks["timestamps"]);

    // On the command line, without anything from the platform but the two files.
    let url = hall.world.url();
    let (project, at) = (hall.project.clone(), authority.folder.clone());
    let said = tokio::task::spawn_blocking(move || {
        let save = format!("timestamp save --server {url} --project {project} -o closing");
        let saved = kaibiao(&at, &save);
        assert!(saved.status.success(), "{saved:?}");
        openssl(
            &at,
            "ts -verify -token_in -in closing.tsr -data closing -CAfile root.pem",
        );
        kaibiao(
            &at,
            "timestamp verify closing.tsr --file closing --root root.pem",
        )
    });
    assert!(said.await.unwrap().status.success());
    let saved = std::fs::read(authority.folder.path().join("closing")).unwrap();
    assert_eq!(saved, note.as_bytes());

    // A service that starts anew asks for nothing twice.
    let hall = hall.restart_meanwhile(async |_| ()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let again = stamps(&hall.world.server(), "?after=0").await;
    assert_eq!(again, all);
    let view: ClosingView = hall.world.server().get(&path).await.unwrap();
    let kept: LogProof = view.proof.unwrap().anchored.proof.parse().unwrap();
    assert_eq!(
        kept.note.to_string(),
        note,
        "the proof that is stamped stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_silent_is_told_of_and_asked_again() {
    let authority = Authority::start().await;
    authority.awake.store(false, Ordering::Release);
    let config = authority.config();
    let world = World::with(|it| it.timestamps = config).await;
    until_check(&world, "timestamps", false).await;
    assert!(checks(&world).await.ready, "nothing else waits for it");
    assert!(stamps(&world.server(), "").await.is_empty());
    authority.awake.store(true, Ordering::Release);
    stamped(&world.server(), "").await;
    until_check(&world, "timestamps", true).await;
    world.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_that_does_not_hold_is_not_kept() {
    let (authority, other) = (Authority::start().await, Authority::start().await);
    let mut config = authority.config();
    config.roots = vec![other.root()];
    let world = World::with(|it| it.timestamps = config).await;
    until_check(&world, "timestamps", false).await;
    assert!(stamps(&world.server(), "").await.is_empty());
    let path = format!("{}/log/timestamps?after=x", world.url());
    let refused = reqwest::get(path).await.unwrap().status();
    assert_eq!(refused, StatusCode::BAD_REQUEST);
    world.running.stop().await.unwrap();
}
