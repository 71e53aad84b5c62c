//! `size`: how large the program is and what is in it, and what a first visit loads.

use std::collections::{BTreeMap, BTreeSet};
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
    /// The same of a first visit to one of the bidder's pages, by its route.
    #[serde(default)]
    pub visits: Vec<(String, u64)>,
}

/// The pages that a bidder may come to first.
const VISITS: [&str; 3] = [
    "/bidder",
    "/bidder/:project/lots/:lot/prepare",
    "/projects/:project/hall",
];

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
            first_load: first_load(&page, None),
            visits: VISITS
                .iter()
                .filter_map(|route| Some(((*route).to_owned(), first_load(&page, Some(route))?)))
                .collect(),
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
        for (route, bytes) in &self.visits {
            let kb = *bytes as f64 / 1e3;
            let _ = writeln!(text, "| a first visit to `{route}`, gzip | {kb:.0} KB |");
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

/// What `index.html` names and, of a route, what the page fetches for it, as it travels.
fn first_load(page: &Path, route: Option<&str>) -> Option<u64> {
    let index = std::fs::read_to_string(page.join("index.html")).ok()?;
    let named = index.split('"').filter_map(|word| word.strip_prefix('/'));
    let named = named.filter(|word| word.starts_with("assets/"));
    let mut all: BTreeSet<String> = named.map(str::to_owned).collect();
    if let Some(route) = route {
        let entry = all
            .iter()
            .find(|it| it.starts_with("assets/index-") && it.ends_with(".js"))?;
        all.extend(fetched(
            &std::fs::read_to_string(page.join(entry)).ok()?,
            route,
        )?);
    }
    let travels = |path: &Path| {
        let packed = path.with_file_name(format!("{}.gz", path.file_name()?.to_str()?));
        let about = std::fs::metadata(packed).or_else(|_| std::fs::metadata(path));
        about.ok().map(|about| about.len())
    };
    // One that is named and not there would make the sum a smaller one.
    let lengths: Option<Vec<_>> = all.iter().map(|name| travels(&page.join(name))).collect();
    let head = travels(&page.join("index.html"))?;
    Some(head + lengths?.iter().sum::<u64>())
}

/// The files that a route's `import()` brings, in the entry's script as vite writes it: the
/// script itself, and those of a list by their places in it.
fn fetched(script: &str, route: &str) -> Option<Vec<String>> {
    let (_, list) = script.split_once("m.f=[")?;
    let list: Vec<_> = list.split_once(']')?.0.split(',').collect();
    let (_, routed) = script.split_once(&format!("path:`{route}`,"))?;
    let (_, routed) = routed.split_once("import(`./")?;
    let (own, routed) = routed.split_once('`')?;
    let (_, places) = routed.split_once("__vite__mapDeps([")?;
    let places = places.split_once(']')?.0.split(',');
    let files = places.map(|place| Some(list.get(place.parse::<usize>().ok()?)?.trim_matches('"')));
    let files: Option<Vec<_>> = files.map(|file| file.map(str::to_owned)).collect();
    let mut files = files?;
    files.push(format!("assets/{own}"));
    Some(files)
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
    #[test]
    fn what_a_route_fetches_is_read_from_the_entry() {
        let script = "d=(m.f||(m.f=[\"assets/a.js\",\"assets/b.js\",\"assets/b.css\"]))),i=>d[i];\
            [{path:`/a`,component:()=>B(()=>import(`./a.js`),__vite__mapDeps([0]))},\
            {path:`/b`,name:`b`,component:()=>B(()=>import(`./b.js`),__vite__mapDeps([1,2]))}]";
        let expected = ["assets/b.js", "assets/b.css", "assets/b.js"].map(str::to_owned);
        assert_eq!(fetched(script, "/b"), Some(expected.to_vec()));
        assert_eq!(fetched(script, "/c"), None);
    }
}
