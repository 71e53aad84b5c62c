//! `seal`: what a bidder waits for, by the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::sealed::{age, age_key};
use super::{folder, noise};
use crate::act;
use crate::measure::{About, Contender, Row, Sample};
use crate::process::{is_there, run, run_to_disk};
use crate::town::Town;

pub struct Seal {
    program: PathBuf,
    town: Option<Town>,
    place: Option<Place>,
}

struct Place {
    folder: tempfile::TempDir,
    plain: PathBuf,
    recipient: Option<String>,
}

impl Seal {
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            town: None,
            place: None,
        }
    }
}

impl Row for Seal {
    fn about(&self) -> About {
        About {
            name: "seal",
            title: "kaibiao bid seal, from file to file",
            unit: "MB",
            of: "MiB",
            size: 1024,
            sizes: &[102],
            target: "at least 1.3 times age, and 60 % of AES-GCM with SHA-256 twice in memory; memory under 64 MiB whatever the size",
            note: "Everybody's output is on the disk when a turn is over. The program reads and checks the terms and certificates, hashes plaintext and \
                   ciphertext, wraps the keys, and rehearses with the bidder's key.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        vec![
            Contender::program("kaibiao bid seal"),
            Contender::floor("AES-256-GCM alone"),
            Contender::floor("AES-GCM and SHA-256 twice, in memory"),
            Contender::peer("age", is_there("age")),
        ]
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        if self.town.is_none() {
            let town = Town::found(&self.program, 1)?;
            let project = town.publish(3600)?.id;
            let terms = town.get(&format!("projects/{project}/lots/1/terms"))?;
            std::fs::write(town.folder().join("terms.json"), terms)?;
            std::fs::write(town.folder().join("sheet.json"), r#"{"price":"100000"}"#)?;
            self.town = Some(town);
        }
        let folder = folder()?;
        let recipient = is_there("age")
            .then(|| age_key(folder.path()))
            .transpose()?;
        self.place = Some(Place {
            plain: noise(folder.path(), size)?,
            folder,
            recipient,
        });
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        const MIB: f64 = 1.048_576;
        let (town, place) = self
            .town
            .as_ref()
            .zip(self.place.as_ref())
            .context("prepared")?;
        let output = place.folder.path().join("out");
        let units = size as f64 * MIB;
        match contender {
            "kaibiao bid seal" => {
                let mut command = town.command(&town.bidders[0]);
                command.args(["bid", "seal", "--lot", "1", "--force", "--terms"]);
                command.arg(town.folder().join("terms.json"));
                command.arg("--sheet").arg(town.folder().join("sheet.json"));
                command
                    .arg("--document")
                    .arg(&place.plain)
                    .arg("--output")
                    .arg(&output);
                run_to_disk(&mut command, &output, units)
            }
            "AES-256-GCM alone" => {
                let mut command = act::command("aes-seal")?;
                run_to_disk(command.args([&place.plain, &output]), &output, units)
            }
            "age" => {
                let recipient = place.recipient.as_ref().context("age is there")?;
                run_to_disk(&mut age(recipient, &place.plain, &output), &output, units)
            }
            _ => run(act::command("memory")?.arg(size.to_string()), units),
        }
    }
}
