//! `make cluster`: three nodes over PostgreSQL with a synchronous standby, Redis and an S3
//! server, behind nginx, all of them real; the demonstration's story is played over them
//! while they are killed, and what those saw who watched and who bid is told.

#![allow(clippy::unwrap_used)]

mod nodes;
mod stage;
mod story;
mod told;
mod watchers;

#[path = "../../../tests/stands/nginx.rs"]
mod nginx;
#[path = "../../../tests/stands/postgres.rs"]
#[expect(dead_code, reason = "no server stands still or comes back here")]
mod postgres;
#[expect(dead_code, reason = "it is at an address of the cluster's")]
#[path = "../../../tests/stands/redis.rs"]
mod redis;
#[path = "../../../tests/stands/weed.rs"]
mod weed;

use std::path::{Path, PathBuf};

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The story takes three minutes, and tells what it saw: `make cluster`.
#[test]
#[ignore = "it is shown by `make cluster`"]
fn the_demonstration_goes_on_while_a_node_redis_and_the_primary_are_killed() {
    let lost = story::play(&folder("cluster"));
    assert!(lost.is_empty(), "lost: {}", lost.join("; "));
}

#[test]
fn nginx_takes_the_configuration_that_operators_are_given() {
    let folder = folder("nginx");
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=kaibiao",
        ])
        .args([
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem",
            "-days",
            "2",
        ])
        .current_dir(&folder)
        .output()
        .expect("openssl");
    assert!(made.status.success());
    let said = nginx::checked(
        &folder,
        &folder.join("certificate.pem"),
        &folder.join("key.pem"),
    );
    assert_eq!(said, Ok(()));
}
