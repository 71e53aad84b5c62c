//! Counts the instructions of what runs most, by valgrind's callgrind, and holds them to
//! `instructions.json`; holds too how they grow with the size of what is worked on.
//!
//! Times differ from run to run by a factor; these counts by less than a thousandth. They
//! are of the profile that tests are built with, and of the processor that valgrind shows
//! a program: one of a fixed kind with AVX2 where the machine has it, and never more
//! than that. So the file has a table for each such kind. A compiler two versions on moved
//! them by a third of a percent, but those of suite gm, whose code its optimiser makes, by
//! a tenth.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread;

use serde::{Deserialize, Serialize};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
const PROGRAM: &str = env!("CARGO_BIN_EXE_kaibiao-costs");
/// The function of the program that is counted, with all that it calls.
const COUNTED: &str = "--toggle-collect=kaibiao_costs::counted*";
const ANEW: &str = "KAIBIAO_GOLDEN=1 cargo test --workspace --test instructions";

/// `instructions.json`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Committed {
    /// How many percent more, and less, are let pass.
    more: u64,
    less: u64,
    /// More for paths whose code the compiler's optimiser makes.
    more_of: BTreeMap<String, u64>,
    /// By the kind of processor.
    tables: BTreeMap<String, Table>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// What the counts were made with.
    tools: Vec<String>,
    /// By path, then by size with its unit.
    instructions: BTreeMap<String, BTreeMap<String, u64>>,
}

#[derive(Debug, Clone)]
struct Count {
    path: String,
    size: u64,
    unit: String,
    instructions: u64,
}

impl Count {
    fn label(&self) -> String {
        format!("{} {}", self.size, self.unit)
    }
}

#[test]
fn a_hot_path_takes_the_instructions_that_are_committed() {
    let Some(counts) = counts() else { return };
    let mut committed = read();
    let processor = processor();
    if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
        let table = table(counts, tools());
        committed.tables.insert(processor.clone(), table);
        let text = serde_json::to_string_pretty(&committed).unwrap();
        std::fs::write(FILE, text + "\n").unwrap();
    }
    let Some(table) = committed.tables.get(&processor) else {
        return skip(&format!("no table for {processor}: {ANEW} adds it"));
    };
    let broken = judged(counts, table, &committed);
    let mut told = broken.join("\n");
    if table.tools != tools() {
        told += &format!("\nThe file was written by {}.", table.tools.join(", "));
        told += &format!(" This is {}, which alone may be why.", tools().join(", "));
    }
    assert!(
        broken.is_empty(),
        "\n{told}\nWhat takes them: valgrind --tool=callgrind '{COUNTED}' {PROGRAM} PATH SIZE, then \
         callgrind_annotate.\nIf it is meant: {ANEW}\n"
    );
}

#[test]
fn ten_times_the_size_takes_at_most_n_log_n_of_the_instructions() {
    let Some(counts) = counts() else { return };
    let pairs: Vec<_> = counts
        .windows(2)
        .filter(|pair| pair[0].path == pair[1].path)
        .collect();
    assert!(pairs.len() > 5);
    let broken: Vec<_> = pairs
        .into_iter()
        .filter_map(|pair| grows_too_fast(&pair[0], &pair[1]))
        .collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// What differs from the table by more than is let pass, and what is on one side alone.
fn judged(counts: &[Count], table: &Table, committed: &Committed) -> Vec<String> {
    let mut left = table.instructions.clone();
    let mut broken = Vec::new();
    for count in counts {
        let name = format!("{}, {}", count.path, count.label());
        let now = count.instructions;
        let row = left.get_mut(&count.path);
        let Some(then) = row.and_then(|row| row.remove(&count.label())) else {
            broken.push(format!(
                "{name}: {now} instructions, and none are committed"
            ));
            continue;
        };
        let more = committed.more_of.get(&count.path);
        let (more, less) = (more.unwrap_or(&committed.more), committed.less);
        #[allow(clippy::cast_precision_loss, reason = "shown with one digit")]
        let percent = (now as f64 / then as f64 - 1.0) * 100.0;
        let counted = format!("{name}: {now} instructions, {then} are committed: {percent:+.1} %");
        if now * 100 > then * (100 + more) {
            broken.push(format!(
                "{counted}, more than the {more} % that are let pass"
            ));
        } else if now * 100 < then * (100 - less) {
            broken.push(format!(
                "{counted}: commit the new count, so that it stays won"
            ));
        }
    }
    for (path, row) in left {
        let lost = row.into_keys();
        broken.extend(lost.map(|size| format!("{path}, {size}: committed, and no such path")));
    }
    broken
}

fn grows_too_fast(few: &Count, many: &Count) -> Option<String> {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let [n, m, of_n, of_m] =
        [few.size, many.size, few.instructions, many.instructions].map(|it| it as f64);
    let (most, found) = (m * m.ln() / (n * n.ln()), of_m / of_n);
    (found > most).then(|| {
        format!(
            "{}: {} take {found:.1} times the instructions of {}; n log n is {most:.1} times",
            many.path,
            many.label(),
            few.label()
        )
    })
}

/// Every path at every size, counted once for all tests; nothing where this machine
/// cannot count.
fn counts() -> Option<&'static [Count]> {
    static COUNTS: OnceLock<Option<Vec<Count>>> = OnceLock::new();
    COUNTS.get_or_init(count_all).as_deref()
}

