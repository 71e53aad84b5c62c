//! `page-seal`: sealing in a browser, beside what the browser's own WebCrypto does.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::folder;
use crate::measure::{About, Contender, Row, Sample};

const PROGRAM: &str = "the page";
const GCM: &str = "WebCrypto, AES-256-GCM, four chunks in flight";
const BARE: &str = "WebCrypto, read, encrypted, hashed twice";
const CHROMIUM: &str = "/usr/bin/chromium";

/// All of a round come from one run of a page, which measures them one after the other.
#[derive(Default)]
pub struct Page {
    run: Option<Value>,
}

impl Row for Page {
    fn about(&self) -> About {
        About {
            name: "page-seal",
            title: "the page seals in Chromium, in a worker",
            unit: "MB",
            of: "MiB",
            size: 256,
            sizes: &[25],
            target: "at least 60 % of WebCrypto's AES-GCM with four chunks in flight, with both hashes; no task over 50 ms on the main thread",
            note: "The best of three runs in one page; a turn of each is of the same page. Reading the file, both hashes and the format are in the page's own part; \
                   the first floor encrypts one buffer in memory again and again. How long the main thread is held up is told by web/tests/speed. \
                   Growth is of the time that the rate gives. Ten times the size takes too long for so little news.",
        }
    }

    fn contenders(&self) -> Vec<Contender> {
        vec![
            Contender::program(PROGRAM),
            Contender::floor(GCM),
            Contender::floor(BARE),
        ]
    }

    fn prepare(&mut self, _size: u64) -> Result<()> {
        if !Path::new(CHROMIUM).is_file() {
            bail!("{CHROMIUM} is not there: scripts/prepare build test");
        }
        Ok(())
    }

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample> {
        const MIB: f64 = 1.048_576;
        if contender == PROGRAM {
            self.run = Some(measured(size)?);
        }
        let run = self.run.as_ref().context("the page comes first")?;
        let name = match contender {
            PROGRAM => "seal",
            GCM => "gcm",
            _ => "bare",
        };
        let rate = run[name].as_f64().filter(|rate| *rate > 0.0);
        let rate = rate.with_context(|| format!("{name}: {run}"))?;
        let units = size as f64 * MIB;
        Ok(Sample {
            took: Duration::from_secs_f64(units / rate),
            units,
            ..Sample::default()
        })
    }
}

/// MB/s of everything that web/tests/speed measures in Chromium.
fn measured(mib: u64) -> Result<Value> {
    let folder = folder()?;
    let report = folder.path().join("speed.json");
    let output = Command::new("scripts/web")
        .args(["run", "npx", "vitest", "run", "-t", "Chromium"])
        .args(["--config", "tests/speed/vitest.config.ts"])
        .env("KAIBIAO_SPEED", mib.to_string())
        .env("KAIBIAO_SPEED_JSON", &report)
        .output()
        .context("scripts/web: run it where the checkout is")?;
    // Whether it is fast enough is that test's business.
    match std::fs::read(&report) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(_) => bail!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
