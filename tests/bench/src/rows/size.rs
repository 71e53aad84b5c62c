//! `size`: how large the program is and what is in it, and what a first visit loads.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::process::must;

#[derive(Debug, Serialize, Deserialize)]
pub struct Sizes {
    pub date: String,
    /// Bytes of the program, as it is.
    pub program: u64,
    /// Bytes of the verifier.
    pub verifier: Option<u64>,
    /// What the program is made of.
    pub parts: Vec<(String, u64)>,
    /// Bytes that a first visit loads, compressed.
    pub first_load: Option<u64>,
}

/// Sections of an ELF file, by what they are to a reader.
const SECTIONS: [(&str, &[&str]); 5] = [
    ("code", &[".text"]),
    ("constant data: fonts, page, tables", &[".rodata"]),
    (
        "tables for unwinding",
        &[".eh_frame", ".eh_frame_hdr", ".gcc_except_table"],
    ),
    (
        "relocations and pointers",
        &[".rela.dyn", ".data.rel.ro", ".got", ".data"],
    ),
    ("symbols", &[".symtab", ".strtab"]),
];

impl Sizes {
    /// `root` is the checkout's.
    pub fn of(program: &Path, root: &Path) -> Result<Self> {
        let length = |path: &Path| std::fs::metadata(path).ok().map(|about| about.len());
        let listed = must(Command::new("readelf").args(["-S", "-W"]).arg(program))?;
        let mut parts: Vec<(String, u64)> = Vec::new();
        for (name, sections) in SECTIONS {
            let sum = sections.iter().map(|it| section(&listed, it)).sum();
            parts.push((name.to_owned(), sum));
        }
        let page = root.join("web/dist");
        for (name, folder, ending) in [
            (
                "of the constant data: fonts, packed",
                program.with_file_name("build"),
                ".zz",
            ),
            ("of the constant data: the page", page.clone(), ""),
        ] {
            let mut newest = BTreeMap::new();
            below(&folder, ending, &mut newest);
            parts.push((
                name.to_owned(),
                newest.values().map(|(_, length)| length).sum(),
            ));
        }
        Ok(Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            program: length(program).context("the program")?,
            verifier: length(&program.with_file_name("kaibiao-verify")),
            parts,
            first_load: first_load(&page),
        })
    }

    pub fn markdown(&self) -> String {
        let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let mut text = "\n## size: the program, and a first visit\n\n".to_owned();
        let _ = writeln!(
            text,
            "{}. Target: the program under 60 MB, a first visit under 300 KB.\n",
            self.date
        );
        let _ = writeln!(
            text,
            "| | |\n|---|---|\n| **the program** | {} |",
            mb(self.program)
        );
        for (name, bytes) in &self.parts {
            let _ = writeln!(text, "| {name} | {} |", mb(*bytes));
        }
        if let Some(verifier) = self.verifier {
            let _ = writeln!(text, "| the verifier | {} |", mb(verifier));
        }
        if let Some(first) = self.first_load {
            let _ = writeln!(
                text,
                "| a first visit, gzip | {:.0} KB |",
                first as f64 / 1e3
            );
        }
        text
    }
}

/// The length of a section in what readelf lists: `[ 1] .text PROGBITS address offset size`.
fn section(listed: &str, name: &str) -> u64 {
    let line = listed.lines().find_map(|line| {
        let (_, rest) = line.split_once("] ")?;
        let mut words = rest.split_whitespace();
        (words.next()? == name).then(|| words.nth(3)).flatten()
    });
    line.and_then(|size| u64::from_str_radix(size, 16).ok())
        .unwrap_or_default()
}

/// The lengths of all files below a folder whose names end so; of those of one name the
/// newest counts.
fn below(folder: &Path, ending: &str, newest: &mut BTreeMap<OsString, (SystemTime, u64)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if about.is_dir() {
            below(&path, ending, newest);
        } else if path.to_string_lossy().ends_with(ending) {
            let found = (
                about.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                about.len(),
            );
            let kept = newest.entry(entry.file_name()).or_insert(found);
            *kept = found.max(*kept);
        }
    }
}

/// What `index.html` names, as it travels.
fn first_load(page: &Path) -> Option<u64> {
    let index = std::fs::read_to_string(page.join("index.html")).ok()?;
    let named = index.split('"').filter(|word| word.starts_with("/assets/"));
    let travels = |path: &Path| {
        let packed = path.with_file_name(format!("{}.gz", path.file_name()?.to_str()?));
        let about = std::fs::metadata(packed).or_else(|_| std::fs::metadata(path));
        about.ok().map(|about| about.len())
    };
    let files = named.filter_map(|word| travels(&page.join(word.trim_start_matches('/'))));
    Some(index.len() as u64 + files.sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_read_from_what_readelf_lists() {
        let listed = "  [Nr] Name  Type  Address  Off  Size  ES\n  [ 9] .text PROGBITS 0000 001000 0000ff 00 AX\n  [12] .rodata PROGBITS 0 0 10 0 A";
        assert_eq!(section(listed, ".text"), 255);
        assert_eq!(section(listed, ".rodata"), 16);
        assert_eq!(section(listed, ".data"), 0);
    }
}
