//! The participants' side: keys, sealing, checking what a server says, and
//! talking to it. Usable in-process against any server URL; prints nothing.

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
// A step of a proof belongs to whose proof it is.
#![allow(clippy::unused_self)]
// An error and an order are handed over, not lent.
#![allow(clippy::needless_pass_by_value)]
// The terms of a lot are the terms in its wrapper too.
#![allow(clippy::struct_field_names)]

pub mod anchored;
pub mod audit;
pub mod bid;
pub mod consortium;
pub mod custody;
pub mod failure;
pub mod files;
pub mod http;
pub mod identity;
pub mod keys;
pub mod known;
pub mod lists;
pub mod lost;
pub mod package;
pub mod progress;
pub mod publication;
pub mod receipt;
pub mod recheck;
pub mod record;
pub mod reference;
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
