//! The public log.

pub mod tsa;
