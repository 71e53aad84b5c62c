//! Runs one hot path once, so that its instructions can be counted
//! (tests/instructions.rs; docs/ops/building.md).
//!
//! `kaibiao-costs` alone lists the paths with the sizes they are run at;
//! `kaibiao-costs PATH SIZE` prepares what the path needs, and runs it inside
//! [`counted`]. What is counted runs on one thread, on inputs that are the same in every
//! run, and reads no clock; only ECDSA's and SM2's nonces are drawn anew.

#![allow(clippy::unwrap_used, reason = "a program of a test")]

mod bundle;
mod opening;
mod sealed;
mod signed;

#[path = "../../../server/app/src/memory/rooms/feed.rs"]
#[allow(dead_code, reason = "the room uses more of it")]
mod feed;

#[path = "../../../server/core/tests/rules/world/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test of a rule uses its part"
)]
mod world;

use std::any::Any;
use std::hint::black_box;

/// What is counted: all it needs is in it, and what it made is given back, so that
/// neither making nor dropping these counts.
type Work = Box<dyn FnOnce() -> Box<dyn Any>>;

/// A path that is guarded.
struct Path {
    name: &'static str,
    /// What it is run at; with a second one, how it grows is looked at too.
    sizes: &'static [usize],
    /// What is so many.
    unit: &'static str,
    prepare: fn(usize) -> Work,
}

const PATHS: [&[Path]; 4] = [sealed::PATHS, signed::PATHS, opening::PATHS, bundle::PATHS];

fn main() {
    let paths = || PATHS.into_iter().flatten();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [name, size] = &arguments[..] {
        let path = paths().find(|path| path.name == name).unwrap();
        let work = (path.prepare)(size.parse().unwrap());
        drop(counted(work));
    } else {
        for path in paths() {
            for size in path.sizes {
                println!("{}\t{size}\t{}", path.name, path.unit);
            }
        }
    }
}

/// The one function whose instructions are counted, with all that it calls.
#[inline(never)]
fn counted(work: Work) -> Box<dyn Any> {
    black_box(work())
}

/// The work of a closure.
fn work<T: 'static>(work: impl FnOnce() -> T + 'static) -> Work {
    Box::new(move || Box::new(work()))
}
