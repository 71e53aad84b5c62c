//! What a bundle's files say, read strictly: archive, names, JSON
//! (docs/spec/bundle.md, 2). What follows from facts is for the checks.

mod files;
mod lines;

use std::collections::BTreeMap;

use kaibiao_core::anchored::ErasureProof;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::tlog::{Checkpoint, SignedNote};
use kaibiao_crypto::{Digest, canonical};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::archive::{self, NotAnArchive};
use crate::outcome::{Fault, Place};

pub(crate) use files::{
    Recheck, RecheckAnswer, RecheckShare, Sheet, Short, Stamp, StampOf, Stated,
};
pub(crate) use lines::{AnchorLine, Line, LoggedLine, NoticeLine};

const FORMAT: &str = "kaibiao/1 bundle";
/// No line is longer.
const LINE: usize = 64 << 20;

/// For whom a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// For everybody.
    Public,
    /// For the supervisor: with all details.
    Supervisor,
}

/// `bundle.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) edition: Edition,
    pub(crate) format: String,
    pub(crate) origin: String,
    pub(crate) project: ProjectId,
    pub(crate) root: Digest,
    pub(crate) rules: u64,
    pub(crate) size: u64,
}

/// A bundle as its files say, and not believed.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// SHA-256 of the file.
    pub(crate) digest: Digest,
    /// The names of all its files, in their order.
    pub(crate) names: Vec<String>,
    pub(crate) head: Head,
    pub(crate) lines: Vec<Line>,
    pub(crate) anchors: Vec<AnchorLine>,
    pub(crate) checkpoint: Option<String>,
    pub(crate) closing: Option<Stated>,
    pub(crate) accepted: BTreeMap<LotId, Stated>,
    pub(crate) logged: Vec<LoggedLine>,
    pub(crate) notices: Vec<NoticeLine>,
    /// Of each erased line of the events, in their order.
    pub(crate) erasures: Vec<ErasureProof>,
    pub(crate) timestamps: Vec<Stamp>,
    pub(crate) receipts: Vec<Short>,
    pub(crate) terms: BTreeMap<Digest, Vec<u8>>,
    pub(crate) crls: BTreeMap<Digest, Vec<u8>>,
    pub(crate) sheets: BTreeMap<Digest, Sheet>,
    pub(crate) headers: BTreeMap<Digest, Vec<u8>>,
    pub(crate) rechecks: BTreeMap<Digest, Recheck>,
    pub(crate) records: BTreeMap<Digest, Vec<u8>>,
}

/// Reads a bundle's bytes.
///
/// # Errors
/// `bundle-form` or `bundle-large` at the first file that is not as it should be.
pub(crate) fn read(bytes: &[u8]) -> Result<Bundle, Fault> {
    let whole = || Place::file("bundle");
    let files = archive::read(bytes).map_err(|problem| match problem {
        NotAnArchive::Form => malformed(whole()),
        NotAnArchive::Large => large(whole()),
    })?;
    let head: Head = match files.iter().find(|(name, _)| *name == "bundle.json") {
        Some((name, content)) => json(name, content)?,
        None => return Err(malformed(Place::file("bundle.json"))),
    };
    if head.format != FORMAT {
        return Err(malformed(Place::file("bundle.json")));
    }
    let mut bundle = Bundle {
        digest: Digest::of(bytes),
        names: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        head,
        lines: Vec::new(),
        anchors: Vec::new(),
        checkpoint: None,
        closing: None,
        accepted: BTreeMap::new(),
        logged: Vec::new(),
        notices: Vec::new(),
        erasures: Vec::new(),
        timestamps: Vec::new(),
        receipts: Vec::new(),
        terms: BTreeMap::new(),
        crls: BTreeMap::new(),
        sheets: BTreeMap::new(),
        headers: BTreeMap::new(),
        rechecks: BTreeMap::new(),
        records: BTreeMap::new(),
    };
    for (name, content) in files {
        bundle.take(name, content)?;
    }
    let erased = bundle.lines.iter().any(|line| line.erased.is_some());
    if bundle.lines.is_empty() || (erased && bundle.head.edition == Edition::Public) {
        return Err(malformed(Place::file("events.jsonl")));
    }
    Ok(bundle)
}

