//! crypto/vectors/sealed-bid and crypto/vectors/gm: written from seeds, pinned byte by byte, and run.
//!
//! To write them anew: `cargo test -p kaibiao-crypto write_vectors -- --ignored`.

mod bids;
mod gm;
mod headers;
mod large;
mod names;
mod parts;
mod rescues;
mod run;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::Suite;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/sealed-bid")
}

fn made() -> [(&'static str, Value); 14] {
    [
        ("derivations.json", parts::derivations()),
        ("wraps.json", parts::wraps()),
        ("key-files.json", parts::key_files()),
        ("headers.json", headers::headers()),
        ("names.json", names::names()),
        ("bids.json", bids::bids(Suite::Intl)),
        ("rescues.json", rescues::rescues()),
        ("large.json", large::large()),
        ("../gm/bids.json", bids::bids(Suite::Gm)),
        ("../gm/derivations.json", gm::derivations()),
        ("../gm/headers.json", gm::headers()),
        ("../gm/wraps.json", gm::wraps()),
        ("../gm/key-files.json", gm::key_files()),
        ("../gm/signatures.json", gm::signatures()),
    ]
}

/// The outcome of a case that fails: where, and the code.
fn failure(at: &str, code: &str) -> Value {
    json!({"at": at, "code": code})
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text
}

fn read(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

#[test]
#[ignore = "writes the committed vectors"]
fn write_vectors() {
    for (name, value) in made() {
        fs::write(folder().join(name), text(&value)).unwrap();
    }
}

#[test]
fn the_committed_vectors_are_what_is_made_to_the_byte() {
    for (name, value) in made() {
        let committed = fs::read_to_string(folder().join(name)).unwrap();
        assert!(committed == text(&value), "{name} differs");
    }
}
