//! A signed body as it is kept: the exact text, and who signed it how. The type
//! is the format's own; the rules only carry it.

pub use kaibiao_crypto::act::Signed;
