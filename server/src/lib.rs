//! Kaibiao's program: the one place where the rooms are put together.
//!
//! `serve` is the service from start to stop, `cli` the command line. Without
//! the feature `server` only the commands of bidders, custodians and
//! supervisors are there.

pub mod cli;
#[cfg(feature = "server")]
pub mod serve;
