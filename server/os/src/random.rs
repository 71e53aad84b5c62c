//! Randomness from the operating system, the only source in the service.

use kaibiao_crypto::rng::Rng;
use ring::rand::{SecureRandom as _, SystemRandom};

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// Fills `bytes` with random bytes.
///
/// # Panics
/// When the operating system yields no random bytes, since nothing safe can be
/// done without them.
pub fn fill(bytes: &mut [u8]) {
    SystemRandom::new()
        .fill(bytes)
        .expect("invariant: the operating system yields random bytes");
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}
