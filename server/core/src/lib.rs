//! The rules of a bid opening, pure: no files, no network, no clock, no
//! randomness. Time and randomness come in as arguments; events go out.
//!
//! A command is put to `decide`, which answers with events or a refusal;
//! `evolve` folds the events' facts into the state and refuses unlawful ones.
//! `reveal` and `view` say who may know what of it.

pub mod act;
pub mod book;
pub mod command;
pub mod compose;
pub mod decide;
pub mod details;
pub mod due;
pub mod event;
pub mod evolve;
pub mod ids;
pub mod lot;
pub mod permissions;
pub mod platform;
pub mod project;
pub mod record;
pub mod refusal;
pub mod reveal;
pub mod role;
mod rulings;
pub mod schema;
pub mod shared;
pub mod sheet;
pub mod signed;
pub mod state;
pub mod stream;
pub mod terms;

pub use decide::decide;
pub use evolve::evolve;
pub use project::Project;
pub mod view;
