//! The participants' side: keys, sealing, checking what a server says, and
//! talking to it. Usable in-process against any server URL; prints nothing.

pub mod failure;
pub mod files;
pub mod http;
pub mod keys;
pub mod progress;

pub use failure::{Failure, Kind, Outcome};
pub use progress::Progress;
