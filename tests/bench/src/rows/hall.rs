//! `login`, `unlock`: what many do at the same time, through the real protocol.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;

use crate::measure::{About, Contender, Row, Sample};
use crate::process::{Meter, own_cpu};
use crate::town::steps::{self, T0_AWAY};
use crate::town::{Town, said};

const PROGRAM: &str = "kaibiao";

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
        vec![
            Contender::program(PROGRAM),
            Contender::floor("P-256 made and verified"),
        ]
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        if self.town.is_none() {
            self.town = Some(Town::found(&self.program, Self::PERSONS)?);
        }
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let town = self.town.as_ref().context("prepared")?;
        if contender != PROGRAM {
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
        let meter = Meter::begin(town.processes());
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
        Ok(meter.end(waits.len() as f64, waits))
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
        vec![Contender::program(PROGRAM)]
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
        let project = town.publish(T0_AWAY)?;
        let document = town.folder().join("document");
        std::fs::write(&document, b"a document")?;
        town.runtime.block_on(async {
            let hands = steps::hand_in(town, &project, bidders, &document, 1).await?;
            let host = town.log_in(&town.officials[0]).await?;
            steps::start_window(&host, &project.id).await?;
            let ready = steps::prepared(&hands).await?;
            let meter = Meter::begin(town.processes());
            let all = hands.into_iter().zip(ready).map(|(hand, ready)| {
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let unlocked = ready.unlock(&hand.session, &hand.bid, &hand.keys).await;
                    unlocked.map(|_| begun.elapsed())
                })
            });
            let mut waits = Vec::new();
            for done in try_join_all(all).await? {
                waits.push(done.map_err(said)?);
            }
            Ok(meter.end(waits.len() as f64, waits))
        })
    }
}
