//! Rounds in which everybody takes a turn, and what comes of them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::machine;

/// What is to be measured, and how.
pub struct Plan {
    pub program: PathBuf,
    pub rounds: usize,
    pub percent: u64,
    pub growth: bool,
}

/// What a row says of itself.
pub struct About {
    pub name: &'static str,
    pub title: &'static str,
    /// What is counted: `MB`, `events`.
    pub unit: &'static str,
    /// What a size is: `MiB`, `bidders`.
    pub of: &'static str,
    pub size: u64,
    /// Other sizes, at which the program alone is measured.
    pub sizes: &'static [u64],
    pub target: &'static str,
    /// What a reader must know to believe the row.
    pub note: &'static str,
}

/// Who takes a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Program,
    /// The least that the work can cost.
    Floor,
    Peer,
}

pub struct Contender {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it is installed; the report names those that are not.
    pub is_there: bool,
}

impl Contender {
    pub fn program(name: &'static str) -> Self {
        Self::new(name, Kind::Program, true)
    }

    pub fn floor(name: &'static str) -> Self {
        Self::new(name, Kind::Floor, true)
    }

    pub fn peer(name: &'static str, is_there: bool) -> Self {
        Self::new(name, Kind::Peer, is_there)
    }

    fn new(name: &'static str, kind: Kind, is_there: bool) -> Self {
        Self {
            name,
            kind,
            is_there,
        }
    }
}

/// One turn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    pub took: Duration,
    /// How many of the row's unit were done.
    pub units: f64,
    /// Processor seconds of who did it.
    pub cpu: Option<f64>,
    /// The most memory it held, in bytes.
    pub peak: Option<u64>,
    /// Of single units, where they are waited for.
    pub p99: Option<Duration>,
    /// How much of a core the client used, where there is one.
    pub client: Option<f64>,
}

pub trait Row {
    fn about(&self) -> About;

    fn contenders(&self) -> Vec<Contender>;

    /// Everything that is not measured, for turns of this size.
    fn prepare(&mut self, size: u64) -> Result<()>;

    fn turn(&mut self, contender: &str, size: u64) -> Result<Sample>;
}

/// A median with the least and the greatest.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[half]
        } else {
            f64::midpoint(values[half - 1], values[half])
        };
        Some(Self {
            median,
            least,
            greatest,
        })
    }
}

/// What came of one contender.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    pub name: String,
    pub kind: Kind,
    /// Units a second.
    pub rate: Spread,
    /// The program's rate over this one's, each of the same round.
    pub ratio: Option<Spread>,
    /// Processor milliseconds for a unit.
    pub cpu: Option<Spread>,
    /// The program's processor time for a unit over this one's, each of the same round:
    /// what holds also where others want the same cores and disk.
    #[serde(default)]
    pub cpu_ratio: Option<Spread>,
    /// MiB
    pub peak: Option<Spread>,
    /// Milliseconds.
    pub p99: Option<Spread>,
    /// Cores that the client used.
    pub client: Option<Spread>,
}

/// How the program's time grows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Growth {
    /// Size and median seconds of a turn.
    pub seconds: Vec<(u64, f64)>,
    /// Of the power by which time grows from the least to the greatest size; 1 is linear.
    pub exponent: f64,
}

/// A row of the report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Found {
    pub name: String,
    pub title: String,
    pub unit: String,
    pub size: String,
    pub target: String,
    pub note: String,
    pub date: String,
    pub machine: String,
    pub rounds: usize,
    pub figures: Vec<Figures>,
    /// Peers that were not installed.
    #[serde(default)]
    pub missing: Vec<String>,
    pub growth: Option<Growth>,
}

