//! Private keys and the certificates that go with them.

mod ber;
pub mod generate;
pub mod held;
mod p12;
mod pbe;
mod pem;
mod problem;
pub mod store;
