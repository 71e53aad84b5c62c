//! The participants' side: keys, sealing, checking what a server says, and
//! talking to it. Usable in-process against any server URL; prints nothing.

pub mod bid;
pub mod custody;
pub mod failure;
pub mod files;
pub mod http;
pub mod identity;
pub mod keys;
pub mod progress;
pub mod publication;
pub mod room;
pub mod seal;
pub mod statements;
pub mod submission;
pub mod terms;
pub mod unlock;
pub mod upload;

pub use failure::{Failure, Kind, Outcome};
pub use identity::Identity;
pub use progress::Progress;
