//! Slow, secret and hostile connections, and the service as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kaibiao::cli::pki::authority::Usage;
use kaibiao_api::{PlatformView, SessionView, TimeView};
use kaibiao_client::Kind;
use kaibiao_client::http::Server;
use kaibiao_core::act::{Act, Register};
use reqwest::{Method, StatusCode};

use crate::tender::Tender;
use crate::world::{World, nonce};

/// What the server says to these bytes until it closes, and how long it took.
fn talk(world: &World, bytes: &[u8]) -> (String, Duration) {
    let mut stream = TcpStream::connect(world.running.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(bytes).unwrap();
    let began = Instant::now();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_slowly_is_not_waited_for() {
    let world = World::with(|config| {
        config.limits.head_seconds = 1;
        config.limits.body_seconds = 1;
        config.limits.idle_seconds = 2;
    })
    .await;
    let head = b"GET /api/v1/time HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let body = b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{";
    for (bytes, status) in [(&head[..], "408"), (&body[..], "408")] {
        let (said, took) = talk(&world, bytes);
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        // Where the head is there, the reply is ours and has what every reply has.
        let ours = bytes == &body[..];
        for name in [
            "x-content-type-options",
            "content-security-policy",
            "x-request-id",
        ] {
            assert_eq!(said.contains(name), ours, "{said}");
        }
    }
    let _: TimeView = world.server().get("time").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_when_to_come_back() {
    let world = World::with(|config| {
        config.limits.requests_per_second = 1;
        config.limits.requests_burst = 3;
    })
    .await;
    let server = world.server();
    let mut last = None;
    for n in 0..4 {
        let request = server.request(Method::GET, "time");
        let made_up = format!("{}={n}", kaibiao_api::SESSION_COOKIE);
        last = Some(request.header("cookie", made_up).send().await.unwrap());
    }
    let last = last.unwrap();
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(last.headers()["retry-after"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_comes_from_a_local_authority_that_stays() {
    let world = World::with(|config| config.tls.always = true).await;
    let root = world.running.app.config.data.join("tls-ca.pem");
    let address = |world: &World| format!("https://{}", world.running.address);
    let before = std::fs::read(&root).unwrap();
    let server = Server::new(&address(&world), Some(&root)).unwrap();
    let reply = server.request(Method::GET, "time").send().await.unwrap();
    assert!(reply.headers().contains_key("strict-transport-security"));
    let world = world.restart().await;
    assert_eq!(std::fs::read(&root).unwrap(), before);
    let server = Server::new(&address(&world), Some(&root)).unwrap();
    let _: PlatformView = server.get("platform").await.unwrap();
    let stranger = Server::new(&address(&world), None).unwrap();
    let untrusted = stranger.get::<PlatformView>("platform").await.unwrap_err();
    assert_eq!(
        (untrusted.kind, untrusted.code.as_str()),
        (Kind::Unproved, "tls-untrusted")
    );
    let plain = reqwest::get(format!("http://{}/healthz", world.running.address)).await;
    assert!(plain.is_err(), "no plain HTTP beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_cannot_open_the_room() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let path = format!("openings/{project}/live");
    let knock = |origin: String| {
        let request = world.server().request(Method::GET, &path);
        request
            .header("origin", origin)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "x3JJHMbDL1EzLkh9GBhXDw==")
            .send()
    };
    let foreign = knock("https://evil.example".to_owned()).await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let own = knock(world.url()).await.unwrap();
    assert_eq!(own.status(), StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_nobody_and_sigterm_is_a_clean_stop() {
    let mut world = World::start().await;
    let person = world.certify(77, "绝密建设有限公司", "无名氏", Usage::Both, 30);
    let config = world.running.app.config.clone();
    let World {
        directory, running, ..
    } = world;
    running.stop().await.unwrap();

    let mut child = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&config.data)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut log = Vec::new();
    let url = loop {
        let line = lines.next().unwrap().unwrap();
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        log.push(line);
        if json["message"] == "serving" {
            break json["address"].as_str().unwrap().to_owned();
        }
    };
    let session = Server::new(&url, None)
        .unwrap()
        .login(Box::new(person.key()))
        .await
        .unwrap();
    let register = Act::Register(Register {
        nonce: nonce(),
        name: person.company.clone(),
    });
    session.act("", &register, Vec::new()).await.unwrap();
    let _: SessionView = session.server.get("session").await.unwrap();
    let missing = "projects/0192f0a1-7b3c-7def-8123-456789abcdef?name=绝密";
    assert!(session.server.get::<SessionView>(missing).await.is_err());

    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    log.extend(lines.map_while(Result::ok));
    assert!(child.wait().unwrap().success());
    let log = log.join("\n");
    assert!(log.contains("\"message\":\"stopped\""), "{log}");
    let cookie = session.server.cookie().unwrap().split('=').nth(1).unwrap();
    let code = person.organisation.to_string();
    for secret in ["绝密", "无名氏", &code, cookie, "user-agent"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    drop(directory);
}
