//! Kaibiao's program: the one place where the rooms are put together.
//!
//! `serve` is the service from start to stop, `cli` the command line. Without
//! the feature `server` only the commands of bidders, custodians and
//! supervisors are there.

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
// What a person reads is short; clarity comes first.
#![allow(clippy::format_push_string)]
// A command line has an arm for each command.
#![allow(clippy::too_many_lines)]
// A path in a TOML file is quoted as Rust quotes it.
#![allow(clippy::unnecessary_debug_formatting)]
// An import stands where it is needed.
#![allow(clippy::items_after_statements)]

pub mod cli;
#[cfg(feature = "server")]
pub mod serve;
