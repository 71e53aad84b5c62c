//! The store, from outside: its adapters under one suite, faults, kills.

#![allow(clippy::unwrap_used)]

mod crash;
mod faults;
mod sqlite;
mod suite;
