//! The store, from outside: its adapters under one suite, faults, kills.

#![allow(clippy::unwrap_used)]

mod copy;
mod crash;
mod failover;
mod faults;
mod faulty;
mod full_disk;
mod postgres;
mod s3;
mod sqlite;
#[path = "../../../../tests/stands/postgres.rs"]
mod stands;
mod suite;
mod tls;
#[path = "../../../../tests/stands/weed.rs"]
mod weed;
