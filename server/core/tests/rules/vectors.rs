//! Vectors of the rules, for this and other implementations:
//! `crypto/vectors/{terms,acts,record,webhooks,log}`. Those that are made here are
//! written anew where `KAIBIAO_GOLDEN` is set, as the golden bytes are.

mod anchored;
mod bulletins;
mod chains;
mod reading;
mod receipts;
mod record;
mod references;
mod sheets;

use serde::Serialize;
use serde::de::DeserializeOwned;

fn path(name: &str) -> String {
    format!("{}/../../crypto/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// Holds a committed file against what is made, byte by byte.
fn hold(name: &str, made: &impl Serialize) {
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
        std::fs::write(path(name), &made).unwrap();
    }
    let committed = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(committed == made, "{name} differs from what is made");
}
