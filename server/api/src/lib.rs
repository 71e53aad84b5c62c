//! What travels over HTTP: one type per request and reply, used by the server
//! and by the command line's client, and described in the OpenAPI document.
//!
//! Times are UTC milliseconds. Digests and handles are lowercase hex. Bytes
//! that are hashed or signed travel as the exact string (canonical JSON) or as
//! standard base64 with padding. Parts whose shape belongs to the rules (a
//! project's view, drafts and terms, acts, the record) are described there and
//! only named here.

#![deny(missing_docs)]
#![warn(clippy::pedantic)]
// What fails here fails as a problem, a refusal or a failure out of a closed
// list, which carries its own texts; a function says more where there is more.
#![allow(clippy::missing_errors_doc)]
// The compiler already tells of a value that nobody uses.
#![allow(clippy::must_use_candidate)]
// OpenAPI, WebSocket and SQLite are words of the language, not of the code.
#![allow(clippy::doc_markdown)]
// State and stage, caller and called, are the field's words.
#![allow(clippy::similar_names)]

mod act;
mod alert;
mod audit;
mod bid;
mod complaint;
mod custody;
mod desk;
mod feed;
mod figures;
mod opening;
mod platform;
pub mod problem;
mod project;
pub mod recheck;
mod record;
mod replay;
mod session;

pub use act::*;
pub use alert::*;
pub use audit::*;
pub use bid::*;
pub use complaint::*;
pub use custody::*;
pub use desk::*;
pub use feed::*;
pub use figures::*;
pub use opening::*;
pub use platform::*;
pub use project::*;
pub use record::*;
pub use replay::*;
pub use session::*;

/// UTC milliseconds since 1970.
pub type Millis = i64;
