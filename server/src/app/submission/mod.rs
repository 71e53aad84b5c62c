//! Submitting a bid: header and signed act first, checked at once; then one
//! resumable upload, whose last verified byte appends the bid's event
//! (办法 art. 26 and 27; sealing.md, "Life of a bid", 4).

mod checks;
mod incoming;
mod receiving;

pub use checks::{Submitted, begin};
pub use incoming::{Incoming, Submissions};
pub use receiving::{Received, abort, receive, resume_all, standing};
