//! Watchers of a room, as many as a row wants, on loopback. They read bytes and look for
//! marks in them: a client that parses costs more than the service.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// How many connect at the same time: fewer than any server's backlog.
const JOINING: usize = 512;
/// Addresses that watchers come from: of one there are too few ports for those who come
/// back at once.
const SOURCES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// Something by which an event is known among bytes.
pub fn mark(event: usize) -> String {
    format!("mark-{event}-end")
}

/// Where a room is.
#[derive(Clone)]
pub struct Door {
    pub address: SocketAddr,
    pub path: String,
    /// What stands behind the reply's head when somebody watches; may be empty.
    pub greeting: &'static str,
}

impl Door {
    /// The greeting that somebody is given, who goes again.
    pub async fn greeting(&self) -> Result<String> {
        let (_, read) = self.enter(0).await?;
        Ok(String::from_utf8_lossy(&read).into_owned())
    }

    /// Joins; what was read with the reply's head.
    async fn enter(&self, number: usize) -> Result<(TcpStream, Vec<u8>)> {
        let source = Ipv4Addr::new(127, 0, 0, 1 + (number % SOURCES) as u8);
        let socket = TcpSocket::new_v4()?;
        if cfg!(target_os = "linux") {
            socket.bind(SocketAddr::from((source, 0)))?;
        }
        let mut stream = socket.connect(self.address).await?;
        let Self { address, path, .. } = self;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::new();
        let is_in = |read: &[u8]| {
            let text = String::from_utf8_lossy(read);
            let behind = text
                .split_once("\r\n\r\n")
                .map(|(_, behind)| behind.contains(self.greeting));
            behind == Some(true)
        };
        while !is_in(&read) {
            if stream.read_buf(&mut read).await? == 0 || read.len() > 1 << 16 {
                bail!("not joined: {}", String::from_utf8_lossy(&read));
            }
        }
        if !read.starts_with(b"HTTP/1.1 101") {
            bail!("not joined: {}", String::from_utf8_lossy(&read));
        }
        Ok((stream, read))
    }
}

/// What a watcher tells.
enum Heard {
    /// It is in.
    In,
    /// It has seen the mark of this event.
    Saw(usize, Instant),
}

type Told = UnboundedSender<Result<Heard>>;

/// Tells when each mark is seen.
async fn watch(
    mut stream: TcpStream,
    mut buffer: Vec<u8>,
    events: Range<usize>,
    told: &Told,
) -> Result<TcpStream> {
    for event in events {
        let mark = mark(event);
        loop {
            let found = buffer.windows(mark.len());
            if let Some(at) = found.into_iter().position(|it| it == mark.as_bytes()) {
                buffer.drain(..at + mark.len());
                told.send(Ok(Heard::Saw(event, Instant::now())))?;
                break;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                bail!("a watcher was cut off");
            }
        }
    }
    Ok(stream)
}

/// Everybody who watches.
pub struct Crowd {
    watchers: Vec<JoinHandle<Option<TcpStream>>>,
    heard: UnboundedReceiver<Result<Heard>>,
}

impl Crowd {
    /// So many begin to join, each of whom waits for these events.
    pub fn coming(door: &Door, size: usize, events: Range<usize>) -> Self {
        let (told, heard) = unbounded_channel();
        let places = Arc::new(Semaphore::new(JOINING));
        let watchers = (0..size).map(|number| {
            let (door, events) = (door.clone(), events.clone());
            let (places, told) = (Arc::clone(&places), told.clone());
            tokio::spawn(async move {
                let watched = async {
                    let place = places.acquire().await?;
                    let (stream, read) = door.enter(number).await?;
                    drop(place);
                    told.send(Ok(Heard::In))?;
                    watch(stream, read, events, &told).await
                };
                // Nobody listens where another one has failed.
                let failed = |error| drop(told.send(Err(error)));
                watched.await.map_err(failed).ok()
            })
        });
        let watchers = watchers.collect();
        Self { watchers, heard }
    }

    /// So many join; all are in then.
    pub async fn join(door: &Door, size: usize, events: Range<usize>) -> Result<Self> {
        let mut crowd = Self::coming(door, size, events);
        for _ in 0..size {
            crowd.hear().await?;
        }
        Ok(crowd)
    }

    async fn hear(&mut self) -> Result<Heard> {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        heard
            .context("a watcher hears nothing")?
            .context("all have gone")?
    }

    /// Until everybody has seen an event; how long each waited for it from a moment on.
    pub async fn wait(&mut self, event: usize, begun: Instant) -> Result<Vec<Duration>> {
        let mut waits = Vec::new();
        while waits.len() < self.watchers.len() {
            match self.hear().await? {
                Heard::Saw(seen, at) if seen == event => waits.push(at - begun),
                _ => {}
            }
        }
        Ok(waits)
    }

    /// Their connections, of those who have seen everything; they end when dropped.
    pub async fn leave(self) -> Result<Vec<TcpStream>> {
        let mut all = Vec::new();
        for watcher in self.watchers {
            all.extend(watcher.await?);
        }
        Ok(all)
    }
}
