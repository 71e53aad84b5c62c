//! Suite `gm`: SM2, SM3 and SM4 (docs/spec/suite-gm.md).

pub(super) mod certificates;
pub(super) mod kdf;
pub(super) mod keyfile;
pub(super) mod segment;
pub(super) mod sm2;
pub(super) mod sm3;
mod sm4;
pub(super) mod spki;
pub(super) mod wrap;

#[cfg(test)]
mod tests;
