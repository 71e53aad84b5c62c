//! What is asked of the operating system, by the service and by a party's own
//! program alike: random bytes, small files that are there whole or not at
//! all, the directory of trusted authorities, how many files and connections may be
//! open, and how much room there is on a disk.

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

pub mod descriptors;
pub mod files;
pub mod random;
pub mod space;
pub mod trust;
