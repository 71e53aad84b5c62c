//! `view`, `opening`, `record`, `decrypt`: what one opening with many bidders costs.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::sealed::age_sealed;
use super::{folder, noise};
use crate::measure::{About, Contender, Row, Sample};
use crate::process::{Meter, is_there, run};
use crate::town::ceremony::{Ceremony, Moment, Script, close_objections, does};
use crate::town::{said, steps};

const PROGRAM: &str = "kaibiao";
const AGE: &str = "age, two at a time";

/// Openings that several rows begin from, played once.
pub struct Openings {
    program: PathBuf,
    played: RefCell<Vec<(Script, Rc<RefCell<Ceremony>>)>>,
}

impl Openings {
    pub fn new(program: &Path) -> Rc<Self> {
        Rc::new(Self {
            program: program.to_owned(),
            played: RefCell::default(),
        })
    }

    pub fn played(&self, script: Script) -> Result<Rc<RefCell<Ceremony>>> {
        let found = |played: &[(Script, Rc<RefCell<Ceremony>>)]| {
            let found = played.iter().find(|(of, _)| *of == script);
            found.map(|(_, ceremony)| Rc::clone(ceremony))
        };
        if let Some(ceremony) = found(&self.played.borrow()) {
            return Ok(ceremony);
        }
        eprintln!("  playing an opening with {} bidders …", script.bidders);
        let ceremony = Rc::new(RefCell::new(Ceremony::play(&self.program, script)?));
        self.played
            .borrow_mut()
            .push((script, Rc::clone(&ceremony)));
        Ok(ceremony)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    View,
    Opening,
    Record,
    Decrypt,
}

pub struct Opening {
    part: Part,
    openings: Rc<Openings>,
    ceremony: Option<Rc<RefCell<Ceremony>>>,
    /// What age opens.
    sealed: Option<tempfile::TempDir>,
}

impl Opening {
    pub fn all(openings: &Rc<Openings>) -> impl Iterator<Item = Self> {
        let parts = [Part::View, Part::Opening, Part::Record, Part::Decrypt];
        parts.into_iter().map(|part| Self {
            part,
            openings: Rc::clone(openings),
            ceremony: None,
            sealed: None,
        })
    }