pub fn measure(row: &mut dyn Row, plan: &Plan) -> Result<Found> {
    let about = row.about();
    let scaled = |size: u64| (size * plan.percent / 100).max(1);
    let size = scaled(about.size);
    let machine = machine::line();
    eprintln!("{}: {} ({size} {})", about.name, about.title, about.of);
    row.prepare(size).context("to prepare it")?;
    let (contenders, missing): (Vec<_>, Vec<_>) =
        row.contenders().into_iter().partition(|it| it.is_there);
    let mut turns: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
    // Round 0 warms caches up and is thrown away.
    for round in 0..=plan.rounds {
        for (contender, turns) in contenders.iter().zip(&mut turns) {
            let sample = row.turn(contender.name, size);
            let sample = sample.with_context(|| contender.name.to_owned())?;
            let rate = rate(&sample);
            eprintln!(
                "  [{round}/{}] {:32} {rate:>12.1} {}/s",
                plan.rounds, contender.name, about.unit
            );
            if round > 0 {
                turns.push(sample);
            }
        }
    }
    let program = contenders.iter().position(|it| it.kind == Kind::Program);
    let figures = contenders.iter().enumerate().map(|(at, contender)| {
        let own = program.filter(|program| *program != at);
        let own = own.map(|program| &turns[program][..]);
        figures(contender, &turns[at], own)
    });
    let figures = figures.collect();
    let mut growth = None;
    if plan.growth && !about.sizes.is_empty() {
        let seconds = |turns: &[Sample]| {
            Spread::of(turns.iter().map(|it| it.took.as_secs_f64())).map_or(0.0, |it| it.median)
        };
        let name = program.map_or("", |program| contenders[program].name);
        let mut points = vec![(size, program.map_or(0.0, |it| seconds(&turns[it])))];
        for size in about.sizes.iter().copied().map(scaled) {
            match sized(row, name, size, about.of) {
                Ok(turns) => points.push((size, seconds(&turns))),
                // This machine has no room for it: what it has was measured.
                Err(error) => eprintln!("  {size} {}: left out: {error:#}", about.of),
            }
        }
        points.sort_by_key(|(size, _)| *size);
        growth = (points.len() > 1).then(|| grown(points));
    }
    Ok(Found {
        name: about.name.to_owned(),
        title: about.title.to_owned(),
        unit: about.unit.to_owned(),
        size: format!("{size} {}", about.of),
        target: about.target.to_owned(),
        note: about.note.to_owned(),
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine,
        rounds: plan.rounds,
        figures,
        missing: missing.iter().map(|it| it.name.to_owned()).collect(),
        growth,
    })
}

/// The program's turns at another size.
fn sized(row: &mut dyn Row, name: &str, size: u64, of: &str) -> Result<Vec<Sample>> {
    row.prepare(size)?;
    let mut turns = Vec::new();
    for round in 1..=3 {
        let sample = row.turn(name, size)?;
        let took = sample.took.as_secs_f64();
        eprintln!("  [{round}/3] {size} {of}: {took:.3} s");
        turns.push(sample);
    }
    Ok(turns)
}

fn rate(sample: &Sample) -> f64 {
    sample.units / sample.took.as_secs_f64().max(1e-9)
}

fn figures(contender: &Contender, turns: &[Sample], program: Option<&[Sample]>) -> Figures {
    let of = |read: &dyn Fn(&Sample) -> Option<f64>| Spread::of(turns.iter().filter_map(read));
    let rates = turns.iter().map(rate);
    let ratio = program.and_then(|program| {
        Spread::of(
            rates
                .clone()
                .zip(program)
                .map(|(other, own)| rate(own) / other),
        )
    });
    let cpu = |it: &Sample| it.cpu.map(|cpu| cpu * 1000.0 / it.units);
    let cpu_ratio = program.and_then(|program| {
        let rounds = turns.iter().zip(program);
        Spread::of(
            rounds.filter_map(|(other, own)| Some(cpu(own)? / cpu(other).filter(|it| *it > 0.0)?)),
        )
    });
    Figures {
        name: contender.name.to_owned(),
        kind: contender.kind,
        rate: Spread::of(rates).expect("there is at least one round"),
        ratio,
        cpu: of(&cpu),
        cpu_ratio,
        peak: of(&|it| it.peak.map(|peak| peak as f64 / f64::from(1 << 20))),
        p99: of(&|it| it.p99.map(|p99| p99.as_secs_f64() * 1000.0)),
        client: of(&|it| it.client),
    }
}

fn grown(seconds: Vec<(u64, f64)>) -> Growth {
    let (first, last) = (seconds[0], seconds[seconds.len() - 1]);
    let exponent = (last.1 / first.1).ln() / (last.0 as f64 / first.0 as f64).ln();
    Growth { seconds, exponent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_one() {
        let spread = Spread::of([5.0, 1.0, 3.0]).expect("there are some");
        assert_eq!(
            (spread.least, spread.median, spread.greatest),
            (1.0, 3.0, 5.0)
        );
        assert_eq!(Spread::of([4.0, 1.0]).map(|it| it.median), Some(2.5));
        assert!(Spread::of([]).is_none());
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let turn = |seconds| Sample {
            took: Duration::from_secs(seconds),
            units: 12.0,
            ..Sample::default()
        };
        // A machine that became three times slower changes nothing.
        let (own, other) = ([turn(1), turn(3)], [turn(2), turn(6)]);
        let contender = Contender::peer("other", true);
        let ratio = figures(&contender, &other, Some(&own)).ratio;
        let ratio = ratio.expect("there is a program");
        assert_eq!((ratio.least, ratio.greatest), (2.0, 2.0));
    }

    #[test]
    fn what_doubles_with_the_size_is_linear() {
        let linear = grown(vec![(10, 1.0), (100, 10.0), (1000, 100.0)]);
        assert!((linear.exponent - 1.0).abs() < 1e-9);
        let square = grown(vec![(10, 1.0), (100, 100.0)]);
        assert!((square.exponent - 2.0).abs() < 1e-9);
    }
}
