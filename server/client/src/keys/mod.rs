//! Private keys and the certificates that go with them.

pub mod generate;
pub mod store;
