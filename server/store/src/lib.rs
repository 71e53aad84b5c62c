//! Where everything is kept: event streams, blobs, uploads, secrets, sessions.
//!
//! ```text
//! Store::append ──> the one writer: begin, time, fold, decide, seal, tree, rows, commit
//!       load    <── cache <── publish        │                             │
//!       subscribe <── wake <─────────────────│─────────────────────────────┘
//!                                            │
//!                           ledger: the port to the database
//!                                            │
//!                                   sqlite/     postgres/
//! ```
//!
//! No rule of the domain lives here: a stream's kind ([`kaibiao_core`]) says how
//! it folds, the caller's closure decides, and the store sees to order, time,
//! durability and secrecy. docs/ops/storage.md says what is trusted with what.

#![deny(missing_docs)]
#![warn(clippy::pedantic)]
#![allow(clippy::doc_markdown, reason = "SQLite is a name, not code")]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        reason = "tests count in small numbers"
    )
)]

// Tests share a module with those outside of the crate.
#[cfg(test)]
extern crate self as kaibiao_store;

mod append;
mod cache;
mod clock;
mod coalesce;
mod copy;
mod course;
mod damage;
mod erasing;
mod error;
mod files;
mod fold;
mod group;
mod heartbeat;
mod inspect;
mod keys;
mod lanes;
mod ledger;
mod lists;
mod lock;
pub mod moved;
mod nodes;
mod open;
mod postgres;
mod reading;
mod row;
mod sealed;
mod shared;
mod shelves;
mod side;
mod sql;
mod sqlite;
mod store;
mod stream;
mod wake;
mod writer;

pub use clock::{Boot, Clock, Hands, ManualHands, Millis, Reading};
pub use coalesce::{Coalesced, CoalescedBy};
pub use copy::{AtRest, Copied, CopyError, Filed, Progress, Rowed, Site, Tree, backup, copy};
pub use error::{AppendError, OpenError, StoreError};
pub use files::blobs::{Blob, Blobs};
pub use files::documents::{DocumentKey, DocumentWriter, Documents};
pub use files::s3::Bucket;
pub use files::upload_writer::UploadWriter;
pub use files::uploads::{Upload, Uploads};
pub use heartbeat::Condition;
pub use keys::RootSecret;
pub use ledger::Standbys;
pub use lists::{Bounds, Found, Stretched};
pub use lock::Lock;
pub use open::{BlobsPlace, Database, Options};
pub use reading::Listed;
pub use sealed::Part;
pub use side::alerts::{AlertSums, Alerts, Kept, Stands, Waiting};
pub use side::contacts::Contacts;
pub use side::leases::{Leases, Tenure};
pub use side::log::{Log, Placed};
pub use side::login::Challenges;
pub use side::outbox::{Outbox, Outgoing};
pub use side::sessions::Sessions;
pub use side::timestamps::{Stamp, Timestamps, Unstamped};
pub use store::Store;
pub use stream::{
    Appended, At, Claim, Commit, Current, Erasure, EventOf, Exact, Head, Message, RecordedOf,
    StreamId,
};
pub use wake::Changed;
