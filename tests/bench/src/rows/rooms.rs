//! `rooms`: what happens reaches everybody who watches.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;
use kaibiao_core::act::{Act, Clarify};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::append::p99;
use super::hall::Meter;
use crate::act;
use crate::measure::{About, Contender, Kind, Row, Sample};
use crate::process::{Running, cpu_of, own_cpu, peak_of};
use crate::town::{Town, nonce, said};

/// What the host says in one turn.
const EVENTS: usize = 10;
/// How many join at once.
const JOINING: usize = 64;
const LOOP: &str = "a bare loop";
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Rooms {
    program: PathBuf,
    town: Option<Town>,
}

impl Rooms {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
        }
    }
}

/// Something by which an event is known among bytes.
fn mark(event: usize) -> String {
    format!("mark-{event}-end")
}

/// Joins as anybody may, and reads nothing but marks: a client that parses costs more than
/// the service.
async fn join(address: &str, project: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1/openings/{project}/live?after=1000000 HTTP/1.1\r\nHost: {address}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    // The greeting follows the head; whoever has it is watching.
    while !head.windows(5).any(|it| it == b"hello") {
        if stream.read_buf(&mut head).await? == 0 || head.len() > 4096 {
            bail!("not joined: {}", String::from_utf8_lossy(&head));
        }
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        bail!("not joined: {}", String::from_utf8_lossy(&head));
    }
    Ok(stream)
}

/// Tells when each mark is seen.
async fn watch(mut stream: TcpStream, seen: UnboundedSender<Instant>) -> Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    for event in 0..EVENTS {
        let mark = mark(event);
        loop {
            let at = buffer
                .windows(mark.len())
                .position(|it| it == mark.as_bytes());
            if let Some(at) = at {
                buffer.drain(..at + mark.len());
                seen.send(Instant::now())?;
                break;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                bail!("a watcher was cut off");
            }
        }
    }
    Ok(())
}

impl Row for Rooms {
    fn about(&self) -> About {
        About {
            name: "rooms",
            title: "what the host says reaches everybody who watches",
            unit: "deliveries",
            of: "watchers",
            size: 1_000,
            sizes: &[100, 5_000],
            target: "CPU for a delivery below nchan's and within 1.25 times a bare loop's; p99 at or under nchan's",
            note: "Ten events in a turn, the next when all have the one before; a wait is from the host's request, which is made durable first, to a watcher. \
                   The client reads bytes and parses nothing. The bare loop writes a frame of 300 bytes to each watcher and makes nothing durable. nchan is not yet in the same run.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let of = |name, kind| Contender { name, kind };
        vec![of("kaibiao", Kind::Program), of(LOOP, Kind::Floor)]
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        kaibiao_os::descriptors::raise();
        if self.town.is_none() {
            self.town = Some(Town::found(&self.program, 0)?);
        }
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let town = self.town.as_ref().context("prepared")?;
        if contender == LOOP {
            return town.runtime.block_on(by_loop(size as usize));
        }
        let project = town.publish(7200)?;
        let address = town.url.trim_start_matches("http://");
        town.runtime.block_on(async {
            let host = town.log_in(&town.officials[0]).await?;
            let mut crowd = Crowd::join(address, &project, size as usize).await?;
            let meter = Meter::begin(town);
            let mut waits = Vec::new();
            for event in 0..EVENTS {
                let act: Act = Clarify {
                    nonce: nonce(),
                    title: mark(event),
                    text: "请按补充说明报价。".repeat(8),
                    attachments: Vec::new(),
                }
                .into();
                let begun = Instant::now();
                host.act(&project, &act, Vec::new()).await.map_err(said)?;
                crowd.wait(begun, &mut waits).await?;
            }
            let sample = meter.end(town, waits.len() as f64, waits);
            crowd.leave().await?;
            Ok(sample)
        })
    }
}

/// The same by the floor.
async fn by_loop(size: usize) -> Result<Sample> {
    let mut command = act::command("spread")?;
    command.arg(size.to_string());
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut child = Running(child);
    let mut port = String::new();
    let said = child.0.stdout.take().context("a pipe")?;
    BufReader::new(said).read_line(&mut port)?;
    let mut input = child.0.stdin.take().context("a pipe")?;
    let mut crowd = Crowd::join(&format!("127.0.0.1:{}", port.trim()), "", size).await?;
    let used = || cpu_of(child.0.id()).unwrap_or_default();
    let (begun, cpu, client) = (Instant::now(), used(), own_cpu());
    let mut waits = Vec::new();
    for event in 0..EVENTS {
        let begun = Instant::now();
        writeln!(input, "{}", mark(event))?;
        crowd.wait(begun, &mut waits).await?;
    }
    let took = begun.elapsed();
    let sample = Sample {
        took,
        units: waits.len() as f64,
        cpu: Some(used() - cpu),
        peak: peak_of(child.0.id()),
        p99: Some(p99(waits)),
        client: Some((own_cpu() - client) / took.as_secs_f64()),
    };
    crowd.leave().await?;
    Ok(sample)
}

/// Everybody who watches.
struct Crowd {
    watchers: Vec<JoinHandle<Result<()>>>,
    seeing: UnboundedReceiver<Instant>,
}

impl Crowd {
    async fn join(address: &str, project: &str, size: usize) -> Result<Self> {
        let (seen, seeing) = unbounded_channel();
        let mut watchers = Vec::new();
        while watchers.len() < size {
            let next = JOINING.min(size - watchers.len());
            let joining = (0..next).map(|_| join(address, project));
            for stream in try_join_all(joining).await? {
                watchers.push(tokio::spawn(watch(stream, seen.clone())));
            }
        }
        Ok(Self { watchers, seeing })
    }

    /// Until everybody has seen one more event, which began then.
    async fn wait(&mut self, begun: Instant, waits: &mut Vec<Duration>) -> Result<()> {
        for _ in 0..self.watchers.len() {
            let at = tokio::time::timeout(PATIENCE, self.seeing.recv()).await;
            let at = at.context("a watcher has not seen it")?;
            waits.push(at.context("watchers are there")? - begun);
        }
        Ok(())
    }

    async fn leave(self) -> Result<()> {
        for watcher in self.watchers {
            watcher.await??;
        }
        Ok(())
    }
}
