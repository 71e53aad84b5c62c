//! The rules of an opening, told one by one, and held over arbitrary histories.

// Helpers outside #[test] functions are tests all the same.
#![allow(clippy::unwrap_used)]

mod access;
mod agents;
mod alerts;
mod announcing;
mod audit;
mod bidding;
mod checking;
mod clock;
mod complaints;
mod consortia;
mod disclosure;
mod erasing;
mod figures;
mod golden;
mod histories;
mod lawful;
mod names;
mod noting;
mod platform;
mod player;
mod preparing;
mod private;
mod properties;
mod references;
mod releasing;
mod room;
mod scale;
mod several;
mod suites;
mod unlocking;
mod vectors;
mod withholding;
mod world;
