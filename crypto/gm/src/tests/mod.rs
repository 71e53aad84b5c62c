//! The suite beside others: whether it says the same, and how fast.

mod beside;
mod speed;

use fearless_simd::Level;

use crate::rng::Rng;
use crate::sm3::hmac;

/// A seeded source of bytes.
pub(crate) struct TestRng {
    seed: String,
    counter: u64,
    block: Vec<u8>,
}

impl TestRng {
    pub(crate) fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            counter: 0,
            block: Vec::new(),
        }
    }
}

impl Rng for TestRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.block.is_empty() {
                let counter = self.counter.to_be_bytes();
                self.block = hmac(self.seed.as_bytes(), &[&counter]).to_vec();
                self.counter += 1;
            }
            *byte = self.block.pop().expect("the block was just filled");
        }
    }
}

pub(crate) fn slices(chunks: &mut [Vec<u8>]) -> Vec<&mut [u8]> {
    chunks.iter_mut().map(|chunk| &mut chunk[..]).collect()
}

/// What this processor has, and all that is below it.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let levels = [
        best.as_sse2().map(Level::Sse2),
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
        Some(best),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let levels = [Some(best)];
    levels.into_iter().flatten().collect()
}
