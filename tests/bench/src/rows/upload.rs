//! `upload`, `upload-8`: bids handed in, beside files that other programs' servers take.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use futures_util::future::try_join_all;
use kaibiao_client::submission::{self, Manner};

use super::{folder, noise};
use crate::measure::{About, Contender, Row, Sample};
use crate::peers::{Peer, free, tool};
use crate::process::{Meter, is_there, own_cpu};
use crate::sender;
use crate::town::{Project, Town, said};

const PROGRAM: &str = "kaibiao";
const FLOOR: &str = "copied, hashed, made durable";
const NGINX: &str = "nginx, one PUT";
const RUSTUS: &str = "rustus, each piece synced";
const TUS: &str = "@tus/server";
const MIB: f64 = 1.048_576;

pub struct Upload {
    program: PathBuf,
    /// How many hand in at once.
    at_once: usize,
    town: Option<(Town, Project)>,
    plain: Option<(tempfile::TempDir, PathBuf)>,
    turns: usize,
}

impl Upload {
    pub fn all(program: &Path) -> impl Iterator<Item = Self> {
        [1, 8].into_iter().map(|at_once| Self {
            program: program.to_owned(),
            at_once,
            town: None,
            plain: None,
            turns: 0,
        })
    }

    /// The program: sealed before it is measured.
    fn handed_in(&mut self, units: f64) -> Result<Sample> {
        self.turns += 1;
        let name = format!("{}.kbid", self.turns);
        let ((town, project), (_, plain)) = self
            .town
            .as_ref()
            .zip(self.plain.as_ref())
            .context("prepared")?;
        let trust = town.trust()?;
        let mut ready = Vec::new();
        for bidder in &town.bidders {
            let bid = bidder.seal(&trust, &project.terms, plain, &name)?;
            ready.push((town.runtime.block_on(town.log_in(bidder))?, bid));
        }
        let meter = Meter::begin(town.processes());
        let all = ready.into_iter().map(|(session, bid)| {
            tokio::spawn(async move {
                let manner = Manner::default();
                let done = submission::submit(&session, &bid, &manner, &()).await;
                done.map_err(said)?;
                Ok::<_, anyhow::Error>(bid)
            })
        });
        let done = town.runtime.block_on(async { try_join_all(all).await })?;
        let sample = meter.end(units, Vec::new());
        for bid in done {
            std::fs::remove_file(bid?)?;
        }
        Ok(sample)
    }

    /// The same file as often, to a server that stores it below its folder.
    fn sent(&self, peer: &Peer, send: Send, units: f64) -> Result<Sample> {
        let (_, plain) = self.plain.as_ref().context("prepared")?;
        let meter = Meter::begin(peer.processes());
        let begun = Instant::now();
        let sent: Result<()> = std::thread::scope(|scope| {
            let each = |number: usize| {
                scope.spawn(move || send(peer.address, &format!("/files/{number}"), plain))
            };
            let all: Vec<_> = (0..self.at_once).map(each).collect();
            all.into_iter()
                .try_for_each(|one| one.join().map_err(|_| anyhow!("a thread"))?)
        });
        sent?;
        let mut sample = meter.end(units, Vec::new());
        // What is not durable yet becomes so on the clock.
        sync(peer.folder.path())?;
        sample.took = begun.elapsed();
        Ok(sample)
    }
}

/// How a file is sent: to whom, where, which.
type Send = fn(SocketAddr, &str, &Path) -> Result<()>;

fn by_tus(to: SocketAddr, _path: &str, file: &Path) -> Result<()> {
    sender::tus(to, "/files", file)
}

/// Makes all files below a folder durable.
fn sync(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            std::fs::File::open(entry.path())?.sync_all()?;
        }
    }
    Ok(())
}

/// Servers that keep what they are sent, new for each turn, so that nothing piles up.
fn nginx() -> Result<Peer> {
    Peer::nginx(
        &[],
        "client_max_body_size 0; client_body_buffer_size 1m;",
        "location /files/ { root .; dav_methods PUT; create_full_put_path on; }",
    )
}

fn rustus() -> Result<Peer> {
    let (folder, address) = (folder()?, free()?);
    let mut command = tool("rustus").context("it is there")?;
    command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
    command.arg("--data-dir").arg(folder.path().join("data"));
    command.arg("--info-dir").arg(folder.path().join("info"));
    command.args(["--force-fsync", "true", "--log-level", "ERROR"]);
    command.args(["--max-body-size", "16777216"]);
    Peer::start(command, address, folder)
}

fn tus_server() -> Result<Peer> {
    let (folder, address) = (folder()?, free()?);
    let mut command = tool("bench-tus").context("it is there")?;
    command
        .arg(address.port().to_string())
        .arg(folder.path().join("data"));
    Peer::start(command, address, folder)
}

impl Row for Upload {
    fn about(&self) -> About {
        let (name, title, size) = if self.at_once == 1 {
            (
                "upload",
                "a bid is handed in by one client, on disk and checked when its receipt is there",
                256,
            )
        } else {
            (
                "upload-8",
                "eight bids are handed in at once, on disk and checked when their receipts are there",
                64,
            )
        };
        About {
            name,
            title,
            unit: "MB",
            of: if self.at_once == 1 { "MiB" } else { "MiB each" },
            size,
            sizes: if self.at_once == 1 {
                &[25, 1_024]
            } else {
                &[6]
            },
            target: "at least nginx, at least 0.9 times rustus with fsync; memory grows by less than 2 MiB for an upload",
            note: "In pieces of 4 MiB, from `submit` to the verified receipt; every piece is durable before it is answered and C_i is checked while it streams. \
                   The floor is a copy of the file that is hashed once and then made durable. The peers hash nothing; rustus makes each piece durable, nginx and @tus/server nothing: \
                   their files are synced at the end, on their time.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        vec![
            Contender::program(PROGRAM),
            Contender::floor(FLOOR),
            Contender::peer(NGINX, is_there("nginx")),
            Contender::peer(RUSTUS, tool("rustus").is_some()),
            Contender::peer(TUS, tool("bench-tus").is_some()),
        ]
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        if self.town.is_none() {
            let town = Town::found(&self.program, self.at_once)?;
            let project = town.publish(7200)?;
            self.town = Some((town, project));
        }
        let folder = folder()?;
        let plain = noise(folder.path(), size)?;
        self.plain = Some((folder, plain));
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let units = size as f64 * MIB * self.at_once as f64;
        match contender {
            PROGRAM => self.handed_in(units),
            NGINX => self.sent(&nginx()?, sender::put, units),
            RUSTUS => self.sent(&rustus()?, by_tus, units),
            TUS => self.sent(&tus_server()?, by_tus, units),
            _ => {
                let (folder, plain) = self.plain.as_ref().context("prepared")?;
                copied(plain, &folder.path().join("copy"), self.at_once, units)
            }
        }
    }
}

/// One after the other, as often as others hand in.
fn copied(from: &Path, to: &Path, times: usize, units: f64) -> Result<Sample> {
    use std::io::{Read as _, Write as _};
    let (begun, cpu) = (Instant::now(), own_cpu());
    for _ in 0..times {
        let (mut from, mut to) = (std::fs::File::open(from)?, std::fs::File::create(to)?);
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            to.write_all(&buffer[..read])?;
        }
        std::hint::black_box(hash.finish());
        to.sync_all()?;
    }
    Ok(Sample {
        took: begun.elapsed(),
        units,
        cpu: Some(own_cpu() - cpu),
        ..Sample::default()
    })
}
