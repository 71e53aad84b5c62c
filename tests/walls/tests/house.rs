//! Rules of the house that no compiler knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kaibiao_walls::{files, nothing_broken, root, text};

#[test]
fn links_between_the_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files() {
        if file.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let page = text(&file).unwrap_or_default();
        for target in links(&page) {
            if target.contains("://") || target.starts_with("mailto:") || target.starts_with('#') {
                continue;
            }
            let path = target.split('#').next().unwrap_or_default();
            let from = file.parent().unwrap_or(Path::new(""));
            if !root().join(from).join(path).exists() {
                broken.push(format!("{}: {target}", file.display()));
            }
        }
    }
    nothing_broken("links that lead nowhere", broken);
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let homes = ["root", "work", "home", "Users"].map(|name| format!("/{name}/"));
    let mut broken = Vec::new();
    for file in files() {
        for (index, line) in text(&file).unwrap_or_default().lines().enumerate() {
            for home in &homes {
                let found = line.match_indices(home.as_str()).any(|(at, _)| {
                    // "network/work/" is somebody's path, not a machine's.
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.')
                });
                if found {
                    broken.push(format!("{}:{}", file.display(), index + 1));
                }
            }
        }
    }
    nothing_broken("paths that exist on one machine only", broken);
}

#[test]
fn the_npm_lock_file_names_no_registry() {
    let mut broken = Vec::new();
    for file in files() {
        if file
            .file_name()
            .is_some_and(|name| name == "package-lock.json")
            && text(&file).unwrap_or_default().contains("\"resolved\"")
        {
            broken.push(format!(
                "{}: run npm with omit-lockfile-registry-resolved",
                file.display()
            ));
        }
    }
    nothing_broken("lock files that name where packages came from", broken);
}

#[test]
fn every_database_has_the_same_migrations() {
    let databases: BTreeMap<String, BTreeSet<String>> = names(&root().join("migrations"))
        .into_iter()
        .map(|database| {
            let folder = root().join("migrations").join(&database);
            (database, names(&folder))
        })
        .collect();
    let sqlite = &databases["sqlite"];
    assert!(!sqlite.is_empty(), "no migrations");
    let broken = databases
        .iter()
        .filter(|(_, migrations)| *migrations != sqlite)
        .map(|(database, _)| format!("migrations/{database} differs from migrations/sqlite"))
        .collect();
    nothing_broken("migrations", broken);
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder)
        .expect("a folder of the repository")
        .map(|entry| {
            let entry = entry.expect("an entry of it");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect()
}

#[test]
fn what_is_built_is_not_committed() {
    let broken = files()
        .into_iter()
        .filter(|file| {
            let name = file.to_string_lossy();
            ["ttf", "otf", "kbid", "p12", "sqlite", "db", "wasm"]
                .iter()
                .any(|ending| name.ends_with(&format!(".{ending}")))
                && !name.contains("vectors/")
        })
        .map(|file| file.display().to_string())
        .collect();
    nothing_broken("built or downloaded files in the repository", broken);
}

/// Targets of `[text](target)` outside code.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let mut rest = prose.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            if let Some(end) = rest.find(')') {
                let target = rest[..end].split_whitespace().next().unwrap_or_default();
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// A comment cites only what a reader of the repository can open. A document
/// is named by its path or, below docs/, by its bare name.
#[test]
fn documents_that_the_code_refers_to_exist() {
    let documents: Vec<PathBuf> = files()
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "md"))
        .collect();
    let mut broken = Vec::new();
    for file in files() {
        if !["rs", "ts", "mts", "vue", "sql", "toml", "typ"]
            .iter()
            .any(|ending| file.extension().is_some_and(|found| found == *ending))
        {
            continue;
        }
        for (index, line) in text(&file).unwrap_or_default().lines().enumerate() {
            for name in cited(line) {
                if !documents.iter().any(|document| document.ends_with(&name)) {
                    broken.push(format!("{}:{}: {name}", file.display(), index + 1));
                }
            }
        }
    }
    nothing_broken("documents that are not there", broken);
}

/// The Markdown files that a line names.
fn cited(line: &str) -> Vec<String> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || "/-_.".contains(c)))
        .map(|word| word.trim_start_matches(['.', '/']).trim_end_matches('.'))
        .filter(|word| word.len() > 3 && word.ends_with(".md"))
        .map(str::to_owned)
        .collect()
}
