//! `login`, `upload`, `unlock`: what many do at the same time, through the real protocol.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;
use kaibiao_client::http::Session;
use kaibiao_client::submission::{self, Manner};
use kaibiao_client::unlock;
use kaibiao_core::act::{Act, Postpone, PublishList, StartWindow};
use serde_json::Value;

use super::append::p99;
use super::{folder, noise};
use crate::measure::{About, Contender, Kind, Row, Sample};
use crate::process::{must, own_cpu};
use crate::town::{Person, Town, lot, nonce, now, said};

const PROGRAM: &[&str] = &["kaibiao"];

/// From publication to T0 in the row `unlock`, in seconds.
const T0_AWAY: i64 = 30;

fn contenders(names: &[&'static str], kind: Kind) -> impl Iterator<Item = Contender> {
    names.iter().map(move |name| Contender { name, kind })
}

/// What a turn took of the service and of the client.
pub struct Meter {
    begun: Instant,
    service: f64,
    client: f64,
}

impl Meter {
    pub fn begin(town: &Town) -> Self {
        Self {
            service: town.cpu(),
            client: own_cpu(),
            begun: Instant::now(),
        }
    }

    pub fn end(self, town: &Town, units: f64, waits: Vec<Duration>) -> Sample {
        let took = self.begun.elapsed();
        Sample {
            took,
            units,
            cpu: Some(town.cpu() - self.service),
            peak: town.peak(),
            p99: (waits.len() > 1).then(|| p99(waits)),
            client: Some((own_cpu() - self.client) / took.as_secs_f64()),
        }
    }
}

/// Seals a document for somebody.
fn sealed(
    town: &Town,
    person: &Person,
    project: &str,
    document: &Path,
    name: &str,
) -> Result<PathBuf> {
    let sheet = person.folder.join("sheet.json");
    std::fs::write(&sheet, r#"{"price":"100000"}"#)?;
    let bid = person.folder.join(name);
    let terms = format!("{}/api/v1/projects/{project}/lots/1/terms", town.url);
    let mut command = town.command(person);
    command
        .args(["bid", "seal", "--lot", "1", "--terms", &terms, "--sheet"])
        .arg(sheet);
    must(
        command
            .arg("--document")
            .arg(document)
            .arg("--output")
            .arg(&bid),
    )?;
    Ok(bid)
}

/// Logins by certificate.
pub struct Login {
    program: PathBuf,
    town: Option<Town>,
}

impl Login {
    /// Who logs in again and again, side by side.
    const PERSONS: usize = 16;

    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
        }
    }
}

impl Row for Login {
    fn about(&self) -> About {
        About {
            name: "login",
            title: "logins by certificate (P-256), 16 persons side by side",
            unit: "logins",
            of: "logins",
            size: 1600,
            sizes: &[160, 16_000],
            target: "at least 2,000/s on 2 cores",
            note: "A challenge, a signature, a session: two requests on a connection that stays open. The floor is the signatures alone, on one core.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let floor = contenders(&["P-256 made and verified"], Kind::Floor);
        contenders(PROGRAM, Kind::Program).chain(floor).collect()
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        if self.town.is_none() {
            self.town = Some(Town::found(&self.program, Self::PERSONS)?);
        }
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let town = self.town.as_ref().context("prepared")?;
        if contender != PROGRAM[0] {
            return signatures(size);
        }
        let server = town.server()?;
        let each = size as usize / Self::PERSONS;
        let mut signers = Vec::new();
        for person in &town.bidders {
            let identity = person.identity()?;
            let signers_of: Result<Vec<_>> =
                (0..each).map(|_| identity.signer().map_err(said)).collect();
            signers.push(signers_of?);
        }
        let meter = Meter::begin(town);
        let waits = town.runtime.block_on(async {
            let persons = signers.into_iter().map(|signers| {
                let server = server.clone();
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    for signer in signers {
                        let begun = Instant::now();
                        server.clone().login(signer).await.map_err(said)?;
                        waits.push(begun.elapsed());
                    }
                    Ok::<_, anyhow::Error>(waits)
                })
            });
            let waits = try_join_all(persons).await?;
            waits.into_iter().collect::<Result<Vec<_>>>()
        })?;
        let waits = waits.concat();
        Ok(meter.end(town, waits.len() as f64, waits))
    }
}

