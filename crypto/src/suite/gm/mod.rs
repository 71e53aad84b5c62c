//! Suite `gm`: SM2, SM3 and SM4 (docs/spec/suite-gm.md).

pub(super) mod certificates;
pub(super) mod keyfile;
pub(super) mod message;
pub(super) mod spki;
pub(super) mod wrap;

// The algorithms themselves are a crate, since the page runs them too.
use kaibiao_gm::sm4;
pub(super) use kaibiao_gm::{kdf, segment, sm2, sm3};
