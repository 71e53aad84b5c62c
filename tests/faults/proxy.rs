//! A proxy for TCP that does to connections what networks do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::dice::Dice;

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// They go on.
    Fair,
    /// They wait, and go on when it is fair again.
    Stalled,
    /// They go on after so long.
    Slow(Duration),
    /// They are taken and lost in both directions, and nobody is told. Whoever lost some
    /// is cut when it is fair again.
    HalfOpen,
    /// What is asked arrives, what is answered is lost.
    Mute,
    /// Who is connected is cut, and nobody gets in.
    Away,
    /// Each new connection is cut in the middle: after as many bytes as chance says.
    Dropping,
    /// Requests of HTTP are answered with this status by somebody in between.
    Failing(u16),
}

/// What all connections hear.
#[derive(Clone, Copy)]
struct Sky {
    weather: Weather,
    /// Grows with every cut, and how many of a hundred connections it is meant for.
    cut: (u64, u64),
    /// Whom a cut is meant for: the target's place in the list; None for all.
    whom: Option<SocketAddr>,
}

/// Listens on a port of its own and gives each connection to the next target that takes
/// it.
pub struct Proxy {
    pub port: u16,
    targets: Arc<Mutex<Vec<SocketAddr>>>,
    sky: watch::Sender<Sky>,
    pub counted: Arc<Counted>,
}

/// What it has done so far.
#[derive(Default)]
pub struct Counted {
    pub connections: AtomicU64,
    /// Connections that were ended, or lost bytes, by what this proxy did.
    pub broken: AtomicU64,
    /// Those of them that were ended in the middle of a question or an answer, after as
    /// many bytes as chance said.
    pub dropped: AtomicU64,
}

/// How many bytes one direction of a connection carries while it is
/// [`Weather::Dropping`]: up to 8 KiB, in which there is a question or two, and every
/// third time up to 128 KiB, in which there is a good piece of an upload. Short ones are
/// as frequent as long ones.
fn length(dice: &Dice) -> u64 {
    let doublings = if dice.one_in(3) { 12 } else { 8 };
    (64 << dice.roll(doublings)) - dice.roll(32)
}

impl Proxy {
    pub async fn start(targets: Vec<SocketAddr>, dice: Dice) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let targets = Arc::new(Mutex::new(targets));
        let (sky, seen) = watch::channel(Sky {
            weather: Weather::Fair,
            cut: (0, 0),
            whom: None,
        });
        let counted = Arc::new(Counted::default());
        let (listed, counts, next) = (targets.clone(), counted.clone(), AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let mut order = listed.lock().unwrap().clone();
                if !order.is_empty() {
                    let by = turn % order.len();
                    order.rotate_left(by);
                }
                let carrying = carry(client, order, seen.clone(), dice.split(), counts.clone());
                tokio::spawn(carrying);
            }
        });
        Self {
            port,
            targets,
            sky,
            counted,
        }
    }

    pub fn weather(&self, weather: Weather) {
        self.sky.send_modify(|sky| {
            sky.weather = weather;
            sky.whom = None;
            if weather == Weather::Away {
                sky.cut = (sky.cut.0 + 1, 100);
            }
        });
    }

    /// Cuts so many of a hundred connections.
    pub fn cut(&self, percent: u64) {
        self.sky.send_modify(|sky| {
            sky.cut = (sky.cut.0 + 1, percent);
            sky.whom = None;
        });
    }

    pub fn put(&self, target: SocketAddr) {
        let mut targets = self.targets.lock().unwrap();
        if !targets.contains(&target) {
            targets.push(target);
        }
    }

    /// No connection goes there any more, and those that are there are cut.
    pub fn take(&self, target: SocketAddr) {
        self.targets.lock().unwrap().retain(|it| *it != target);
        self.sky.send_modify(|sky| {
            sky.cut = (sky.cut.0 + 1, 100);
            sky.whom = Some(target);
        });
    }
}

