//! A bundle as somebody changes it who may change everything but the log.

use kaibiao_crypto::shell::{Shell, details_digest, facts_digest};
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use crate::export::Files;

/// An event as somebody writes it who may change everything but the log.
#[derive(Clone)]
pub struct Written {
    pub time: i64,
    pub facts: Value,
    pub details: Value,
}

impl Files {
    /// Writes the stream anew, with shells and a root that fit.
    pub fn rewrite(&mut self, change: impl FnOnce(&mut Vec<Written>)) {
        let parsed =
            |text: &Value| -> Value { serde_json::from_str(text.as_str().unwrap()).unwrap() };
        let lines = self.lines("events.jsonl");
        let mut events: Vec<Written> = lines
            .iter()
            .map(|line| Written {
                time: parsed(&line["shell"])["time"].as_i64().unwrap(),
                facts: parsed(&line["facts"]),
                details: parsed(&line["details"]),
            })
            .collect();
        change(&mut events);
        let mut tree = kaibiao_crypto::merkle::Tree::default();
        let lines: Vec<Value> = (1..)
            .zip(&events)
            .map(|(seq, event)| {
                let salt = Digest::of(format!("new salt {seq}").as_bytes());
                let facts = canonical::to_bytes(&event.facts);
                let details = canonical::to_bytes(&event.details);
                let shell = Shell {
                    seq,
                    time: event.time,
                    facts: facts_digest(salt.as_bytes(), &facts),
                    details: details_digest(salt.as_bytes(), &details),
                };
                tree.append(shell.leaf());
                let text = |bytes| String::from_utf8(bytes).unwrap();
                json!({
                    "details": text(details),
                    "details_salt": salt,
                    "facts": text(facts),
                    "facts_salt": salt,
                    "shell": text(shell.to_bytes()),
                })
            })
            .collect();
        self.change_lines("events.jsonl", |old| *old = lines);
        let size = events.len();
        self.change("bundle.json", |head| {
            head["root"] = json!(tree.root());
            head["size"] = json!(size);
        });
    }

    pub fn swap(&mut self, one: &str, other: &str) {
        let (a, b) = (self.0[one].clone(), self.0[other].clone());
        self.0.insert(one.into(), b);
        self.0.insert(other.into(), a);
    }

    /// The first two files of a folder.
    pub fn two(&self, folder: &str) -> [String; 2] {
        let mut names = self.0.keys().filter(|name| name.starts_with(folder));
        [names.next().unwrap().clone(), names.next().unwrap().clone()]
    }
}

pub fn at(events: &[Written], kind: &str) -> usize {
    let mut kinds = events
        .iter()
        .map(|event| event.facts["what"]["kind"].as_str());
    kinds.position(|it| it == Some(kind)).unwrap()
}

pub fn flip_hex(text: &mut Value) {
    let old = text.as_str().unwrap();
    let first = if old.starts_with('0') { "1" } else { "0" };
    *text = json!(format!("{first}{}", &old[1..]));
}

pub fn withhold(files: &mut Files, at: usize, what: &str) {
    files.change_lines("events.jsonl", |lines| {
        let line = lines[at].as_object_mut().unwrap();
        line.remove(what).unwrap();
        line.remove(&format!("{what}_salt"));
    });
}
