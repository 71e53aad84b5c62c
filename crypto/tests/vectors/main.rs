//! Vectors that carry their expected outcome, for this and other
//! implementations: `vectors/{signatures,certificates,timestamp,tree}`. One module for each
//! file, which runs it and says how it was made.
//!
//! `cargo test -p kaibiao-crypto --test vectors -- --ignored NAME` makes the file of
//! that test anew. Certificates and RSA-PSS have keys or salts of their own each
//! time, so what is committed of them stays as it is; new files are a change of the
//! format and want a reason.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod acts;
mod certificates;
#[path = "../pki/mod.rs"]
mod pki;
#[path = "../signed/mod.rs"]
mod signed;
mod sm2_messages;
mod statements;
mod terms;
mod timestamps;
mod tree;

use kaibiao_crypto::rng::Rng;
use serde::{Deserialize, Serialize};

const ORIGIN: &str = "bid.example.cn";
const PROJECT: &str = "0192d3a0-0000-7000-8000-000000000001";

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let vectors: Vec<T> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!vectors.is_empty());
    vectors
}

fn folder(name: &str) -> String {
    format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn write<T: Serialize + ?Sized>(name: &str, vectors: &T) {
    std::fs::write(
        folder(name),
        serde_json::to_string_pretty(vectors).unwrap() + "\n",
    )
    .unwrap();
}

/// Randomness that is none.
struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}
