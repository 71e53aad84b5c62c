//! What chance decides, from a seed that is printed, so that a run can be repeated as far
//! as the machine lets it.

use std::sync::Mutex;
use std::time::Duration;

/// xorshift64*.
pub struct Dice(Mutex<u64>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds are to give other throws, and zero would stay zero.
        Self(Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    /// One for somebody of their own, whatever others throw.
    pub fn split(&self) -> Self {
        Self::new(self.roll(u64::MAX))
    }

    /// 0 to `sides` - 1.
    pub fn roll(&self, sides: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % sides
    }

    pub fn one_in(&self, many: u64) -> bool {
        self.roll(many) == 0
    }

    pub fn between(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.roll(most - least))
    }

    pub async fn pause(&self, least: u64, most: u64) {
        tokio::time::sleep(self.between(least, most)).await;
    }
}
