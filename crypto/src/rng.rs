//! Randomness as an argument.

pub use kaibiao_gm::rng::{Rng, bytes};
