//! What every wall test needs: the workspace as cargo sees it, and the files
//! of the repository as git sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// The folder that holds the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("invariant: this crate lies two folders below the root")
        .to_owned()
}

/// `cargo metadata` of the workspace, as far as it is needed here. (The crate
/// cargo_metadata would turn on a feature of serde_json, and with it build
/// everything twice: once for the tests and once for `make run`.)
#[derive(Debug, Deserialize)]
pub struct Workspace {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: PathBuf,
    id: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

/// A dependency without a kind is linked; the others are for tests and build
/// scripts.
#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
    target: Option<String>,
}

impl Workspace {
    /// Reads it without touching the lock file.
    pub fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root())
            .output()
            .expect("cargo runs, since it runs this test");
        assert!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("cargo metadata writes what it promises")
    }

    /// Our own crates by name.
    pub fn members(&self) -> BTreeMap<&str, &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
            .map(|package| (package.name.as_str(), package))
            .collect()
    }

    /// The crates that `package` names itself, leaving out those only its
    /// tests and build script use.
    pub fn direct(&self, package: &Package) -> BTreeSet<String> {
        package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none())
            .map(|dependency| dependency.name.clone())
            .collect()
    }

    /// Everything that is linked when `package` is, tests left out.
    pub fn linked(&self, package: &Package) -> BTreeSet<String> {
        let edges: BTreeMap<&str, &Vec<Edge>> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), &node.deps))
            .collect();
        let mut seen = BTreeSet::new();
        let mut left = vec![package.id.as_str()];
        while let Some(id) = left.pop() {
            for edge in edges.get(id).into_iter().copied().flatten() {
                if edge.dep_kinds.iter().any(is_linked_here) && seen.insert(edge.pkg.as_str()) {
                    left.push(&edge.pkg);
                }
            }
        }
        self.packages
            .iter()
            .filter(|package| seen.contains(package.id.as_str()))
            .map(|package| package.name.clone())
            .collect()
    }
}

/// Dependencies for Windows and browsers are not linked here; a wall that
/// forbids tokio should not fall over a crate's Windows corner.
fn is_linked_here(kind: &Kind) -> bool {
    let elsewhere = |target: &String| target.contains("windows") || target.contains("wasm");
    kind.kind.is_none() && !kind.target.as_ref().is_some_and(elsewhere)
}

/// The files git tracks or would track, relative to the root.
pub fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let mut files: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() => output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned()))
            .filter(|name| root().join(name).is_file())
            .collect(),
        // A source archive has no .git: everything but what is built counts.
        _ => walk(Path::new("")),
    };
    files.sort();
    files
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let skipped = ["target", ".git", "node_modules", "dist", "data"];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).into_iter().flatten() {
        let Ok(entry) = entry else { continue };
        let name = folder.join(entry.file_name());
        if entry.path().is_dir() {
            if !skipped.contains(&entry.file_name().to_string_lossy().as_ref()) {
                found.extend(walk(&name));
            }
        } else {
            found.push(name);
        }
    }
    found
}

/// A file of the repository as text; `None` when it is not UTF-8 or too big
/// to have been written by a person.
pub fn text(file: &Path) -> Option<String> {
    let path = root().join(file);
    if path.metadata().ok()?.len() > 2 << 20 {
        return None;
    }
    String::from_utf8(std::fs::read(path).ok()?).ok()
}

/// Lines of a source file with their numbers, without comments and without
/// what stands below the first `#[cfg(test)]`.
pub fn code(file: &Path) -> Vec<(usize, String)> {
    let is_test = file
        .file_stem()
        .is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"));
    if is_test || file.components().any(|part| part.as_os_str() == "tests") {
        return Vec::new();
    }
    text(file)
        .unwrap_or_default()
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

/// Fails with every broken place at once, one a line.
pub fn nothing_broken(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