fn count_all() -> Option<Vec<Count>> {
    match Command::new("valgrind").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skip("no valgrind");
            return None;
        }
        found => drop(found.unwrap()),
    }
    let listed = Command::new(PROGRAM).output().unwrap();
    let counts = Mutex::new(Vec::new());
    let listed = String::from_utf8(listed.stdout).unwrap();
    let todo = Mutex::new(listed.lines().enumerate());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().unwrap().next();
                    let Some((place, line)) = next else { break };
                    let counted = count(line);
                    counts.lock().unwrap().push((place, counted));
                }
            });
        }
    });
    let mut counts = counts.into_inner().unwrap();
    counts.sort_by_key(|(place, _)| *place);
    Some(counts.into_iter().map(|(_, count)| count).collect())
}

/// `line`: a path, a size and its unit, with tabs between.
fn count(line: &str) -> Count {
    let parts: Vec<_> = line.split('\t').collect();
    let [path, size, unit] = parts[..] else {
        panic!("{line}")
    };
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            COUNTED,
            "--callgrind-out-file=/dev/null",
        ])
        .args([PROGRAM, path, size])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let found = told.lines().find_map(|line| {
        let (_, count) = line.split_once("Collected : ")?;
        count.trim().parse().ok()
    });
    match found {
        Some(instructions) if output.status.success() && instructions > 0 => Count {
            path: path.into(),
            size: size.parse().unwrap(),
            unit: unit.into(),
            instructions,
        },
        _ => panic!("{line}: not counted\n{told}"),
    }
}

fn table(counts: &[Count], tools: Vec<String>) -> Table {
    let mut table = Table {
        tools,
        ..Table::default()
    };
    for count in counts {
        let row = table.instructions.entry(count.path.clone()).or_default();
        row.insert(count.label(), count.instructions);
    }
    table
}

fn read() -> Committed {
    serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap()
}

/// The kind of processor that valgrind shows a program here.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return "x86_64 with AVX2".into();
    }
    std::env::consts::ARCH.into()
}

/// What is asked which version it is.
fn tools() -> Vec<String> {
    let versions = ["rustc", "valgrind"].map(|tool| {
        let output = Command::new(tool).arg("--version").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // Without the commit and its date.
        text.split(" (").next().unwrap().trim().to_owned()
    });
    versions.into()
}

/// Says that a test ends here, because this machine lacks what it needs. Where every test
/// must be tried, this is a failure.
fn skip(lacking: &str) {
    assert!(
        std::env::var_os("TESTS_REQUIRE_ALL").is_none(),
        "{lacking}, and TESTS_REQUIRE_ALL is set"
    );
    println!("skipped: {lacking}");
}

/// A table of one path at one size.
fn hundred_thousand() -> Table {
    table(&[a_path(10, 100_000)], Vec::new())
}

/// 10 % of one path, 5 % of others.
fn let_pass(path: &str) -> Committed {
    Committed {
        more: 5,
        less: 25,
        more_of: [(path.into(), 10)].into(),
        tables: BTreeMap::new(),
    }
}

fn a_path(size: u64, instructions: u64) -> Count {
    Count {
        path: "fold".into(),
        size,
        unit: "bidders".into(),
        instructions,
    }
}

#[test]
fn more_than_is_let_pass_is_told_and_so_is_what_was_won() {
    for (now, word) in [
        (110_000, None),
        (110_001, Some("+10.0 %, more than the 10 %")),
        (250_000, Some("+150.0 %")),
        (75_000, None),
        (74_999, Some("-25.0 %: commit the new count")),
    ] {
        let broken = judged(&[a_path(10, now)], &hundred_thousand(), &let_pass("fold"));
        match word {
            None => assert_eq!(broken, Vec::<String>::new()),
            Some(word) => assert!(broken[0].contains(word), "{broken:?}"),
        }
    }
}

#[test]
fn other_paths_are_let_pass_less() {
    let other = let_pass("view");
    let judged = |now| judged(&[a_path(10, now)], &hundred_thousand(), &other);
    assert_eq!(judged(105_000), Vec::<String>::new());
    assert!(judged(105_001)[0].contains("more than the 5 %"));
}

#[test]
fn a_path_without_a_count_and_a_count_without_a_path_are_told() {
    let broken = judged(&[a_path(20, 1)], &hundred_thousand(), &let_pass("fold"));
    assert_eq!(
        broken,
        [
            "fold, 20 bidders: 1 instructions, and none are committed",
            "fold, 10 bidders: committed, and no such path"
        ]
    );
}

#[test]
fn what_grows_with_the_square_is_told() {
    assert_eq!(grows_too_fast(&a_path(10, 100), &a_path(100, 1_999)), None);
    let told = grows_too_fast(&a_path(10, 100), &a_path(100, 10_000));
    assert!(told.unwrap().contains("100.0 times"));
}
