//! What was tried while which fault lasted, what was acknowledged, and what came of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kaibiao_crypto::Digest;

/// Something that the platform has said is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A receipt: the bid, and its leaf in the project's tree.
    Receipt { bid: Digest, leaf: Digest },
    /// An act was carried out; the SHA-256 of its body.
    Act(Digest),
    /// A bid was unlocked.
    Unlock { bid: Digest },
    /// A bid came too late, which is on record.
    Late { bid: Digest },
}

/// What happened under one fault.
#[derive(Default)]
pub struct Row {
    /// How often the fault was made.
    pub times: u64,
    pub tried: u64,
    pub acknowledged: u64,
    pub lost: u64,
    pub doubled: u64,
    /// The longest time until somebody who went on trying got through.
    pub longest: Duration,
}

struct Noted {
    fault: &'static str,
    project: String,
    thing: Thing,
}

#[derive(Default)]
struct Pages {
    fault: &'static str,
    rows: BTreeMap<&'static str, Row>,
    noted: Vec<Noted>,
    /// What was answered instead, and how often.
    answers: BTreeMap<String, u64>,
    /// What must not be.
    wrong: Vec<String>,
    items: u64,
}

pub struct Journal {
    pages: Mutex<Pages>,
}

/// One thing that somebody wants done, however often it has to be asked for.
pub struct Attempt<'a> {
    journal: &'a Journal,
    fault: &'static str,
    project: String,
    begun: Instant,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            pages: Mutex::new(Pages {
                fault: "nothing",
                ..Pages::default()
            }),
        }
    }

    /// What begins from now on happens under this fault.
    pub fn during(&self, fault: &'static str) {
        self.pages.lock().unwrap().fault = fault;
    }

    /// The fault was made once more.
    pub fn made(&self, fault: &'static str) {
        self.made_so_often(fault, 1);
    }

    /// How often the fault was made so far.
    pub fn times(&self, fault: &str) -> u64 {
        let pages = self.pages.lock().unwrap();
        pages.rows.get(fault).map_or(0, |row| row.times)
    }

    /// So many were made at once.
    pub fn made_so_often(&self, fault: &'static str, times: u64) {
        let mut pages = self.pages.lock().unwrap();
        pages.rows.entry(fault).or_default().times += times;
    }

    pub fn attempt(&self, project: &str) -> Attempt<'_> {
        let fault = self.pages.lock().unwrap().fault;
        Attempt {
            journal: self,
            fault,
            project: project.to_owned(),
            begun: Instant::now(),
        }
    }

    pub fn wrong(&self, what: String) {
        eprintln!("WRONG: {what}");
        self.pages.lock().unwrap().wrong.push(what);
    }

    /// A watcher got so many items, in order.
    pub fn watched(&self, items: u64) {
        self.pages.lock().unwrap().items += items;
    }

    /// Holds what was acknowledged in a project against what its stream holds: how often
    /// each thing is there.
    pub fn count(&self, project: &str, times: impl Fn(&Thing) -> usize) {
        let mut pages = self.pages.lock().unwrap();
        let pages = &mut *pages;
        for noted in pages.noted.iter().filter(|it| it.project == project) {
            let row = pages.rows.entry(noted.fault).or_default();
            let said = match times(&noted.thing) {
                1 => continue,
                0 => {
                    row.lost += 1;
                    "is lost"
                }
                _ => {
                    row.doubled += 1;
                    "is there more than once"
                }
            };
            pages
                .wrong
                .push(format!("{}: {:?} {said}", noted.fault, noted.thing));
        }
    }

    pub fn is_clean(&self) -> bool {
        let pages = self.pages.lock().unwrap();
        pages.wrong.is_empty()
    }
}

impl Attempt<'_> {
    /// It was asked for once more.
    pub fn tried(&self) {
        let mut pages = self.journal.pages.lock().unwrap();
        pages.rows.entry(self.fault).or_default().tried += 1;
    }

    /// It was not done, and this was said.
    pub fn answered(&self, code: &str) {
        let mut pages = self.journal.pages.lock().unwrap();
        *pages.answers.entry(code.to_owned()).or_default() += 1;
    }

    /// How long it has been tried.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn done(self, thing: Thing) {
        let mut pages = self.journal.pages.lock().unwrap();
        let row = pages.rows.entry(self.fault).or_default();
        row.acknowledged += 1;
        row.longest = row.longest.max(self.begun.elapsed());
        pages.noted.push(Noted {
            fault: self.fault,
            project: self.project,
            thing,
        });
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = self.pages.lock().unwrap();
        writeln!(
            f,
            "{:<44}{:>7}{:>8}{:>8}{:>6}{:>9}{:>11}",
            "fault", "times", "tries", "acked", "lost", "doubled", "longest s"
        )?;
        for (fault, row) in &pages.rows {
            writeln!(
                f,
                "{fault:<44}{:>7}{:>8}{:>8}{:>6}{:>9}{:>11.1}",
                row.times,
                row.tried,
                row.acknowledged,
                row.lost,
                row.doubled,
                row.longest.as_secs_f64()
            )?;
        }
        writeln!(f, "watchers got {} items", pages.items)?;
        let answers: Vec<String> = pages
            .answers
            .iter()
            .map(|(code, times)| format!("{code} {times}"))
            .collect();
        writeln!(f, "said instead: {}", answers.join(", "))?;
        for wrong in &pages.wrong {
            writeln!(f, "WRONG: {wrong}")?;
        }
        Ok(())
    }
}
