//! The store, from outside: its adapters under one suite, faults, kills.

mod crash;
mod faults;
mod sqlite;
mod suite;
