//! The command line as people use it: the built binary, real files, openssl.

mod bid;
mod desk;
mod pki;
