//! Rules of the house that no compiler knows.

use std::collections::BTreeSet;
use std::path::Path;

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
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> Option<BTreeSet<String>> {
        let folder = std::fs::read_dir(root().join("migrations").join(database)).ok()?;
        Some(
            folder
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .filter(|name| name.ends_with(".sql"))
                .collect(),
        )
    };
    let (Some(sqlite), Some(postgres)) = (names("sqlite"), names("postgres")) else {
        return;
    };
    if !postgres.is_empty() {
        assert_eq!(sqlite, postgres);
    }
}

#[test]
fn what_is_built_is_not_committed() {
    let broken = files()
        .into_iter()
        .filter(|file| {
            let name = file.to_string_lossy();
            ["ttf", "otf", "kbid", "p12", "sqlite", "db"]
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

#[test]
fn documents_that_the_code_refers_to_exist() {
    let mut broken = Vec::new();
    for file in files() {
        if file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let source = text(&file).unwrap_or_default();
        for (at, _) in source.match_indices("docs/") {
            let name: String = source[at..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "/-_.".contains(*c))
                .collect();
            let name = name.trim_end_matches('.');
            if name.ends_with(".md") && !root().join(name).exists() {
                broken.push(format!("{}: {name}", file.display()));
            }
        }
    }
    nothing_broken("documents that are not there", broken);
}
