//! The rules of a bid opening, pure: no files, no network, no clock, no
//! randomness. Time and randomness come in as arguments; events go out.
//!
//! A command is put to `decide`, which answers with events or a refusal;
//! `evolve` folds the events' facts into the state and refuses unlawful ones.
//! `reveal` and `view` say who may know what of it.

#![deny(missing_docs)]
// A number that does not fit is a fault to be met where it happens.
#![deny(clippy::as_conversions)]
// A new act, event or stage must not fall into somebody else's arm.
#![deny(clippy::wildcard_enum_match_arm)]
#![warn(clippy::pedantic)]
// A pure function is called for what it returns; saying so on each says nothing.
#![allow(clippy::must_use_candidate)]
// A match with an arm for each act or event is as long as their list.
#![allow(clippy::too_many_lines)]
// Arms are kept apart that make the same today for different reasons, and
// whose place in the list follows the course of an opening.
#![allow(clippy::match_same_arms)]
// The patterns of `evolve::homes` expand to nested ones.
#![allow(clippy::unnested_or_patterns)]
// State and stage, link and line, are the field's words.
#![allow(clippy::similar_names)]
// A match on `Some` and `None` shows that both cases were thought of.
#![allow(clippy::single_match_else)]
// What travels says yes or no to several questions at once.
#![allow(clippy::struct_excessive_bools)]

pub mod access;
pub mod act;
pub mod agents;
pub mod alert;
pub mod anchored;
pub mod asks;
pub mod book;
pub mod bulletin;
pub mod command;
pub mod complaints;
pub mod compose;
pub mod decide;
pub mod details;
pub mod disclosure;
pub mod due;
pub mod erasure;
pub mod event;
pub mod evolve;
pub mod figures;
pub mod files;
pub mod filter;
mod flags;
pub mod ids;
pub mod lawful;
pub mod lists;
pub mod lot;
pub mod missing;
pub mod news;
mod number;
pub mod permissions;
pub mod platform;
pub mod platform_keys;
pub mod player;
pub mod project;
pub mod receipt;
pub mod record;
pub mod reference;
pub mod refusal;
pub mod register;
pub mod reveal;
pub mod role;
mod rulings;
pub mod schema;
pub mod shared;
pub mod sheet;
pub mod signed;
pub mod state;
pub mod stream;
pub mod tally;
pub mod terms;
pub mod text;
pub mod view;
pub mod viewer;

pub use decide::decide;
pub use evolve::evolve;
pub use project::Project;
