//! The table of rooms in docs/ARCHITECTURE.md, held by `cargo metadata`: a crate may
//! use those of our crates that its row names, and links nothing its row
//! forbids.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use kaibiao_walls::{Package, Workspace, nothing_broken};

struct Room {
    name: &'static str,
    /// Our own crates it may name.
    ours: &'static [&'static str],
    /// What may not be linked into it, not even by way of others.
    never_linked: &'static [&'static str],
    /// What it may not name itself, although something below it may.
    never_named: &'static [&'static str],
}

const RUNTIMES: [&str; 12] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "hyper",
    "reqwest",
    "actix-web",
    "actix-rt",
    "sqlx",
    "redis",
    "object_store",
    "tungstenite",
];

/// What a party's own program may not contain: an auditor of it reads none of
/// the server.
const SERVER: [&str; 9] = [
    "actix-web",
    "actix-ws",
    "sqlx",
    "typst",
    "kaibiao-app",
    "kaibiao-http",
    "kaibiao-store",
    "kaibiao-typeset",
    "kaibiao-witness",
];

const ROOMS: [Room; 18] = [
    Room {
        name: "kaibiao-gm",
        ours: &[],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom", "ring", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-wasm",
        ours: &["kaibiao-gm"],
        never_linked: &RUNTIMES,
        never_named: &["js-sys", "web-sys", "getrandom"],
    },
    Room {
        name: "kaibiao-crypto",
        ours: &["kaibiao-gm"],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-core",
        ours: &["kaibiao-crypto"],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom", "ring", "rsa", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-api",
        ours: &["kaibiao-core", "kaibiao-crypto"],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-skf",
        ours: &[],
        never_linked: &RUNTIMES,
        never_named: &["cryptoki"],
    },
    Room {
        name: "kaibiao-store",
        ours: &["kaibiao-core", "kaibiao-crypto"],
        never_linked: &["actix-web", "actix-ws", "clap", "typst"],
        never_named: &["reqwest", "utoipa"],
    },
    Room {
        name: "kaibiao-token",
        ours: &["kaibiao-crypto", "kaibiao-skf"],
        never_linked: &RUNTIMES,
        never_named: &[
            "serde_json",
            "clap",
            "rand",
            "getrandom",
            "jiff",
            "chrono",
            "time",
        ],
    },
    Room {
        name: "kaibiao-typeset",
        ours: &[],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom"],
    },
    Room {
        name: "kaibiao-exports",
        ours: &["kaibiao-core", "kaibiao-crypto"],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom"],
    },
    Room {
        name: "kaibiao-os",
        ours: &["kaibiao-crypto"],
        never_linked: &RUNTIMES,
        never_named: &["serde_json", "clap"],
    },
    Room {
        name: "kaibiao-app",
        ours: &[
            "kaibiao-api",
            "kaibiao-core",
            "kaibiao-crypto",
            "kaibiao-exports",
            "kaibiao-os",
            "kaibiao-store",
            "kaibiao-token",
            "kaibiao-typeset",
        ],
        never_linked: &["actix-web", "actix-ws", "clap", "openssl-sys", "native-tls"],
        never_named: &["sqlx", "typst", "object_store", "utoipa"],
    },
    Room {
        name: "kaibiao-client",
        ours: &[
            "kaibiao-api",
            "kaibiao-core",
            "kaibiao-crypto",
            "kaibiao-gm",
            "kaibiao-os",
            "kaibiao-token",
        ],
        never_linked: &SERVER,
        never_named: &["sqlx", "typst", "utoipa", "openssl-sys", "native-tls"],
    },
    Room {
        name: "kaibiao-http",
        ours: &[
            "kaibiao-api",
            "kaibiao-app",
            "kaibiao-core",
            "kaibiao-crypto",
        ],
        never_linked: &["clap", "openssl-sys", "native-tls"],
        never_named: &["sqlx", "typst", "redis", "object_store", "reqwest"],
    },
    Room {
        name: "kaibiao-verify",
        ours: &["kaibiao-core", "kaibiao-crypto"],
        never_linked: &RUNTIMES,
        never_named: &["rand", "getrandom", "ring", "rsa", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-witness",
        ours: &["kaibiao-crypto", "kaibiao-os"],
        never_linked: &[
            "kaibiao-core",
            "clap",
            "reqwest",
            "typst",
            "openssl-sys",
            "native-tls",
        ],
        never_named: &["serde_json", "rand", "jiff", "chrono", "time"],
    },
    Room {
        name: "kaibiao-token-agent",
        ours: &[
            "kaibiao-api",
            "kaibiao-client",
            "kaibiao-crypto",
            "kaibiao-os",
            "kaibiao-token",
        ],
        never_linked: &SERVER,
        never_named: &["reqwest", "clap", "rand", "openssl-sys", "native-tls"],
    },
    Room {
        name: "kaibiao",
        ours: &[
            "kaibiao-api",
            "kaibiao-app",
            "kaibiao-client",
            "kaibiao-core",
            "kaibiao-crypto",
            "kaibiao-http",
            "kaibiao-os",
            "kaibiao-store",
            "kaibiao-token",
            "kaibiao-token-agent",
            "kaibiao-verify",
            "kaibiao-witness",
        ],
        never_linked: &["openssl-sys", "native-tls"],
        never_named: &["sqlx", "typst", "redis", "object_store"],
    },
];

/// Crates under tests/ may use any room; nothing may use them.
const TESTS: [&str; 3] = ["kaibiao-bench", "kaibiao-costs", "kaibiao-walls"];

#[test]
fn every_crate_has_a_row_in_the_table_of_rooms() {
    let workspace = Workspace::read();
    let broken = workspace
        .members()
        .into_keys()
        .filter(|name| !TESTS.contains(name) && !ROOMS.iter().any(|room| room.name == *name))
        .map(|name| format!("{name} is a new room: give it a row in tests/walls/tests/rooms.rs"))
        .collect();
    nothing_broken("crates without a row", broken);
}

#[test]
fn a_crate_uses_only_the_rooms_its_row_names() {
    let workspace = Workspace::read();
    let members = workspace.members();
    let mut broken = Vec::new();
    for room in &ROOMS {
        let package = member(&members, room);
        for used in workspace.direct(package) {
            if members.contains_key(used.as_str()) && !room.ours.contains(&used.as_str()) {
                broken.push(format!("{} uses {used}", room.name));
            }
        }
    }
    nothing_broken("edges between rooms that the table does not have", broken);
}

fn member<'a>(members: &BTreeMap<&str, &'a Package>, room: &Room) -> &'a Package {
    members
        .get(room.name)
        .unwrap_or_else(|| panic!("{} has a row and no crate", room.name))
}

