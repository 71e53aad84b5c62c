//! docs/states/routes.md, read.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;

use super::town::{PLAYERS, Player};

/// How far the project is, in the order of the table's columns.
pub const STAGES: [&str; 4] = ["drafted", "bidding", "unlocking", "ended"];

/// One row: an operation and an object that it is called with.
#[derive(Debug, Clone)]
pub struct Row {
    pub method: Method,
    pub path: String,
    /// Which object; empty where the path names none but the project.
    pub object: String,
    /// Who is let in, as the OpenAPI says it.
    pub login: String,
    /// Whether a custodian's agent is let in.
    pub agent: bool,
    /// Who is answered, at each stage.
    pub answered: Vec<String>,
    /// What the others hear whom the login lets in.
    pub others: String,
}

/// What somebody must hear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Answered,
    /// A refusal with this status and code.
    Refused(u16, String),
    /// Exactly what is answered about something that is not there.
    Hidden,
}

impl Row {
    pub fn name(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.object)
    }

    /// What a player must hear at a stage.
    pub fn expected(&self, stage: usize, player: &Player) -> Answer {
        let refused = |status, code: &str| Answer::Refused(status, code.to_owned());
        if player.name == "agent" && !self.agent {
            return refused(403, "agent-only");
        }
        let roles = self.login.split(", ").any(|role| {
            role == "everybody"
                || role == "logged in" && player.session.is_some()
                || player.roles.iter().any(|it| it.name() == role)
        });
        if !roles && player.session.is_none() {
            return refused(401, "not-logged-in");
        }
        if !roles {
            return refused(403, "not-allowed");
        }
        if answered(&self.answered[stage]).contains(player.name) {
            return Answer::Answered;
        }
        // Of a draft strangers hear nothing.
        let knows = stage > 0 || answered("insiders").contains(player.name);
        match self.others.split_once(' ') {
            Some((status, code)) if knows => refused(status.parse().unwrap(), code),
            _ => Answer::Hidden,
        }
    }
}

/// The players whom a cell names.
fn answered(cell: &str) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    for word in cell.split(' ') {
        let named: &[&str] = match word {
            "–" => &[],
            "all" => &PLAYERS,
            "bidders" => &["own", "rival"],
            "officials" => &["host", "centre", "supervisor"],
            "drafters" => &["host", "centre"],
            "checkers" => &["host", "centre", "supervisor", "custodian", "agent"],
            "insiders" => &["host", "centre", "supervisor", "custodian", "machine"],
            one => &[one],
        };
        for name in named {
            let known = PLAYERS.iter().find(|it| *it == name);
            all.insert(*known.unwrap_or_else(|| panic!("{word} is nobody")));
        }
    }
    all
}

/// The rows, in their order.
pub fn read() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/states/routes.md");
    let text = std::fs::read_to_string(file).unwrap();
    // An operation stands first: a method and a path.
    let lines = text.lines().filter(|line| {
        let path = line.split(' ').nth(2).unwrap_or_default();
        line.starts_with("| `") && path.starts_with('/')
    });
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!(cells.len(), 9, "{line}");
    let (method, path) = cells[0].trim_matches('`').split_once(' ').unwrap();
    Row {
        method: method.parse().unwrap(),
        path: path.to_owned(),
        object: cells[1].to_owned(),
        login: cells[2].to_owned(),
        agent: cells[3] == "yes",
        answered: cells[4..8].iter().map(|cell| (*cell).to_owned()).collect(),
        others: cells[8].to_owned(),
    }
}
