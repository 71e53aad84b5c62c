//! The command line as people use it: the built binary, real files, openssl.

#![allow(clippy::unwrap_used)]

mod bid;
mod desk;
mod pki;
mod publication;
mod replay;
mod suites;
mod timestamp;
mod witness;
