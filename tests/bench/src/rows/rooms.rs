//! `rooms`: what happens reaches everybody who watches.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::crowd::Crowd;
use super::speaker::{Others, Speaker};
use crate::measure::{About, Contender, Row, Sample};
use crate::process::Meter;
use crate::town::Town;

/// What is said in one turn.
const EVENTS: usize = 10;
const PROGRAM: &str = "kaibiao";
const LOOP: &str = "a bare loop";

pub struct Rooms {
    program: PathBuf,
    town: Option<Town>,
    others: Others,
}

impl Rooms {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
            others: Others::default(),
        }
    }
}

impl Row for Rooms {
    fn about(&self) -> About {
        About {
            name: "rooms",
            title: "what the host says reaches everybody who watches",
            unit: "deliveries",
            of: "watchers",
            size: 1_000,
            sizes: &[100, 8_000],
            target: "CPU for a delivery below nchan's and within 1.25 times a bare loop's; p99 at or under nchan's",
            note: "Ten events in a turn, the next when all have the one before; a wait is from the host's request, which is made durable first, to a watcher. \
                   The client reads bytes and parses nothing. The bare loop writes a frame of 300 bytes to each watcher and makes nothing durable; \
                   nor do nchan, by nginx with a worker for each core, and ws, on one core, to which 300 bytes are posted.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let own = [Contender::program(PROGRAM), Contender::floor(LOOP)];
        own.into_iter().chain(Others::contenders()).collect()
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        kaibiao_os::descriptors::raise();
        if self.town.is_none() {
            self.town = Some(Town::found(&self.program, 0)?);
        }
        self.others.start()
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let town = self.town.as_ref().context("prepared")?;
        town.runtime.block_on(async {
            let mut speaker = match contender {
                PROGRAM => Speaker::host(town).await?,
                LOOP => Speaker::bare_loop(size as usize)?,
                _ => self.others.speaker(contender)?,
            };
            let mut crowd = Crowd::join(&speaker.door(), size as usize, 0..EVENTS).await?;
            let meter = Meter::begin(speaker.processes());
            let mut waits = Vec::new();
            for event in 0..EVENTS {
                let begun = Instant::now();
                speaker.say(event).await?;
                waits.extend(crowd.wait(event, begun).await?);
            }
            let sample = meter.end(waits.len() as f64, waits);
            crowd.leave().await?;
            Ok(sample)
        })
    }
}
