//! Kaibiao's service and command line: the one place where the rooms are put
//! together.
//!
//! A request goes one way: `http` parses it and decides who calls and whether
//! that caller may; `app` is the use case; the store runs `core::decide` and
//! the append in one transaction; `room` tells the watchers and `jobs` do what
//! takes long. Nothing here knows a rule of the domain, and nothing here
//! speaks SQL.

pub mod api;
pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod http;
pub mod jobs;
pub mod metrics;
pub mod problem;
pub mod room;
pub mod serve;
pub mod trust;
