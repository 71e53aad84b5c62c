//! Submitting a bid: header and signed act first, checked at once; then one
//! resumable upload, whose last verified byte appends the bid's event
//! (办法 art. 26 and 27; docs/spec/uploads.md).

mod checks;
mod checksum;
mod incoming;
mod known;
mod on_disk;
mod quota;
mod receiving;

pub use checks::{Begun, Submitted, begin};
pub use checksum::{Checksum, WrongChecksum};
pub use incoming::Incoming;
pub use known::{find, refresh};
pub use receiving::{Received, abort, receive, resume_all, standing};