#[test]
fn a_crate_links_nothing_its_row_forbids() {
    let workspace = Workspace::read();
    let members = workspace.members();
    let mut broken = Vec::new();
    for room in &ROOMS {
        let package = member(&members, room);
        let linked = workspace.linked(package);
        let named = workspace.direct(package);
        for forbidden in room.never_linked {
            if linked.contains(*forbidden) {
                broken.push(format!("{} links {forbidden}", room.name));
            }
        }
        for forbidden in room.never_named {
            if named.contains(*forbidden) {
                broken.push(format!("{} names {forbidden}", room.name));
            }
        }
    }
    nothing_broken("what may not be in a room", broken);
}

#[test]
fn every_member_takes_versions_and_lints_from_the_workspace() {
    let workspace = Workspace::read();
    let mut broken = Vec::new();
    for (name, package) in workspace.members() {
        let manifest = std::fs::read_to_string(&package.manifest_path)
            .expect("a manifest that cargo has just read");
        let sections = sections(&manifest);
        let inherits = sections
            .get("lints")
            .is_some_and(|body| body.contains("workspace = true"));
        if !inherits && name != FOREIGN {
            broken.push(format!("{name} does not inherit the workspace's lints"));
        }
        for (section, body) in &sections {
            if !section.ends_with("dependencies") {
                continue;
            }
            for line in body.lines().filter(|line| line.contains('=')) {
                if line.contains("version =") || line.contains("= \"") || line.contains("git =") {
                    broken.push(format!("{name}: '{line}' names a version of its own"));
                }
            }
        }
    }
    nothing_broken("manifests", broken);
}

#[test]
fn unsafe_code_is_forbidden_for_the_whole_workspace() {
    let manifest = std::fs::read_to_string(kaibiao_walls::root().join("Cargo.toml"))
        .expect("the workspace's manifest");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}

/// The crate that calls foreign libraries (docs/adr/0031): in one file, and denied in the
/// others.
const FOREIGN: &str = "kaibiao-skf";

#[test]
fn foreign_calls_stand_in_one_file() {
    let manifest = std::fs::read_to_string(kaibiao_walls::root().join("server/skf/Cargo.toml"))
        .expect("the manifest of the crate that calls foreign libraries");
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let broken = kaibiao_walls::files()
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        .filter(|file| {
            let code = kaibiao_walls::code(file);
            let word = ["unsafe", "{"].join(" ");
            code.iter()
                .any(|(_, line)| line.contains(&word) || line.contains("allow(unsafe_code)"))
        })
        .map(|file| file.display().to_string())
        .filter(|file| file != "server/skf/src/library.rs")
        .collect();
    nothing_broken("unsafe code elsewhere", broken);
}

/// The tables of a manifest by name, each as its lines.
fn sections(manifest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut current = String::new();
    for line in manifest.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            current = name.to_owned();
            found.insert(current.clone(), String::new());
        } else if let Some(body) = found.get_mut(&current) {
            body.push_str(line);
            body.push('\n');
        }
    }
    found
}

/// Otherwise somebody who types `make run` and then `make test` waits for typst
/// and actix twice.
#[test]
fn what_is_run_and_what_is_tested_share_every_dependency() {
    let run = tree(&["--package", "kaibiao", "--edges", "normal,build"]);
    let tested = tree(&["--workspace", "--edges", "normal,build,dev"]);
    let broken = run.difference(&tested).cloned().collect();
    nothing_broken("built once for running, and again for testing", broken);
}

/// A bidder's auditor reads this build, and it is meant to be small.
#[test]
fn the_program_without_the_server_links_nothing_of_it() {
    let linked = tree(&[
        "--package",
        "kaibiao",
        "--no-default-features",
        "--edges",
        "normal",
    ]);
    let broken = linked
        .into_iter()
        .filter(|line| {
            let name = line.split(' ').next().unwrap_or_default();
            SERVER.contains(&name) || name.starts_with("actix-") || name.starts_with("sqlx-")
        })
        .collect();
    nothing_broken("linked into a bidder's program", broken);
}

/// Every crate with its version and the features it is built with.
fn tree(selection: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--prefix", "none", "--format", "{p} {f}",
        ])
        .args(selection)
        .current_dir(kaibiao_walls::root())
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
