//! A seeded source of bytes for tests and vectors: SHA-256 of seed and counter.

use crate::digest::Digest;
use crate::rng::Rng;

pub(crate) struct TestRng {
    seed: Digest,
    counter: u64,
    block: Vec<u8>,
}

impl TestRng {
    pub(crate) fn new(seed: &str) -> Self {
        Self {
            seed: Digest::of(seed.as_bytes()),
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
                self.block = Digest::of_parts(&[self.seed.as_bytes(), &counter])
                    .as_bytes()
                    .to_vec();
                self.counter += 1;
            }
            *byte = self.block.pop().expect("the block was just filled");
        }
    }
}
