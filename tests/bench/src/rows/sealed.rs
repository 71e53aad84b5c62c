//! `open`, `gm-seal`, `gm-open`: sealing and opening by the library that the program uses,
//! a process for each turn.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use kaibiao_client::keys::generate::{KeyKind, private_key};
use kaibiao_crypto::certificate::Organisation;

use super::{folder, noise};
use crate::act;
use crate::measure::{About, Contender, Row, Sample};
use crate::process::{is_there, must, run_to_disk};

const MIB: f64 = 1.048_576;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Open,
    GmSeal,
    GmOpen,
}

pub struct Sealed {
    work: Work,
    place: Option<Place>,
}

struct Place {
    folder: tempfile::TempDir,
    plain: PathBuf,
}

impl Place {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Sealed {
    pub fn all() -> impl Iterator<Item = Self> {
        [Work::Open, Work::GmSeal, Work::GmOpen]
            .into_iter()
            .map(|work| Self { work, place: None })
    }

    fn suite(&self) -> &'static str {
        if self.work == Work::Open {
            "intl"
        } else {
            "gm"
        }
    }
}

impl Row for Sealed {
    fn about(&self) -> About {
        let (name, title, size, target) = match self.work {
            Work::Open => (
                "open",
                "a sealed bid is opened, from file to file",
                1024,
                "at least 1.5 times age; memory under 64 MiB whatever the size",
            ),
            Work::GmSeal => (
                "gm-seal",
                "a bid of suite gm is sealed, from file to file",
                1024,
                "250 MB/s on a core with 128 bits, 400 with AVX2, 500 with AVX-512",
            ),
            Work::GmOpen => (
                "gm-open",
                "a sealed bid of suite gm is opened, from file to file",
                1024,
                "as sealing",
            ),
        };
        About {
            name,
            title,
            unit: "MB",
            of: "MiB",
            size,
            sizes: &[102],
            target,
            note: "Everybody's output is on the disk when a turn is over. The program's part is its library as the service and the command line \
                   use it: keys are unwrapped, shares put together, the dealing checked, both hashes taken. \
                   openssl's SM4-CTR neither authenticates nor hashes.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        let mut all = vec![Contender::program("kaibiao")];
        if self.work == Work::Open {
            all.push(Contender::floor("AES-256-GCM alone"));
            all.push(Contender::peer("age", is_there("age")));
        } else {
            all.push(Contender::peer("openssl SM4-CTR", is_there("openssl")));
        }
        all
    }

    fn prepare(&mut self, size: u64) -> Result<()> {
        let folder = folder()?;
        let root = folder.path();
        let kind = if self.suite() == "gm" {
            KeyKind::Sm2
        } else {
            KeyKind::P256
        };
        for number in 0..4 {
            let key = private_key(kind)?;
            std::fs::write(root.join(format!("{number}.pkcs8")), &*key)?;
        }
        let code =
            Organisation::complete("91350100MA0000C03").map_err(|_| anyhow::anyhow!("a code"))?;
        std::fs::write(root.join("bidder"), code.as_str())?;
        let place = Place {
            plain: noise(root, size)?,
            folder,
        };
        must(
            act::command("bid-seal")?
                .arg(self.suite())
                .arg(place.folder.path())
                .args([&place.plain, &place.file("a.kbid")]),
        )?;
        if self.work == Work::Open {
            must(act::command("aes-seal")?.args([&place.plain, &place.file("a.aes")]))?;
            if is_there("age") {
                age_sealed(place.folder.path(), &place.plain, &place.file("a.age"))?;
            }
        }
        self.place = Some(place);
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        let place = self.place.as_ref().expect("it was prepared");
        let output = place.file("out");
        let mut command = match (contender, self.work) {
            ("kaibiao", Work::GmSeal) => {
                let mut command = act::command("bid-seal")?;
                command.arg("gm").arg(place.folder.path());
                command.args([&place.plain, &output]);
                command
            }
            ("kaibiao", _) => {
                let mut command = act::command("bid-open")?;
                command.arg(place.folder.path());
                command.args([&place.file("a.kbid"), &output]);
                command
            }
            ("AES-256-GCM alone", _) => {
                let mut command = act::command("aes-open")?;
                command.args([&place.file("a.aes"), &output]);
                command
            }
            ("age", _) => {
                let mut command = Command::new("age");
                command.args(["-d", "-i"]).arg(place.file("age.key"));
                command.arg("-o").args([&output, &place.file("a.age")]);
                command
            }
            _ => {
                let mut command = Command::new("openssl");
                command.args(["enc", "-sm4-ctr", "-K", "000102030405060708090a0b0c0d0e0f"]);
                command.args([
                    "-iv",
                    "000102030405060708090a0b0c0d0e0f",
                    "-bufsize",
                    "1048576",
                ]);
                command
                    .arg("-in")
                    .arg(&place.plain)
                    .arg("-out")
                    .arg(&output);
                command
            }
        };
        run_to_disk(&mut command, &output, size as f64 * MIB)
    }
}

/// Seals by age, with a key that is made for it.
pub fn age_sealed(folder: &Path, from: &Path, to: &Path) -> Result<()> {
    must(&mut age(&age_key(folder)?, from, to)).map(drop)
}

/// Makes a key of age's; its recipient.
pub fn age_key(folder: &Path) -> Result<String> {
    let key = folder.join("age.key");
    let _ = std::fs::remove_file(&key);
    must(Command::new("age-keygen").arg("-o").arg(&key))?;
    let recipient = must(Command::new("age-keygen").arg("-y").arg(&key))?;
    Ok(recipient.trim().to_owned())
}

pub fn age(recipient: &str, from: &Path, to: &Path) -> Command {
    let mut command = Command::new("age");
    command.args(["-r", recipient, "-o"]).args([to, from]);
    command
}
