//! What strangers and clumsy clients send is refused, and is no fault of the platform's: its
//! log wakes no operator, and does not grow by it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::process::Service;
use crate::tender::Tender;
use crate::world::World;

/// How often each is sent.
const TIMES: usize = 8;

/// One hostile connection: what is sent, and whether the client then goes without waiting.
struct Sent {
    bytes: Vec<u8>,
    goes: bool,
}

fn sent(bytes: impl Into<Vec<u8>>) -> Sent {
    Sent {
        bytes: bytes.into(),
        goes: false,
    }
}

fn cut(bytes: impl Into<Vec<u8>>) -> Sent {
    Sent {
        bytes: bytes.into(),
        goes: true,
    }
}

fn head(line: &str, rest: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: x\r\n{rest}\r\n")
}

/// A request for the live room, and then frames that are none.
fn frames(project: &str, frames: &[u8]) -> Sent {
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw==\r\n";
    let line = format!("GET /api/v1/openings/{project}/live");
    sent([head(&line, upgrade).as_bytes(), frames].concat())
}

fn all(project: &str) -> Vec<Sent> {
    let json = "content-type: application/json\r\n";
    let deep = "[".repeat(20_000);
    let login = |body: &str| {
        let rest = format!("{json}content-length: {}\r\n\r\n{body}", body.len());
        // The blank line stands before the body.
        sent(head("POST /api/v1/login", &rest).trim_end_matches("\r\n"))
    };
    vec![
        // Bodies that do not come: slowly, or never, or cut.
        sent(
            head(
                "POST /api/v1/login",
                &format!("{json}content-length: 5000\r\n"),
            ) + "{",
        ),
        sent(
            head(
                "POST /api/v1/login",
                &format!("{json}transfer-encoding: chunked\r\n"),
            ) + "5\r\n{",
        ),
        cut(head(
            "POST /api/v1/login",
            &format!("{json}content-length: 5000\r\n"),
        ) + "{"),
        sent(
            head(
                "POST /api/v1/login",
                &format!("{json}transfer-encoding: chunked\r\n"),
            ) + "zz\r\n{",
        ),
        // Bodies that are none.
        login("{"),
        login("{\"a\":1,\"a\":2}"),
        login(&deep),
        login("\u{0}\u{1}"),
        sent(
            head(
                "POST /api/v1/login",
                &format!("{json}content-encoding: gzip\r\ncontent-length: 2\r\n"),
            ) + "{}",
        ),
        sent(head("POST /api/v1/login", "content-length: 2\r\n") + "{}"),
        sent(
            head(
                "POST /api/v1/login",
                &format!("{json}content-length: 99999999999\r\n"),
            ) + "{",
        ),
        // Heads that are none.
        sent("GET / HTTP/9.9\r\n\r\n"),
        sent("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}"),
        sent("GET /api/v1/time HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n"),
        sent(head(
            "GET /api/v1/time",
            &format!("x: {}\r\n", "a".repeat(200_000)),
        )),
        sent(head(
            "GET /api/v1/time",
            "content-length: 1\r\ncontent-length: 2\r\n",
        )),
        cut("GET /api/v1/ti"),
        // What is not there, not allowed, not theirs, not meant so.
        sent(head("GET /api/v1/nothing", "")),
        sent(head("DELETE /api/v1/time", "")),
        sent(head("GET /api/v1/board", "")),
        sent(head("GET /api/v1/projects/%ff%00/lots/-1/terms", "")),
        sent(head("GET /api/v1/projects?after=%ff&limit=-1", "")),
        sent(head("GET /api/v1/session", "cookie: a=b; \u{1}\r\n")),
        sent(head(
            "PATCH /api/v1/uploads/0",
            "tus-resumable: 9\r\ncontent-length: 0\r\n",
        )),
        sent(head(
            "POST /api/v1/logout",
            "origin: https://other.example\r\n",
        )),
        // Frames that are none: reserved bits, an unfinished one, a continuation of
        // nothing, one that is not masked, one of 2^63 bytes, a close of one byte.
        frames(project, &[0xf1, 0x80, 0, 0, 0, 0]),
        frames(project, &[0x09, 0x80, 0, 0, 0, 0]),
        frames(project, &[0x03, 0x80, 0, 0, 0, 0]),
        frames(project, &[0x80, 0x80, 0, 0, 0, 0]),
        frames(project, &[0x81, 0x01, b'a']),
        frames(
            project,
            &[
                0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ],
        ),
        frames(project, &[0x88, 0x81, 0, 0, 0, 0, 1]),
    ]
}

/// Sends it, and reads the first line of what is said before the connection ends.
fn send(address: &str, what: &Sent) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let _ = stream.write_all(&what.bytes);
    if what.goes {
        return String::new();
    }
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // A live room goes on after frames that mean nothing: its first piece is enough.
    while let Ok(length) = stream.read(&mut piece) {
        said.extend_from_slice(&piece[..length]);
        if length == 0 || said.windows(4).any(|it| it == b"\r\n\r\n") {
            break;
        }
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_strangers_send_stands_in_the_log_as_a_fault() {
    let mut world = World::with(|config| {
        config.limits.head_seconds = 3;
        config.limits.body_seconds = 3;
    })
    .await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let mut config = world.running.app.config.clone();
    let directory = world.directory;
    world.running.stop().await.unwrap();
    config.limits.requests_per_second = 10_000;
    config.limits.requests_burst = 10_000;
    let log = directory.path().join("log");
    let service = Service::start_logging(&config, &log);
    let address = service.url.trim_start_matches("http://").to_owned();
    // What a start says of itself is over.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = lines(&log).len();

    let all = all(&project);
    let threads = all.into_iter().map(|what| {
        let address = address.clone();
        std::thread::spawn(move || {
            let heard: Vec<_> = (0..TIMES).map(|_| send(&address, &what)).collect();
            (
                String::from_utf8_lossy(&what.bytes[..what.bytes.len().min(160)]).into_owned(),
                heard,
            )
        })
    });
    let threads: Vec<_> = threads.collect();
    for thread in threads {
        let (what, heard) = thread.join().unwrap();
        for line in heard {
            let is_refused = line.is_empty() || line.starts_with("HTTP/1.1 4");
            let is_a_room = line.starts_with("HTTP/1.1 101") && what.contains("/live");
            let is_a_list =
                line.starts_with("HTTP/1.1 200") && what.contains("GET /api/v1/session");
            assert!(is_refused || is_a_room || is_a_list, "{what}: {line}");
        }
    }
    // What is still being given up has its say.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lines = lines(&log).split_off(before);
    service.kill();
    let faults: Vec<_> = lines
        .iter()
        .filter(|it| it.contains("\"WARN\"") || it.contains("\"ERROR\""))
        .collect();
    assert!(
        faults.is_empty(),
        "{} of {}: {faults:#?}",
        faults.len(),
        lines.len()
    );
    // The board's route alone is one that leaves lines.
    assert!(
        lines.len() <= TIMES + 4,
        "{} lines: {lines:#?}",
        lines.len()
    );
}

fn lines(log: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().map(str::to_owned).collect()
}
