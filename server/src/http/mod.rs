//! Thin handlers: parse, know who calls, ask the use case, reply.

pub mod bids;
pub mod opening;
pub mod uploads;