impl Bundle {
    /// Takes up one file by its name.
    fn take(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        match name {
            "bundle.json" => {}
            "events.jsonl" => self.lines = lines(name, content, Line::is_in_form)?,
            "anchors.jsonl" => self.anchors = lines(name, content, |_| true)?,
            "logged.jsonl" => {
                self.logged = lines(name, content, |_| true)?;
                let sorted = self.logged.is_sorted_by(|a, b| a.terms < b.terms);
                ensure(sorted, name)?;
            }
            "notices.jsonl" => self.notices = lines(name, content, |_| true)?,
            "erasures.jsonl" => self.erasures = lines(name, content, |_| true)?,
            "timestamps.jsonl" => {
                self.timestamps = lines(name, content, |_| true)?;
                let key = |stamp: &Stamp| (stamp.of, stamp.token.clone());
                let sorted = self.timestamps.is_sorted_by(|a, b| key(a) < key(b));
                ensure(sorted, name)?;
            }
            "receipts.jsonl" => self.receipts = lines(name, content, |_| true)?,
            "checkpoint" => self.checkpoint = Some(checkpoint(name, content)?),
            "closing.json" => self.closing = Some(json(name, content)?),
            _ => return self.take_of(name, content),
        }
        Ok(())
    }

    /// Takes up one of several files of a kind.
    fn take_of(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let unknown = || malformed(Place::file(name));
        let (folder, file) = name.split_once('/').ok_or_else(unknown)?;
        let (stem, ending) = file.split_once('.').ok_or_else(unknown)?;
        if (folder, ending) == ("accepted", "json") {
            let lot: LotId = stem.parse().map_err(|_| unknown())?;
            self.accepted.insert(lot, json(name, content)?);
            return Ok(());
        }
        let digest: Digest = stem.parse().map_err(|_| unknown())?;
        let bytes = content.to_vec();
        match (folder, ending) {
            ("terms", "json") => drop(self.terms.insert(digest, bytes)),
            ("crls", "der") => drop(self.crls.insert(digest, bytes)),
            ("headers", "bin") => drop(self.headers.insert(digest, bytes)),
            ("records", "json") => drop(self.records.insert(digest, bytes)),
            ("sheets", "json") => {
                let sheet: Sheet = json(name, content)?;
                ensure(sheet.is_in_form(), name)?;
                self.sheets.insert(digest, sheet);
            }
            ("rechecks", "json") => drop(self.rechecks.insert(digest, json(name, content)?)),
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

/// Reads a file that is one canonical JSON value.
fn json<T: Serialize + DeserializeOwned>(name: &str, content: &[u8]) -> Result<T, Fault> {
    canonical::from_bytes(content).map_err(|_| malformed(Place::file(name)))
}

/// Reads a file of canonical JSON values, at least one, each on a line of its own.
fn lines<T: Serialize + DeserializeOwned>(
    name: &str,
    content: &[u8],
    is_in_form: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Fault> {
    let content = content
        .strip_suffix(b"\n")
        .ok_or_else(|| malformed(Place::file(name)))?;
    let lines = content.split(|byte| *byte == b'\n');
    let read = lines.map(|line| {
        if line.len() > LINE {
            return Err(large(Place::file(name)));
        }
        let value: T = json(name, line)?;
        ensure(is_in_form(&value), name)?;
        Ok(value)
    });
    read.collect()
}

/// Reads a note whose text is a checkpoint, in its one spelling.
fn checkpoint(name: &str, content: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(content).map_err(|_| malformed(Place::file(name)))?;
    let note: Option<SignedNote> = text.parse().ok();
    let is_one = note
        .is_some_and(|note| note.to_string() == text && note.text().parse::<Checkpoint>().is_ok());
    ensure(is_one, name)?;
    Ok(text.to_owned())
}

fn ensure(holds: bool, name: &str) -> Result<(), Fault> {
    if holds {
        Ok(())
    } else {
        Err(malformed(Place::file(name)))
    }
}

fn malformed(place: Place) -> Fault {
    let code = "bundle-form".to_owned();
    Fault { code, place }
}

fn large(place: Place) -> Fault {
    let code = "bundle-large".to_owned();
    Fault { code, place }
}
