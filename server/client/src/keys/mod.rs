//! Private keys and the certificates that go with them.

mod ber;
pub mod envelope;
pub mod generate;
mod hash;
pub mod held;
mod p12;
mod pbe;
mod pem;
pub mod problem;
mod sm2;
pub mod store;
