//! What the program costs, beside its floor and its peers: `make bench`.
//!
//! Every figure is taken from the real release build, in rounds in which the program, the
//! least that the same work can cost and other programs take turns: what counts is the
//! ratio within a round, since a machine's speed drifts. Peers that are not installed are
//! left out and named.

mod act;
mod machine;
mod measure;
mod peers;
mod process;
mod report;
mod rows;
mod sender;
#[allow(clippy::unwrap_used)]
#[expect(dead_code, reason = "other tests have standbys")]
#[path = "../../stands/postgres.rs"]
mod stands;
mod town;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;

use crate::measure::{Plan, measure};
use crate::report::Report;
use crate::rows::size::Sizes;

#[derive(Parser)]
#[command(about = "Measures the program beside its floor and its peers")]
struct Args {
    /// The program: a release build.
    #[arg(long, default_value = "target/release/kaibiao")]
    program: PathBuf,
    /// Where the report lies; rows that are not measured now stay as they are in it.
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
    /// How many paired rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Size of every row in percent of its own: smaller ones are for trying a row.
    #[arg(long, default_value_t = 100)]
    percent: u64,
    /// Leaves out the other sizes, by which growth is seen.
    #[arg(long)]
    one_size: bool,
    /// The rows; all if none is named.
    rows: Vec<String>,
}

fn main() -> Result<()> {
    // A part of a row that is measured as a process of its own.
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, rest @ ..] = &arguments[..]
        && word == act::WORD
    {
        return act::run(rest);
    }
    let args = Args::parse();
    let plan = Plan {
        program: std::path::absolute(&args.program)?,
        rounds: args.rounds,
        percent: args.percent,
        growth: !args.one_size,
    };
    if !plan.program.is_file() {
        bail!("{} is not there: make release", plan.program.display());
    }
    let mut all = rows::all(&plan);
    let mut names: Vec<_> = all.iter().map(|row| row.about().name).collect();
    names.push("size");
    if let Some(unknown) = args.rows.iter().find(|row| !names.contains(&row.as_str())) {
        bail!("{unknown} is no row; there are {}", names.join(" "));
    }
    let mut report = Report::read(&args.docs)?;
    let wanted = |name: &str| args.rows.is_empty() || args.rows.iter().any(|it| it == name);
    if wanted("size") {
        let root = args.docs.parent().filter(|it| !it.as_os_str().is_empty());
        let root = root.unwrap_or(Path::new("."));
        report.sizes = Some(Sizes::of(&plan.program, root)?);
        report.write(&args.docs)?;
    }
    let mut failed = Vec::new();
    for row in &mut all {
        let name = row.about().name;
        if !wanted(name) {
            continue;
        }
        match measure(row.as_mut(), &plan) {
            Ok(found) => {
                report.take(found);
                report.write(&args.docs)?;
            }
            Err(error) => {
                eprintln!("{name}: {error:#}");
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("not measured: {}", failed.join(" "));
    }
    Ok(())
}
