//! `verify`, `replay`: what an ended project costs those who look at it again.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use kaibiao_client::http::Session;
use serde_json::Value;

use super::opening::Openings;
use crate::act;
use crate::measure::{About, Contender, Row, Sample};
use crate::process::{Meter, must, run};
use crate::town::ceremony::{Ceremony, Moment, Script};
use crate::town::{said, steps};

const REPLAY: &str = "kaibiao";
const VERIFIER: &str = "kaibiao-verify";
const FLOOR: &str = "hash and signatures alone, one core";

/// Versions that each bidder hands in, so that it has twenty events in the end: with them
/// `signed_in`, `unlocked`, `opened`, `document_opened`, `confirmed`, `no_objection`,
/// `countersigned`.
const VERSIONS: usize = 13;
const EVENTS_EACH: u64 = 20;
/// Acts that each bidder signs, and the receipts of its versions.
const SIGNATURES_EACH: u64 = VERSIONS as u64 * 2 + 5;

fn script(events: u64) -> Script {
    let bidders = (events / EVENTS_EACH).max(1) as usize;
    Script {
        versions: VERSIONS,
        ..Script::whole(bidders)
    }
}

pub struct Verify {
    verifier: PathBuf,
    openings: Rc<Openings>,
    ceremony: Option<Rc<RefCell<Ceremony>>>,
}

impl Verify {
    pub fn new(program: &Path, openings: &Rc<Openings>) -> Self {
        Self {
            verifier: program.with_file_name(VERIFIER),
            openings: Rc::clone(openings),
            ceremony: None,
        }
    }
}

impl Row for Verify {
    fn about(&self) -> About {
        About {
            name: "verify",
            title: "the supervisor's bundle of an ended project is verified, twenty events a bidder",
            unit: "events",
            of: "events",
            size: 20_000,
            sizes: &[2_000],
            target: "20,000 events of 1,000 bidders under 3 s, under 256 MiB",
            note: "Each bidder has handed in thirteen versions, signed in, unlocked, confirmed, said that it has no objection, and countersigned. \
                   The floor is SHA-256 over the bundle once and as many P-256 signatures verified as the project has acts and receipts; it parses nothing, folds nothing and \
                   looks at no certificate. Events are these twenty a bidder; some more are the officials'. Ten times as many take too long to prepare.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        vec![Contender::program(VERIFIER), Contender::floor(FLOOR)]
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        if !self.verifier.is_file() {
            bail!("{} is not there", self.verifier.display());
        }
        let ceremony = self.openings.played(script(size))?;
        save(&mut ceremony.borrow_mut())?;
        self.ceremony = Some(ceremony);
        Ok(())
    }

    fn turn(&mut self, contender: &str, _size: u64) -> Result<Sample> {
        let ceremony = self.ceremony.as_ref().context("prepared")?.borrow();
        let folder = ceremony.town.folder();
        let bidders = ceremony.town.bidders.len() as u64;
        let mut command = if contender == FLOOR {
            let mut command = act::command("signatures")?;
            command.arg(folder.join("it.kev"));
            command.arg((bidders * SIGNATURES_EACH).to_string());
            command
        } else {
            let mut command = Command::new(&self.verifier);
            command.arg(folder.join("it.kev"));
            command.arg("--policy").arg(folder.join("policy.json"));
            command
        };
        run(&mut command, (bidders * EVENTS_EACH) as f64)
    }
}

/// Saves the bundle of the supervisor and the policy to verify it by.
fn save(ceremony: &mut Ceremony) -> Result<()> {
    if ceremony.town.folder().join("it.kev").exists() {
        return Ok(());
    }
    ceremony.restore(Moment::Closed)?;
    let (town, id) = (&ceremony.town, ceremony.project.id.as_str());
    let supervisor = &town.officials[2];
    let bundle = town.runtime.block_on(async {
        let session = town.log_in(supervisor).await?;
        let path = format!("projects/{id}/bundle?edition=supervisor");
        steps::until_there(&session.server, &path).await
    })?;
    std::fs::write(town.folder().join("it.kev"), bundle)?;
    let mut command = town.command(supervisor);
    command.args(["trust", "policy", "--project", id, "--roots"]);
    command.arg(town.folder().join("trust"));
    must(
        command
            .arg("--output")
            .arg(town.folder().join("policy.json")),
    )?;
    ceremony.town.rest();
    Ok(())
}

pub struct Replay {
    openings: Rc<Openings>,
    ceremony: Option<Rc<RefCell<Ceremony>>>,
    /// Of its project.
    events: u64,
    /// Where the next turn looks.
    next: u64,
}

impl Replay {
    /// Scenes of a turn.
    const SCENES: u64 = 40;

    pub fn new(openings: &Rc<Openings>) -> Self {
        Self {
            openings: Rc::clone(openings),
            ceremony: None,
            events: 0,
            next: 0,
        }
    }
}

/// How many events a project has, by the player.
async fn size(supervisor: &Session, project: &str) -> Result<u64> {
    let path = format!("projects/{project}/replay/steps?after=0&limit=1");
    let steps: Value = supervisor.server.get(&path).await.map_err(said)?;
    steps["size"].as_u64().context("a size")
}

impl Row for Replay {
    fn about(&self) -> About {
        About {
            name: "replay",
            title: "the room at any instant of an ended project, as supervisor, host or anybody saw it",
            unit: "scenes",
            of: "events",
            size: 20_000,
            sizes: &[2_000],
            target: "each under 50 ms with 20,000 events",
            note: "Forty instants all over the project, one after the other, of a service that has just started: the greatest wait, which is the 99th of a hundred here, has the reading \
                   of all events in it. Ten times as many take too long to prepare.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        vec![Contender::program(REPLAY)]
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        let ceremony = self.openings.played(script(size))?;
        let mut played = ceremony.borrow_mut();
        played.restore(Moment::Closed)?;
        let (town, id) = (&played.town, played.project.id.as_str());
        let supervisor = town.runtime.block_on(town.log_in(&town.officials[2]))?;
        self.events = town.runtime.block_on(self::size(&supervisor, id))?;
        played.town.rest();
        drop(played);
        self.ceremony = Some(ceremony);
        Ok(())
    }

    fn turn(&mut self, _contender: &str, _size: u64) -> Result<Sample> {
        /// Coprime to all sizes, and about their golden section: places that are nowhere near
        /// those before.
        const STRIDE: u64 = 12_347;
        let mut ceremony = self.ceremony.as_ref().context("prepared")?.borrow_mut();
        ceremony.restore(Moment::Closed)?;
        let (town, id) = (&ceremony.town, ceremony.project.id.as_str());
        let supervisor = town.runtime.block_on(town.log_in(&town.officials[2]))?;
        std::thread::sleep(Duration::from_millis(300));
        let meter = Meter::begin(town.processes());
        let mut waits = Vec::new();
        for scene in 0..Self::SCENES {
            self.next = (self.next + STRIDE) % self.events;
            let who = ["supervisor", "host", "public"][scene as usize % 3];
            let path = format!("projects/{id}/replay?at={}&as={who}", self.next + 1);
            let begun = Instant::now();
            let seen = supervisor.server.get_bytes(&path);
            town.runtime.block_on(seen).map_err(said)?;
            waits.push(begun.elapsed());
        }
        let sample = meter.end(waits.len() as f64, waits);
        ceremony.town.rest();
        Ok(sample)
    }
}
