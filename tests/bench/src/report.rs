//! docs/benchmarks.json, and docs/benchmarks.md which says the same.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::measure::{Figures, Found, Kind, Spread};
use crate::rows::size::Sizes;

const JSON: &str = "benchmarks.json";
const MARKDOWN: &str = "benchmarks.md";

const HEAD: &str = "# Benchmarks

What the program costs, beside the least that the same work can cost (floor) and other programs (peer), in the same run.

    make bench              # every row: an hour and more on two cores
    make bench ROW=seal     # one row; the others stay as they are here

Each figure is a median, with the least and the greatest of its rounds. A round lets everybody take a turn, and a ratio is the program's
rate over the other's *of that round*, so that a machine whose speed drifts spoils no comparison; absolute figures are of the machine
named with the row, and of its load. More than 1 is better for the program. The ratio of processor time for a unit, where less than 1 is better,
holds also where others want the same cores and disk. Growth: the program alone at other sizes; the exponent is that of
the power by which its time grows, 1 for what is linear. Client: how much of a core the load client used; the rest of the cores was the
server's. Peers that are not installed are named: age, openssl, nginx, nchan (`libnginx-mod-nchan`) and PostgreSQL are Debian's;
`scripts/peers` has the others.
`benchmarks.json` has the same figures for programs.
";

/// All rows, the newest of each.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub rows: Vec<Found>,
    #[serde(default)]
    pub sizes: Option<Sizes>,
}

impl Report {
    pub fn read(folder: &Path) -> Result<Self> {
        match std::fs::read(folder.join(JSON)) {
            Ok(bytes) => serde_json::from_slice(&bytes).context(JSON),
            Err(_) => Ok(Self::default()),
        }
    }

    pub fn take(&mut self, found: Found) {
        match self.rows.iter_mut().find(|row| row.name == found.name) {
            Some(row) => *row = found,
            None => self.rows.push(found),
        }
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        std::fs::write(folder.join(JSON), json)?;
        std::fs::write(folder.join(MARKDOWN), self.markdown())?;
        Ok(())
    }

    fn markdown(&self) -> String {
        let mut text = HEAD.to_owned();
        if let Some(sizes) = &self.sizes {
            text.push_str(&sizes.markdown());
        }
        if self.rows.is_empty() {
            text.push_str("\nNo row has been measured yet.\n");
        }
        for row in &self.rows {
            text.push_str(&table(row));
        }
        text
    }
}

/// A figure that a row may lack.
type Column = fn(&Figures) -> &Option<Spread>;

fn table(row: &Found) -> String {
    let mut text = format!("\n## {}: {}\n\n", row.name, row.title);
    let _ = writeln!(
        text,
        "{}, {} rounds, {}. {}.\n",
        row.size, row.rounds, row.date, row.machine
    );
    let _ = writeln!(text, "Target: {}\n", row.target);
    let all = |read: Column| row.figures.iter().any(|it| read(it).is_some());
    // Columns that nobody has a figure for are left out.
    let optional: [(&str, Column); 5] = [
        ("CPU ms each", |it| &it.cpu),
        ("CPU, program/this", |it| &it.cpu_ratio),
        ("peak MiB", |it| &it.peak),
        ("p99 ms", |it| &it.p99),
        ("client, cores", |it| &it.client),
    ];
    let shown: Vec<_> = optional.iter().filter(|(_, read)| all(*read)).collect();
    let _ = write!(text, "| | {}/s | program/this |", row.unit);
    for (title, _) in &shown {
        let _ = write!(text, " {title} |");
    }
    let _ = writeln!(text, "\n|---|---|---|{}", "---|".repeat(shown.len()));
    for it in &row.figures {
        let name = match it.kind {
            Kind::Program => format!("**{}**", it.name),
            Kind::Floor => format!("floor: {}", it.name),
            Kind::Peer => format!("peer: {}", it.name),
        };
        let ratio = it.ratio.as_ref().map(spread).unwrap_or_default();
        let _ = write!(text, "| {name} | {} | {ratio} |", spread(&it.rate));
        for (_, read) in &shown {
            let _ = write!(
                text,
                " {} |",
                read(it).as_ref().map(spread).unwrap_or_default()
            );
        }
        text.push('\n');
    }
    for name in &row.missing {
        let _ = writeln!(
            text,
            "| peer: {name} | not installed | |{}",
            " |".repeat(shown.len())
        );
    }
    if let Some(growth) = &row.growth {
        let points = growth.seconds.iter();
        let points: Vec<_> = points
            .map(|(size, s)| format!("{size}: {} s", number(*s)))
            .collect();
        let _ = writeln!(
            text,
            "\nGrowth: {}; exponent {:.2}.",
            points.join(", "),
            growth.exponent
        );
    }
    if !row.note.is_empty() {
        let _ = writeln!(text, "\n{}", row.note);
    }
    text
}

fn spread(it: &Spread) -> String {
    format!(
        "{} ({}–{})",
        number(it.median),
        number(it.least),
        number(it.greatest)
    )
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        it if it >= 100.0 => format!("{value:.0}"),
        it if it >= 10.0 => format!("{value:.1}"),
        it if it >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