async fn carry(
    client: TcpStream,
    targets: Vec<SocketAddr>,
    mut sky: watch::Receiver<Sky>,
    dice: Dice,
    counted: Arc<Counted>,
) {
    counted.connections.fetch_add(1, Ordering::Relaxed);
    let now = *sky.borrow_and_update();
    match now.weather {
        Weather::Away => return,
        Weather::Failing(status) => {
            counted.broken.fetch_add(1, Ordering::Relaxed);
            return fail(client, status).await;
        }
        _ => {}
    }
    let mut found = None;
    for target in targets {
        if let Ok(server) = TcpStream::connect(target).await {
            found = Some((target, server));
            break;
        }
    }
    let Some((target, server)) = found else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    // An answer is lost as often as a question.
    let (mut up, mut down) = (None, None);
    if now.weather == Weather::Dropping {
        let longest = Some(length(&dice));
        *(if dice.one_in(2) { &mut up } else { &mut down }) = longest;
    }
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let lost = Lost::default();
    let pump = |from, to, answers, left| Pump {
        from,
        to,
        answers,
        left,
        sky: sky.clone(),
        lost: lost.clone(),
    };
    let asked = pump(client_in, server_out, false, up);
    let answered = pump(server_in, client_out, true, down);
    let ended = tokio::select! {
        ended = asked.run() => ended,
        ended = answered.run() => ended,
        () = cut(sky.clone(), target, dice, lost.clone()) => End::Broken,
    };
    if matches!(ended, End::Dropped) {
        counted.dropped.fetch_add(1, Ordering::Relaxed);
    }
    if !matches!(ended, End::Own) || lost.any() {
        counted.broken.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether a connection has lost bytes.
#[derive(Clone, Default)]
struct Lost(Arc<std::sync::atomic::AtomicBool>);

impl Lost {
    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

enum End {
    /// One of both ended it.
    Own,
    Broken,
    /// Its bytes were used up.
    Dropped,
}

/// Waits until this connection is cut.
async fn cut(mut sky: watch::Receiver<Sky>, target: SocketAddr, dice: Dice, lost: Lost) {
    let mut seen = sky.borrow().cut.0;
    while sky.changed().await.is_ok() {
        let now = *sky.borrow_and_update();
        if now.cut.0 != seen {
            seen = now.cut.0;
            if now.whom.is_none_or(|whom| whom == target) && dice.roll(100) < now.cut.1 {
                return;
            }
        }
        let loses = matches!(now.weather, Weather::HalfOpen | Weather::Mute);
        if lost.any() && !loses {
            return;
        }
    }
    std::future::pending().await
}

struct Pump {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    answers: bool,
    /// Bytes until it is dropped.
    left: Option<u64>,
    sky: watch::Receiver<Sky>,
    lost: Lost,
}

impl Pump {
    async fn run(mut self) -> End {
        let mut bytes = vec![0; 16 << 10];
        loop {
            let read = match self.from.read(&mut bytes).await {
                Ok(0) | Err(_) if self.is_silent() => {
                    // The other side is not told that this one is gone.
                    self.lost.note();
                    std::future::pending::<()>().await;
                    return End::Broken;
                }
                Ok(0) | Err(_) => return End::Own,
                Ok(read) => read,
            };
            if !self.passes().await {
                self.lost.note();
                continue;
            }
            let most = self.left.map_or(read, |left| read.min(left as usize));
            if self.to.write_all(&bytes[..most]).await.is_err() {
                return End::Own;
            }
            if let Some(left) = &mut self.left {
                *left -= most as u64;
                if *left == 0 {
                    return End::Dropped;
                }
            }
        }
    }

    fn is_silent(&self) -> bool {
        match self.sky.borrow().weather {
            Weather::HalfOpen | Weather::Stalled => true,
            Weather::Mute => self.answers,
            _ => false,
        }
    }

    /// Waits as the weather wants; whether what was read goes on.
    async fn passes(&mut self) -> bool {
        loop {
            let weather = self.sky.borrow_and_update().weather;
            match weather {
                Weather::HalfOpen => return false,
                Weather::Mute => return !self.answers,
                Weather::Slow(by) => {
                    tokio::time::sleep(by).await;
                    return true;
                }
                Weather::Stalled => {
                    if self.sky.changed().await.is_err() {
                        return false;
                    }
                }
                Weather::Fair | Weather::Away | Weather::Dropping | Weather::Failing(_) => {
                    return true;
                }
            }
        }
    }
}

/// Answers the first request, and ends.
async fn fail(mut client: TcpStream, status: u16) {
    let mut bytes = vec![0; 16 << 10];
    let _ = client.read(&mut bytes).await;
    let answer =
        format!("HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
}
