//! What every wall test needs: the workspace as cargo sees it, and the files
//! of the repository as git sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// The folder that holds the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("invariant: this crate lies two folders below the root")
        .to_owned()
}

/// `cargo metadata` of the workspace, read once per test.
pub struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Reads it without the network and without touching the lock file.
    pub fn read() -> Self {
        let metadata = MetadataCommand::new()
            .manifest_path(root().join("Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .expect("cargo metadata works in a workspace that builds");
        Self { metadata }
    }

    /// Our own crates by name.
    pub fn members(&self) -> BTreeMap<&str, &Package> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .map(|package| (package.name.as_str(), package))
            .collect()
    }

    /// The crates that `package` names itself, leaving out those only its
    /// tests and build script use.
    pub fn direct(&self, package: &Package) -> BTreeSet<String> {
        package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.clone())
            .collect()
    }

    /// Everything that is linked when `package` is, tests left out.
    pub fn linked(&self, package: &Package) -> BTreeSet<String> {
        let resolve = self
            .metadata
            .resolve
            .as_ref()
            .expect("cargo metadata resolves unless told not to");
        let edges: BTreeMap<&PackageId, Vec<&PackageId>> = resolve
            .nodes
            .iter()
            .map(|node| {
                let normal = node
                    .deps
                    .iter()
                    .filter(|dep| {
                        dep.dep_kinds.iter().any(|kind| {
                            kind.kind == DependencyKind::Normal && for_this_machine(kind)
                        })
                    })
                    .map(|dep| &dep.pkg);
                (&node.id, normal.collect())
            })
            .collect();
        let mut seen = BTreeSet::new();
        let mut left = vec![&package.id];
        while let Some(id) = left.pop() {
            for next in edges.get(id).into_iter().flatten() {
                if seen.insert(*next) {
                    left.push(next);
                }
            }
        }
        seen.into_iter()
            .map(|id| self.metadata[id].name.to_string())
            .collect()
    }
}

/// Dependencies for Windows and browsers are not linked here; a wall that
/// forbids tokio should not fall over a crate's Windows corner.
fn for_this_machine(kind: &cargo_metadata::DepKindInfo) -> bool {
    kind.target.as_ref().is_none_or(|target| {
        let target = target.to_string();
        !target.contains("windows") && !target.contains("wasm")
    })
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

/// Fails with every broken place at once, one a line.
pub fn nothing_broken(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
