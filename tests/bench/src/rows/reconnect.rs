//! `reconnect`: everybody who watches is cut off, and comes back at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::crowd::{Crowd, Door};
use super::speaker::{Others, Speaker, with_port};
use crate::act;
use crate::measure::{About, Contender, Row, Sample};
use crate::process::Meter;
use crate::town::Town;

/// What is said while everybody is away.
const MISSED: usize = 5;
const PROGRAM: &str = "kaibiao";
const FLOOR: &str = "a bare loop of greetings";

pub struct Reconnect {
    program: PathBuf,
    town: Option<Town>,
    others: Others,
}

impl Reconnect {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
            others: Others::default(),
        }
    }
}

impl Row for Reconnect {
    fn about(&self) -> About {
        About {
            name: "reconnect",
            title: "all who watch are cut off, and come back with their last version",
            unit: "watchers",
            of: "watchers",
            size: 1_000,
            sizes: &[100, 8_000],
            target: "10,000 watchers are current in less than 1.0 s, and in less than 1.5 times what nchan takes",
            note: "Five events happen while everybody is away; a watcher is current when it has all five. 512 connect at the same time, from four addresses. \
                   A wait is from the moment when the first one comes back. With 20,000 descriptors a service lets about 8,700 watch without a login, so 10,000 are not tried. The floor accepts a connection and writes the five at once; \
                   nchan, by nginx with a worker for each core, and ws, on one core, keep their events in memory.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let own = [Contender::program(PROGRAM), Contender::floor(FLOOR)];
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
                FLOOR => return greeted(size as usize).await,
                _ => self.others.speaker(contender)?,
            };
            let mut crowd = Crowd::join(&speaker.door(), size as usize, 0..1).await?;
            let last = speaker.say(0).await?;
            crowd.wait(0, Instant::now()).await?;
            drop(crowd.leave().await?);
            let door = speaker.door_after(&last).await?;
            for event in 1..=MISSED {
                speaker.say(event).await?;
            }
            storm(&door, size as usize, speaker.processes()).await
        })
    }
}

/// So many come in at once, until all have what was said.
async fn storm(door: &Door, size: usize, server: Vec<u32>) -> Result<Sample> {
    let meter = Meter::begin(server);
    let begun = Instant::now();
    let mut crowd = Crowd::coming(door, size, 1..MISSED + 1);
    let waits = crowd.wait(MISSED, begun).await?;
    let sample = meter.end(size as f64, waits);
    crowd.leave().await?;
    Ok(sample)
}

/// The same by the floor.
async fn greeted(size: usize) -> Result<Sample> {
    let mut command = act::command("greet")?;
    let (child, port) = with_port(command.arg(MISSED.to_string()))?;
    let door = Door {
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        path: "/".to_owned(),
        greeting: "",
    };
    storm(&door, size, vec![child.0.id()]).await
}
