//! The store, from outside: its adapters under one suite, faults, kills.

#![allow(clippy::unwrap_used)]

mod crash;
mod faults;
mod full_disk;
mod postgres;
mod sqlite;
#[path = "../../../../tests/stands/postgres.rs"]
mod stands;
mod suite;
