//! Hundreds of connections that send a byte now and then (slow-loris): they are ended, and
//! everybody else is served meanwhile.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use kaibiao_api::TimeView;
use kaibiao_client::http::Server;

use crate::process::Service;
use crate::world::World;

const DRIPPING: usize = 300;

/// How long they may be there at most: what is configured, and what a busy machine needs.
const LONGEST: Duration = Duration::from_secs(40);

/// One connection, and what it sends byte by byte.
struct Drip {
    stream: TcpStream,
    text: Vec<u8>,
    sent: usize,
    /// What the server has said.
    said: Vec<u8>,
    ended: bool,
}

impl Drip {
    fn new(address: &str, text: &[u8]) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            text: text.to_vec(),
            sent: 0,
            said: Vec::new(),
            ended: false,
        }
    }

    /// Sends one more byte, and hears whether it is over.
    fn go_on(&mut self) {
        let byte = self.text.get(self.sent).copied().unwrap_or(b'a');
        self.sent += 1;
        let _ = self.stream.write(&[byte]);
        let mut said = [0; 1024];
        loop {
            match self.stream.read(&mut said) {
                Ok(0) => self.ended = true,
                Ok(length) => {
                    self.said.extend_from_slice(&said[..length]);
                    continue;
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => self.ended = true,
            }
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drips_is_ended_and_nobody_else_waits() {
    let world = World::with(|config| {
        config.limits.head_seconds = 3;
        config.limits.body_seconds = 3;
    })
    .await;
    let mut config = world.running.app.config.clone();
    world.running.stop().await.unwrap();
    // Who drips is at the same address as everybody else here.
    config.limits.requests_per_second = 10_000;
    config.limits.requests_burst = 10_000;
    let service = Service::start(&config);
    let address = service.url.trim_start_matches("http://").to_owned();

    // A head that never ends; a head in one piece whose body never ends.
    let head = b"GET /api/v1/time HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let body = b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        content-length: 5000\r\n\r\n";
    let drips: Vec<Drip> = (0..DRIPPING)
        .map(|at| {
            if at % 10 > 0 {
                return Drip::new(&address, head);
            }
            let mut drip = Drip::new(&address, b"{");
            drip.stream.write_all(body).unwrap();
            drip
        })
        .collect();
    let dripping = tokio::task::spawn_blocking(move || {
        let mut drips = drips;
        let began = Instant::now();
        while drips.iter().any(|it| !it.ended) && began.elapsed() < LONGEST {
            drips
                .iter_mut()
                .filter(|it| !it.ended)
                .for_each(Drip::go_on);
            std::thread::sleep(Duration::from_millis(200));
        }
        (drips, began.elapsed())
    });

    let (mut served, mut slowest) = (0, Duration::ZERO);
    while !dripping.is_finished() {
        // Each by a connection of its own.
        let server = Server::new(&service.url, None).unwrap();
        let began = Instant::now();
        let _: TimeView = server.get("time").await.unwrap();
        slowest = slowest.max(began.elapsed());
        served += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (drips, took) = dripping.await.unwrap();
    let left = drips.iter().filter(|it| !it.ended).count();
    eprintln!(
        "{DRIPPING} dripped for {took:?}; {served} others were served, the slowest in {slowest:?}"
    );
    assert_eq!(left, 0, "of {DRIPPING} are still there after {took:?}");
    for drip in &drips {
        let said = String::from_utf8_lossy(&drip.said);
        // Whoever is cut while it writes may not hear it.
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408") || said.starts_with("HTTP/1.1 429"),
            "{said}"
        );
    }
    assert!(served > 10, "{served}");
}
