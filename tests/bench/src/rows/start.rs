//! `start`, `lists`: what many projects cost.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;

use crate::measure::{About, Contender, Row, Sample};
use crate::process::own_cpu;
use crate::town::{Town, said};

/// How many are published side by side.
const AT_ONCE: usize = 16;

/// A town with so many published projects.
struct Published {
    program: PathBuf,
    town: Option<(u64, Town)>,
}

impl Published {
    fn prepare(&mut self, size: u64) -> Result<()> {
        if self.town.as_ref().is_some_and(|(there, _)| *there == size) {
            return Ok(());
        }
        let town = Town::found(&self.program, 0)?;
        town.runtime.block_on(async {
            let officials = town.sessions().await?;
            let mut there = 0;
            while there < size {
                let next = AT_ONCE.min((size - there) as usize);
                try_join_all((0..next).map(|_| town.publish_by(&officials, 86_400))).await?;
                there += next as u64;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        self.town = Some((size, town));
        Ok(())
    }

    fn town(&mut self) -> Result<&mut Town> {
        Ok(&mut self.town.as_mut().context("prepared")?.1)
    }
}

fn program() -> Vec<Contender> {
    vec![Contender::program("kaibiao")]
}

pub struct Start(Published);

impl Start {
    pub fn new(program: &Path) -> Self {
        Self(Published {
            program: program.to_owned(),
            town: None,
        })
    }
}

impl Row for Start {
    fn about(&self) -> About {
        About {
            name: "start",
            title: "from the start of the process to ready, after a clean stop",
            unit: "starts",
            of: "projects",
            size: 500,
            sizes: &[50, 5_000],
            target: "under 2 s with 5,000 projects and 1,000,000 events",
            note: "Projects that are published, of five events each: fewer than the target has.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        program()
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        self.0.prepare(size)
    }

    fn turn(&mut self, _contender: &str, _size: u64) -> Result<Sample> {
        let town = self.0.town()?;
        town.stop()?;
        let took = town.start()?;
        Ok(Sample {
            took,
            units: 1.0,
            cpu: Some(town.cpu()),
            peak: town.peak(),
            ..Sample::default()
        })
    }
}

pub struct Lists(Published);

impl Lists {
    const REQUESTS: usize = 400;

    pub fn new(program: &Path) -> Self {
        Self(Published {
            program: program.to_owned(),
            town: None,
        })
    }
}

impl Row for Lists {
    fn about(&self) -> About {
        About {
            name: "lists",
            title: "a page of twenty projects, by anybody",
            unit: "requests",
            of: "projects",
            size: 500,
            sizes: &[50, 5_000],
            target: "under 3 ms of CPU, flat",
            note: "Four clients, one request after the other each.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        program()
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        self.0.prepare(size)
    }

    fn turn(&mut self, _contender: &str, _size: u64) -> Result<Sample> {
        let town = self.0.town()?;
        let server = town.server()?;
        let (begun, cpu, own) = (Instant::now(), town.cpu(), own_cpu());
        town.runtime.block_on(async {
            let clients = (0..4).map(|_| async {
                for _ in 0..Self::REQUESTS / 4 {
                    server.get_bytes("projects?limit=20").await.map_err(said)?;
                }
                Ok::<_, anyhow::Error>(())
            });
            try_join_all(clients).await
        })?;
        let took = begun.elapsed();
        Ok(Sample {
            took,
            units: Self::REQUESTS as f64,
            cpu: Some(town.cpu() - cpu),
            peak: town.peak(),
            client: Some((own_cpu() - own) / took.as_secs_f64()),
            ..Sample::default()
        })
    }
}
