//! In crypto and core, time, randomness and the outside world are arguments.
//! A crate's manifest cannot say this of the standard library; this does.

use kaibiao_walls::{code, files, nothing_broken};

/// Rooms that are pure, and what would make them impure.
const PURE: [&str; 7] = [
    "crypto/gm/src",
    "crypto/src",
    "crypto/wasm/src",
    "server/api/src",
    "server/core/src",
    "server/exports/src",
    "server/typeset/src",
];
const IMPURE: [&str; 13] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "thread_rng",
    "OsRng",
    "async fn",
];

/// ring asks for its own source of randomness wherever it makes an RSA or
/// ECDSA signature, although RSASSA-PKCS1-v1_5 needs none; this file holds
/// the call and nothing else may.
const SYSTEM_RANDOM: [&str; 1] = ["crypto/src/suite/intl/signature.rs"];

#[test]
fn the_pure_rooms_touch_no_file_network_clock_or_global_randomness() {
    let mut broken = Vec::new();
    for file in files() {
        let name = file.to_string_lossy().into_owned();
        if !PURE.iter().any(|room| name.starts_with(room)) || !name.ends_with(".rs") {
            continue;
        }
        for (number, line) in code(&file) {
            for word in IMPURE {
                if line.contains(word) {
                    broken.push(format!("{name}:{number} uses {word}"));
                }
            }
            if line.contains("SystemRandom")
                && !SYSTEM_RANDOM.iter().any(|place| name.starts_with(place))
            {
                broken.push(format!("{name}:{number} uses ring's SystemRandom"));
            }
        }
    }
    nothing_broken("pure rooms", broken);
}

#[test]
fn sql_is_written_in_the_store_and_the_witness_alone() {
    let mut broken = Vec::new();
    for file in files() {
        let name = file.to_string_lossy().into_owned();
        let elsewhere = name.starts_with("server/")
            && !name.starts_with("server/store/src/sqlite/")
            && !name.starts_with("server/store/src/postgres/")
            // What the two engines have in common.
            && name != "server/store/src/sql.rs"
            // A witness shares nothing with the store, and has one table of its own.
            && !name.starts_with("server/witness/src/")
            && !name.contains("/examples/");
        if !elsewhere || !name.ends_with(".rs") {
            continue;
        }
        for (number, line) in code(&file) {
            for word in ["SELECT ", "INSERT INTO", "DELETE FROM", "sqlx::"] {
                if line.contains(word) {
                    broken.push(format!("{name}:{number}: {}", line.trim()));
                }
            }
        }
    }
    nothing_broken("SQL outside the store and the witness", broken);
}
