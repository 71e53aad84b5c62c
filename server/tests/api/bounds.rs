//! What one person, one address and all together may cause at most.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kaibiao_app::login;
use kaibiao_app::memory::limits::Who;
use kaibiao_app::proxies::{ForwardedHeader, Proxies};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::room::Room;
use kaibiao_core::act::{Act, Export, Exported};
use kaibiao_core::role::Role;
use kaibiao_crypto::signer::FileKey;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::tender::Tender;
use crate::world::{World, nonce};

const NOTHING: &str = "0192f0a1-7b3c-7def-8123-456789abcdef";

/// Begins a request that promises so many bytes, and sends none of them.
fn begin(world: &World, session: &Session, path: &str, promised: usize) -> TcpStream {
    let mut stream = TcpStream::connect(world.running.address).unwrap();
    let wait = Some(Duration::from_secs(5));
    stream.set_read_timeout(wait).unwrap();
    let head = format!(
        "POST /api/v1/{path} HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {promised}\r\n\r\n",
        session.server.cookie().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The head of the reply.
fn reply(stream: &mut TcpStream) -> String {
    let mut said = [0; 4096];
    let length = stream.read(&mut said).unwrap();
    String::from_utf8_lossy(&said[..length]).to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_is_waited_for_before_it_is_known_what_it_is_for() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let bidder = world
        .with_role(&tender.administrator, 200, "投标人", Role::Bidder)
        .await;
    for (session, path) in [
        (&tender.host, "attachments"),
        (&tender.host, "acts"),
        (&bidder, "lots/1/bids"),
    ] {
        let path = format!("projects/{NOTHING}/{path}");
        let mut stream = begin(&world, session, &path, 1_000_000);
        let said = reply(&mut stream);
        assert!(said.starts_with("http/1.1 404"), "{path}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_under_way_take_only_so_much_of_the_memory() {
    let mut world = World::with(|config| {
        config.limits.attachment_bytes = 1 << 20;
        config.limits.header_bytes = 1 << 20;
        config.limits.json_bytes = 1 << 20;
        config.limits.bodies_bytes = 24 << 20;
    })
    .await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let path = format!("projects/{project}/attachments");
    let bodies = &world.running.app.memory.bodies;
    let mut held = Vec::new();
    for number in 1..=2 {
        held.push(begin(&world, &tender.host, &path, 1 << 20));
        let began = Instant::now();
        while bodies.held_in_all() < number << 20 {
            assert!(began.elapsed() < Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let mut third = begin(&world, &tender.host, &path, 1 << 20);
    let said = reply(&mut third);
    assert!(said.starts_with("http/1.1 429"), "{said}");
    assert!(said.contains("retry-after: 2"), "{said}");
    // Another person has a share of its own.
    let mut other = begin(&world, &tender.centre, &path, 3);
    other.write_all(b"abc").unwrap();
    assert!(reply(&mut other).starts_with("http/1.1 201"));
    drop(held);
    let began = Instant::now();
    while bodies.held_in_all() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_never_come_take_no_room_from_those_who_are_logged_in() {
    let mut world = World::with(|config| {
        config.limits.attachment_bytes = 64 << 10;
        config.limits.header_bytes = 64 << 10;
        config.limits.json_bytes = 64 << 10;
        config.limits.bodies_bytes = 1 << 20;
    })
    .await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let stranger = |promised: usize| {
        let mut stream = TcpStream::connect(world.running.address).unwrap();
        let wait = Some(Duration::from_secs(5));
        stream.set_read_timeout(wait).unwrap();
        let head = format!(
            "POST /api/v1/login HTTP/1.1\r\nhost: x\r\n\
             content-type: application/json\r\ncontent-length: {promised}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    assert!(reply(&mut stranger((64 << 10) + 1)).starts_with("http/1.1 413"));
    // One address has a ninth of what there is for strangers.
    let held = stranger(28 << 10);
    let bodies = &world.running.app.memory.strangers_bodies;
    let began = Instant::now();
    while bodies.held_in_all() < 28 << 10 {
        assert!(began.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(reply(&mut stranger(1 << 10)).starts_with("http/1.1 429"));
    // However full that is, nobody who is logged in finds less room.
    let taken = bodies.take(Who::at([192, 0, 2, 1].into()), 228 << 10, usize::MAX);
    assert!(taken.is_ok() && bodies.held_in_all() == 256 << 10);
    let path = format!("projects/{project}/attachments");
    let mut person = begin(&world, &tender.host, &path, 3);
    person.write_all(b"abc").unwrap();
    assert!(reply(&mut person).starts_with("http/1.1 201"));
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_each_client_is_counted_for_itself() {
    let world = World::with(|config| {
        config.limits.logins_per_minute = 1;
        config.limits.logins_burst = 2;
        config.proxies = Proxies {
            trusted: vec!["127.0.0.1".parse().unwrap()],
            header: ForwardedHeader::XForwardedFor,
        };
    })
    .await;
    let challenge = async |forwarded: &str| {
        let request = world.server().request(Method::POST, "login/challenge");
        let request = request.header("x-forwarded-for", forwarded);
        request.send().await.unwrap().status()
    };
    for client in 1..=5 {
        let client = format!("198.51.100.{client}");
        assert_eq!(challenge(&client).await, StatusCode::OK);
        assert_eq!(challenge(&client).await, StatusCode::OK);
        assert_eq!(challenge(&client).await, StatusCode::TOO_MANY_REQUESTS);
        // What the client itself wrote before it reached the proxy is not read.
        let forged = format!("203.0.113.{client}, {client}");
        assert_eq!(challenge(&forged).await, StatusCode::TOO_MANY_REQUESTS);
    }
    // Nothing comes from this machine itself when it is a proxy that asks.
    let metrics = world.server().request(Method::GET, "/metrics");
    assert_eq!(
        metrics.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hall_behind_one_address_is_many_persons() {
    let mut world = World::with(|config| {
        config.limits.requests_per_second = 1;
        config.limits.requests_burst = 30;
    })
    .await;
    let mut sessions = Vec::new();
    for number in 1..=3 {
        let person = world.person(number, "某公司", "张三");
        sessions.push(world.log_in(&person).await);
    }
    let status = async |server: &Server| {
        let request = server.request(Method::GET, "session");
        request.send().await.unwrap().status()
    };
    for session in &sessions {
        for _ in 0..20 {
            assert_eq!(status(&session.server).await, StatusCode::OK);
        }
    }
    let mut last = StatusCode::OK;
    for _ in 0..30 {
        last = status(&sessions[0].server).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(&sessions[1].server).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_tell_a_stranger_no_more_than_yes_or_no() {
    let world = World::start().await;
    let ready = async |forwarded: Option<&str>| -> Value {
        let mut request = world.server().request(Method::GET, "/readyz");
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        request.send().await.unwrap().json().await.unwrap()
    };
    let near = ready(None).await;
    assert_eq!(near["checks"]["store"], true);
    let far = ready(Some("198.51.100.1")).await;
    assert_eq!(near["authorities"]["test-ca"]["usable"], true);
    assert_eq!(
        (&far["ready"], &far["checks"], &far["authorities"]),
        (
            &near["ready"],
            &serde_json::json!({}),
            &serde_json::json!({})
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_and_one_person_watch_only_so_often() {
    let mut world = World::with(|config| {
        config.limits.sockets_per_address = 2;
        config.limits.sockets_per_person = 1;
    })
    .await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    for (server, most) in [(&world.server(), 2), (&tender.host.server, 1)] {
        let mut rooms = Vec::new();
        for _ in 0..most {
            rooms.push(Room::join(server, &project, 0).await.unwrap());
        }
        let Err(refused) = Room::join(server, &project, 0).await else {
            panic!("let in");
        };
        assert_eq!(refused.code, "too-many-requests");
        drop(rooms);
        let began = Instant::now();
        while Room::join(server, &project, 0).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Asks for a live room without a login; answers the reply's first line.
fn watch(address: SocketAddr, project: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET /api/v1/openings/{project}/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut line).unwrap();
    (stream, line)
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_without_a_login_leave_everybody_else_room_to_log_in() {
    let mut world = World::with(|config| config.limits.connections = 40).await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let address = world.running.address;
    let mut open = Vec::new();
    for _ in 0..60 {
        open.push(watch(address, &project));
    }
    let is_in = |line: &String| line.starts_with("HTTP/1.1 101");
    let watching = open.iter().filter(|(_, line)| is_in(line)).count();
    assert_eq!(watching, 20);
    let refused = open.iter().filter(|(_, line)| !is_in(line));
    assert!(refused.into_iter().all(|(_, line)| line.contains("503")));
    open.retain(|(_, line)| is_in(line));
    let person = world.person(9, "甲建设有限公司", "张三");
    let session = world.log_in(&person).await;
    let _: Value = session.server.get("session").await.unwrap();
    // Somebody without a login still reads what is public.
    let _: Value = world.server().get("projects").await.unwrap();
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_logged_in_before_a_restart_finds_a_place_in_a_crowd() {
    let mut world = World::with(|config| config.limits.connections = 40).await;
    let person = world.person(9, "甲建设有限公司", "张三");
    let session = world.log_in(&person).await;
    let cookie = session.server.cookie().unwrap().to_owned();
    let world = world.restart().await;
    // Of 40 places the last five are kept.
    let idle = || TcpStream::connect(world.running.address).unwrap();
    let held: Vec<_> = (0..37).map(|_| idle()).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let get = async |path: &str, cookie: &str| {
        let request = world.server().request(Method::GET, path);
        request
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
            .status()
    };
    let unknown = format!("{}={}", kaibiao_api::SESSION_COOKIE, "A".repeat(43));
    for cookie in ["", &unknown] {
        let refused = get("projects", cookie).await;
        assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(get("session", &cookie).await, StatusCode::OK);
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_only_talks_and_never_listens_is_let_go() {
    let mut world = World::with(|config| config.limits.watcher_seconds = 1).await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let (mut stream, _) = watch(world.running.address, &project);
    let sockets = &world.running.app.memory.sockets;
    let began = Instant::now();
    let mut seen = false;
    // A ping and a pong that nobody asked for, masked with zeros.
    let talk = [[0x89, 0x80, 0, 0, 0, 0], [0x8a, 0x80, 0, 0, 0, 0]].concat();
    while !seen || sockets.held_in_all() > 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        seen |= sockets.held_in_all() > 0;
        let _ = stream.write_all(&talk);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_exports_into_the_platforms_record_but_the_platform() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let export = Act::Export(Export {
        nonce: nonce(),
        project: Some(NOTHING.parse().unwrap()),
        what: Exported::Documents,
    });
    let refused = tender.host.act("", &export, Vec::new()).await.unwrap_err();
    assert_eq!(refused.code, "not-permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_keeps_no_certificate_that_was_not_judged() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let mut chain = person.chain();
    for number in 8..12 {
        chain.extend(world.person(number, "别家", "李四").chain());
    }
    let key = FileKey::from_pkcs8(&person.pkcs8(), chain).unwrap();
    let session = world.server().login(Box::new(key)).await.unwrap();
    let cookie = session.server.cookie().unwrap();
    let token = cookie.split_once('=').unwrap().1;
    let app = &world.running.app;
    let kept = login::find(app, token).await.unwrap().unwrap();
    let kept: Vec<_> = kept.chain.iter().map(|der| der.0.clone()).collect();
    assert_eq!(kept, person.chain());
}