fn signatures(count: u64) -> Result<Sample> {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    };
    let failed = |_| anyhow::anyhow!("P-256");
    let (random, way) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, &random).map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), &random);
    let pair = pair.map_err(|_| anyhow::anyhow!("a key"))?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    let (begun, cpu) = (Instant::now(), own_cpu());
    for number in 0..count {
        let message = number.to_be_bytes();
        let signature = pair.sign(&random, &message).map_err(failed)?;
        public
            .verify(&message, signature.as_ref())
            .map_err(failed)?;
    }
    Ok(Sample {
        took: begun.elapsed(),
        units: count as f64,
        cpu: Some(own_cpu() - cpu),
        ..Sample::default()
    })
}

/// A bid handed in.
pub struct Upload {
    program: PathBuf,
    town: Option<Town>,
    plain: Option<(tempfile::TempDir, PathBuf)>,
    project: String,
    turns: usize,
}

impl Upload {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
            plain: None,
            project: String::new(),
            turns: 0,
        }
    }
}

impl Row for Upload {
    fn about(&self) -> About {
        About {
            name: "upload",
            title: "a bid is handed in by one client, on disk and checked when its receipt is there",
            unit: "MB",
            of: "MiB",
            size: 256,
            sizes: &[25],
            target: "at least nginx, at least 0.9 times rustus with fsync; memory grows by less than 2 MiB for an upload",
            note: "In pieces of 4 MiB, from `submit` to the verified receipt; every piece is durable before it is answered and C_i is checked while it streams. \
                   The floor is a copy of the file that is hashed once and then made durable. nginx and rustus are not yet in the same run.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let floor = contenders(&["copied, hashed, made durable"], Kind::Floor);
        contenders(PROGRAM, Kind::Program).chain(floor).collect()
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        if self.town.is_none() {
            let town = Town::found(&self.program, 1)?;
            self.project = town.publish(7200)?;
            self.town = Some(town);
        }
        let folder = folder()?;
        let plain = noise(folder.path(), size)?;
        self.plain = Some((folder, plain));
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        const MIB: f64 = 1.048_576;
        let (town, (folder, plain)) = self
            .town
            .as_ref()
            .zip(self.plain.as_ref())
            .context("prepared")?;
        let units = size as f64 * MIB;
        if contender != PROGRAM[0] {
            return copied(plain, &folder.path().join("copy"), units);
        }
        self.turns += 1;
        let bidder = &town.bidders[0];
        let name = format!("{}.kbid", self.turns);
        let bid = sealed(town, bidder, &self.project, plain, &name)?;
        let session = town.runtime.block_on(town.log_in(bidder))?;
        let meter = Meter::begin(town);
        let manner = Manner::default();
        let done = town
            .runtime
            .block_on(submission::submit(&session, &bid, &manner, &()));
        done.map_err(said)?;
        let sample = meter.end(town, units, Vec::new());
        std::fs::remove_file(bid)?;
        Ok(sample)
    }
}

fn copied(from: &Path, to: &Path, units: f64) -> Result<Sample> {
    use std::io::{Read as _, Write as _};
    let (begun, cpu) = (Instant::now(), own_cpu());
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
    Ok(Sample {
        took: begun.elapsed(),
        units,
        cpu: Some(own_cpu() - cpu),
        ..Sample::default()
    })
}

/// Everybody unlocks in the same moment.
pub struct Unlock {
    program: PathBuf,
    town: Option<Town>,
}

impl Unlock {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
        }
    }
}

