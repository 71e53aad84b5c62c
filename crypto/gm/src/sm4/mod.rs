//! SM4 (GB/T 32907): CTR for segments and key files, CBC for wraps.
//!
//! Nothing here is looked up by a secret: the S-box is a circuit ([`sbox`]). One
//! block at a time puts the four bytes of a word into it; [`lanes`] puts as many
//! blocks into it as a register has bits.

mod lanes;
mod sbox;

use fearless_simd::Level;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a block and of a key.
pub const BLOCK: usize = 16;

/// FK (GB/T 32907, 7.3.3 a).
const FAMILY: [u32; 4] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc];

/// The round keys of a key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Sm4 {
    rounds: [u32; 32],
}

impl Sm4 {
    /// Expands the key.
    pub fn new(key: &[u8; BLOCK]) -> Self {
        let mut k = words(key);
        for (word, family) in k.iter_mut().zip(FAMILY) {
            *word ^= family;
        }
        let mut rounds = [0; 32];
        for (round, i) in rounds.iter_mut().zip(0..) {
            let b = substitute(k[1] ^ k[2] ^ k[3] ^ constant(i));
            *round = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
            k = [k[1], k[2], k[3], *round];
        }
        k.zeroize();
        Self { rounds }
    }

    /// Adds the key stream of CTR: `counter` is the first counter block, and its
    /// last 32 bits count blocks.
    ///
    /// # Panics
    /// When the last 32 bits would run over; a chunk has at most 2^16 blocks.
    pub fn ctr(&self, counter: &[u8; BLOCK], text: &mut [u8]) {
        self.ctr_at(crate::level(), counter, text);
    }

    /// With the instructions of this level.
    pub(crate) fn ctr_at(&self, level: Level, counter: &[u8; BLOCK], text: &mut [u8]) {
        let [n0, n1, n2, first] = words(counter);
        let blocks = u32::try_from(text.len().div_ceil(BLOCK)).ok();
        blocks
            .and_then(|blocks| first.checked_add(blocks))
            .expect("a chunk is far below 2^32 blocks");
        lanes::ctr(level, &self.rounds, [n0, n1, n2], first, text);
    }

    /// CBC over whole blocks, in place, without padding.
    pub fn cbc_encrypt(&self, iv: &[u8; BLOCK], blocks: &mut [[u8; BLOCK]]) {
        let mut last = *iv;
        for block in blocks {
            for (byte, last) in block.iter_mut().zip(last) {
                *byte ^= last;
            }
            *block = self.encrypt(block);
            last = *block;
        }
    }

    /// Undoes [`Self::cbc_encrypt`].
    pub fn cbc_decrypt(&self, iv: &[u8; BLOCK], blocks: &mut [[u8; BLOCK]]) {
        let mut last = *iv;
        for block in blocks {
            let next = *block;
            *block = self.decrypt(block);
            for (byte, last) in block.iter_mut().zip(last) {
                *byte ^= last;
            }
            last = next;
        }
    }

    /// One block by itself, as ECB takes it.
    pub fn encrypt(&self, block: &[u8; BLOCK]) -> [u8; BLOCK] {
        run(block, self.rounds.iter())
    }

    /// Undoes [`Self::encrypt`].
    pub fn decrypt(&self, block: &[u8; BLOCK]) -> [u8; BLOCK] {
        run(block, self.rounds.iter().rev())
    }
}

fn run<'a>(block: &[u8; BLOCK], keys: impl Iterator<Item = &'a u32>) -> [u8; BLOCK] {
    let mut x = Zeroizing::new(words(block));
    for key in keys {
        let next = x[0] ^ spread(substitute(x[1] ^ x[2] ^ x[3] ^ key));
        *x = [x[1], x[2], x[3], next];
    }
    let mut out = [0; BLOCK];
    for (bytes, word) in out.chunks_exact_mut(4).zip(x.iter().rev()) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

fn words(block: &[u8; BLOCK]) -> [u32; 4] {
    let (words, _) = block.as_chunks::<4>();
    core::array::from_fn(|at| u32::from_be_bytes(words[at]))
}

/// CK (GB/T 32907, 7.3.3 b): byte j of word i is 7 (4 i + j) modulo 256.
fn constant(i: u8) -> u32 {
    let byte = |j: u8| i.wrapping_mul(4).wrapping_add(j).wrapping_mul(7);
    u32::from_be_bytes([byte(0), byte(1), byte(2), byte(3)])
}

/// The S-box on each byte of a word: plane `bit` holds that bit of all four.
fn substitute(word: u32) -> u32 {
    const BYTES: u32 = 0x0101_0101;
    let word = word ^ (BYTES * u32::from(sbox::BEFORE));
    let planes = core::array::from_fn(|bit| word >> bit & BYTES);
    let out = sbox::core(planes);
    let sum = (0..8).fold(0, |sum, bit| sum | out[bit] << bit);
    sum ^ (BYTES * u32::from(sbox::AFTER))
}

/// L (GB/T 32907, 6.2.2 b).
fn spread(b: u32) -> u32 {
    b ^ b.rotate_left(2) ^ b.rotate_left(10) ^ b.rotate_left(18) ^ b.rotate_left(24)
}

#[cfg(test)]
mod tests;