    /// How many times a turn starts the service and looks.
    const LOOKS: usize = 5;
    /// MiB of each document that `decrypt` is about.
    const DOCUMENT: u64 = 5;
}

impl Row for Opening {
    fn about(&self) -> About {
        let about = |name, title, unit, target, note| About {
            name,
            title,
            unit,
            of: "bidders",
            size: 1_000,
            sizes: &[100],
            target,
            note,
        };
        match self.part {
            Part::View => about(
                "view",
                "the first look at a lot in its window, of a service that has just started",
                "looks",
                "under 50 ms of CPU",
                "The supervisor's view, which has most in it, with the events that it is made from read for it. \
                 What a service does when it starts is not in it. Ten times as many bidders take too long to prepare.",
            ),
            Part::Opening => about(
                "opening",
                "from the last release to sheets that are open",
                "openings",
                "under 3 s of CPU with 1,000 bidders",
                "Each bid has one document of 1,000 bytes. Shares are put together, each dealing is audited, each sheet opened and judged. \
                 The client sends its release, which it has made before, and asks for the list fifty times a second. \
                 Ten times as many bidders take too long to prepare.",
            ),
            Part::Record => about(
                "record",
                "from the end of objections to the record and its PDF",
                "records",
                "under 5 s of CPU with 1,000 bidders",
                "Every bidder has signed in, confirmed its sheet and said that it has no objection. The client asks for the record twenty times a second. \
                 Ten times as many bidders take too long to prepare.",
            ),
            Part::Decrypt => About {
                name: "decrypt",
                title: "bids of 5 MiB, from the last release until all their documents are there",
                unit: "bids",
                of: "bids",
                size: 200,
                sizes: &[20],
                target: "at least 300 bids/s or 90 % of the disk",
                note: "The program's part begins with the release: the sheets are opened in it too, and the documents are on its disk when it is over. \
                       age runs once for each bid, into a file each. Ten times as many would be 10 GiB, twice.",
            },
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let mut all = vec![Contender::program(PROGRAM)];
        if self.part == Part::Decrypt {
            all.push(Contender::peer(AGE, is_there("age")));
        }
        all
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        let mut script = Script::whole(size as usize);
        if self.part == Part::Decrypt {
            script.document = (Self::DOCUMENT as usize) << 20;
            script.until = Moment::Releasing;
            if is_there("age") {
                let folder = folder()?;
                let plain = noise(folder.path(), Self::DOCUMENT)?;
                age_sealed(folder.path(), &plain, &folder.path().join("a.age"))?;
                self.sealed = Some(folder);
            }
        }
        self.ceremony = Some(self.openings.played(script)?);
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        if contender == AGE {
            return by_age(self.sealed.as_ref().context("prepared")?.path(), size);
        }
        let mut ceremony = self.ceremony.as_ref().context("prepared")?.borrow_mut();
        let sample = match self.part {
            Part::View => looks(&mut ceremony),
            Part::Record => record(&mut ceremony),
            Part::Opening => opened(&mut ceremony, "opened", 1.0),
            Part::Decrypt => opened(&mut ceremony, "decrypted", size as f64),
        };
        ceremony.town.rest();
        sample
    }
}

/// The supervisor looks at the project, each time at a service that has just started.
fn looks(ceremony: &mut Ceremony) -> Result<Sample> {
    let mut sum = Sample::default();
    let mut client = 0.0;
    for _ in 0..Opening::LOOKS {
        ceremony.restore(Moment::Unlocking)?;
        let town = &ceremony.town;
        let path = format!("projects/{}", ceremony.project.id);
        let supervisor = town.runtime.block_on(town.log_in(&town.officials[2]))?;
        // What it does of its own when it starts is over then.
        std::thread::sleep(Duration::from_millis(300));
        let meter = Meter::begin(town.processes());
        let looked = supervisor.server.get_bytes(&path);
        town.runtime.block_on(looked).map_err(said)?;
        let look = meter.end(1.0, Vec::new());
        sum.took += look.took;
        sum.units += 1.0;
        sum.cpu = Some(sum.cpu.unwrap_or_default() + look.cpu.unwrap_or_default());
        sum.peak = sum.peak.max(look.peak);
        client += look.client.unwrap_or_default() * look.took.as_secs_f64();
    }
    sum.client = Some(client / sum.took.as_secs_f64());
    Ok(sum)
}

/// The last release is sent, until sheets are open, or documents decrypted.
fn opened(ceremony: &mut Ceremony, until: &str, units: f64) -> Result<Sample> {
    ceremony.restore(Moment::Releasing)?;
    let (town, id) = (&ceremony.town, ceremony.project.id.as_str());
    town.runtime.block_on(async {
        let officials = town.sessions().await?;
        let (host, supervisor) = (&officials[0], &officials[2]);
        let (act, secrets) = ceremony.last_release(supervisor).await?;
        let meter = Meter::begin(town.processes());
        supervisor.act(id, &act, secrets).await.map_err(said)?;
        steps::until_stage(&host.server, id, "opened").await?;
        if until == "decrypted" {
            steps::until_decrypted(host, id).await?;
        }
        Ok(meter.end(units, Vec::new()))
    })
}

/// Objections are closed, until record and PDF are there.
fn record(ceremony: &mut Ceremony) -> Result<Sample> {
    ceremony.restore(Moment::Objecting)?;
    let (town, id) = (&ceremony.town, ceremony.project.id.as_str());
    town.runtime.block_on(async {
        let host = town.log_in(&town.officials[0]).await?;
        let meter = Meter::begin(town.processes());
        does(&host, id, close_objections()).await?;
        for name in ["record.json", "record.pdf"] {
            let path = format!("projects/{id}/lots/1/{name}");
            steps::until_there(&host.server, &path).await?;
        }
        Ok(meter.end(1.0, Vec::new()))
    })
}

/// age opens a file as often as there are bids, two at a time.
fn by_age(folder: &Path, bids: u64) -> Result<Sample> {
    let open = |lane: u64| -> Result<Vec<Sample>> {
        let lane = (lane..bids).step_by(2).map(|bid| {
            let mut command = Command::new("age");
            command.args(["-d", "-i"]).arg(folder.join("age.key"));
            command.arg("-o").arg(folder.join(format!("{bid}.pdf")));
            run(command.arg(folder.join("a.age")), 1.0)
        });
        lane.collect()
    };
    let begun = Instant::now();
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| open(1));
        (open(0), other.join())
    });
    let took = begun.elapsed();
    let mut all = one?;
    all.extend(other.map_err(|_| anyhow::anyhow!("age"))??);
    Ok(Sample {
        took,
        units: bids as f64,
        cpu: Some(all.iter().filter_map(|it| it.cpu).sum()),
        peak: all.iter().filter_map(|it| it.peak).max(),
        ..Sample::default()
    })
}
