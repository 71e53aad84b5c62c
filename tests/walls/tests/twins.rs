//! A public function or constant that no other file names is either dead or has
//! a twin that is the one that runs. Tests do not count: a tested thing that
//! nothing uses is worse than an untested one. Types are left out: one that a
//! function returns is used without being named.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_walls::{code, files, nothing_broken};

/// Items that stand for others to use, each with its reason.
const FOR_OTHERS: [(&str, &str); 7] = [
    (
        "describe",
        "web/openapi.json is made from it by server/tests/openapi.rs",
    ),
    (
        "circle",
        "docs/states/access.md prints it, and a test holds the page to it",
    ),
    (
        "holds_facts",
        "whoever checks an event against the tree: docs/spec/tree.md",
    ),
    (
        "holds_details",
        "whoever checks an event against the tree: docs/spec/tree.md",
    ),
    (
        "is_of_bidder",
        "a property holds that no other news names a bidder",
    ),
    ("key_algorithm", "the tests of certificates compare it"),
    ("decrypt_any", "the page's module, crypto/wasm, calls it"),
];

#[test]
fn every_public_function_is_named_by_another_file() {
    let mut defined: Vec<(String, usize, String)> = Vec::new();
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files() {
        let name = file.to_string_lossy().into_owned();
        let ours = name.starts_with("crypto/") || name.starts_with("server/");
        // What the page's module gives is named by the page, in its own spelling.
        let ours = ours && !name.starts_with("crypto/wasm/");
        if !ours || !name.ends_with(".rs") {
            continue;
        }
        for (number, line) in code(&file) {
            if name.contains("/src/")
                && let Some(item) = public_item(&line)
            {
                defined.push((name.clone(), number, item.to_owned()));
            }
            for word in words(&line) {
                named
                    .entry(word.to_owned())
                    .or_default()
                    .insert(name.clone());
            }
        }
    }
    let broken = defined
        .into_iter()
        .filter(|(_, _, item)| named.get(item).is_none_or(|files| files.len() < 2))
        .filter(|(_, _, item)| !FOR_OTHERS.iter().any(|(name, _)| name == item))
        .map(|(file, number, item)| format!("{file}:{number}: {item}"))
        .collect();
    nothing_broken(
        "public functions and constants that no other file names",
        broken,
    );
}

/// The name that a line makes public.
fn public_item(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let mut words = words(rest).filter(|word| !["async", "unsafe", "extern"].contains(word));
    match words.next()? {
        "fn" | "static" => words.next(),
        "const" => match words.next()? {
            "fn" => words.next(),
            name => Some(name),
        },
        _ => None,
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}