impl Row for Unlock {
    fn about(&self) -> About {
        About {
            name: "unlock",
            title: "all bidders of a lot unlock in the same moment",
            unit: "unlocks",
            of: "bidders",
            size: 100,
            sizes: &[10],
            target: "at least 3,000/s, p99 under 500 ms, none lost",
            note: "Each bidder's program opens its wrap, sends its share, and verifies the signed acknowledgement; all are on the client's side of the same machine. \
                   What a durable event costs is the row `append`.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        contenders(PROGRAM, Kind::Program).collect()
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        if self
            .town
            .as_ref()
            .is_none_or(|town| town.bidders.len() < size as usize)
        {
            self.town = Some(Town::found(&self.program, size as usize)?);
        }
        Ok(())
    }

    fn turn(&mut self, _contender: &str, size: u64) -> Result<Sample> {
        let town = self.town.as_ref().context("prepared")?;
        let bidders = &town.bidders[..size as usize];
        let mut t0 = T0_AWAY;
        let begun = Instant::now();
        let project = town.publish(t0)?;
        let document = town.folder().join("document");
        std::fs::write(&document, b"a document")?;
        let host = town.runtime.block_on(town.log_in(&town.officials[0]))?;
        let mut ready = Vec::new();
        for bidder in bidders {
            let name = format!("{project}.kbid");
            let bid = sealed(town, bidder, &project, &document, &name)?;
            town.runtime.block_on(async {
                // T0 is put off for as long as bids come in: how long that takes depends
                // on the machine.
                if t0 - i64::try_from(begun.elapsed().as_secs())? < T0_AWAY / 2 {
                    t0 = i64::try_from(begun.elapsed().as_secs())? + T0_AWAY;
                    postpone(&host, &project, T0_AWAY).await?;
                }
                let session = town.log_in(bidder).await?;
                let manner = Manner::default();
                let handed_in = submission::submit(&session, &bid, &manner, &());
                handed_in.await.map_err(said)?;
                let keys = bidder.identity()?.decryptors().map_err(said)?;
                ready.push((session, bid, keys));
                Ok::<_, anyhow::Error>(())
            })?;
        }
        town.runtime.block_on(async {
            start_window(town, &project).await?;
            let mut waiting = Vec::new();
            for (session, bid, keys) in ready {
                let prepared = unlock::prepare(&session, &bid, now()).await.map_err(said)?;
                waiting.push((Arc::new(session), bid, keys, prepared));
            }
            let meter = Meter::begin(town);
            let all = waiting.into_iter().map(|(session, bid, keys, prepared)| {
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let unlocked = prepared.unlock(&session, &bid, &keys).await;
                    unlocked.map(|_| begun.elapsed())
                })
            });
            let mut waits = Vec::new();
            for done in try_join_all(all).await? {
                waits.push(done.map_err(said)?);
            }
            Ok(meter.end(town, waits.len() as f64, waits))
        })
    }
}

/// The host moves T0 to so many seconds from now.
async fn postpone(host: &Session, project: &str, seconds: i64) -> Result<()> {
    let act: Act = Postpone {
        nonce: nonce(),
        t0: now() + seconds * 1000,
        reason: "投标人尚在递交".to_owned(),
    }
    .into();
    host.act(project, &act, Vec::new()).await.map_err(said)?;
    Ok(())
}

/// Publishes the list once T0 has come, and starts the window.
async fn start_window(town: &Town, project: &str) -> Result<()> {
    let host = &town.log_in(&town.officials[0]).await?;
    until_stage(host, project, "checking").await?;
    let list: Act = PublishList {
        nonce: nonce(),
        lot: lot(),
    }
    .into();
    host.act(project, &list, Vec::new()).await.map_err(said)?;
    let begun = Instant::now();
    loop {
        let start: Act = StartWindow {
            nonce: nonce(),
            lots: vec![lot()],
            seconds: None,
        }
        .into();
        // It waits for the closing statement.
        match host.act(project, &start, Vec::new()).await {
            Ok(_) => return Ok(()),
            // One that had no answer was carried out.
            Err(failure) if failure.code == "wrong-stage" => return Ok(()),
            Err(failure) if begun.elapsed() > Duration::from_secs(60) => return Err(said(failure)),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn until_stage(host: &Session, project: &str, stage: &str) -> Result<()> {
    let path = format!("projects/{project}");
    for _ in 0..2400 {
        let view: Value = host.server.get(&path).await.map_err(said)?;
        if view["lots"]["1"]["stage"] == stage {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the lot never came to {stage}")
}
