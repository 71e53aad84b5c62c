//! SM3 of several texts side by side: word w of the texts' blocks is one register,
//! with a lane for each text.

#![allow(
    clippy::inline_always,
    reason = "code must be inlined where the processor's instructions are enabled"
)]
#![allow(
    clippy::many_single_char_names,
    reason = "they are the standard's names"
)]

use alloc::vec::Vec;
use core::array::from_fn;

use fearless_simd::{Level, Simd, SimdBase as _, dispatch};
use sm3::Sm3;
use sm3::digest::common::hazmat::{SerializableState as _, SerializedState};

const BLOCK: usize = 64;

/// The widest register has 16 lanes.
const MOST_LANES: usize = 16;

/// IV (GB/T 32905, 4.1).
const START: [u32; 8] = [
    0x7380_166f,
    0x4914_b2b9,
    0x1724_42d7,
    0xda8a_0600,
    0xa96f_30bc,
    0x1631_38aa,
    0xe38d_ee4d,
    0xb0fb_0e4e,
];

/// A hasher for each text, which has taken it.
pub(super) fn hashers(level: Level, texts: &[&[u8]]) -> Vec<Sm3> {
    dispatch!(level, simd => groups(simd, texts))
}

/// How many texts are hashed side by side.
pub(super) fn count() -> usize {
    let level = crate::level();
    dispatch!(level, simd => lanes_of(simd))
}

#[inline(always)]
fn lanes_of<S: Simd>(_: S) -> usize {
    S::u32s::LEN
}

#[inline(always)]
fn groups<S: Simd>(simd: S, texts: &[&[u8]]) -> Vec<Sm3> {
    let mut hashers = Vec::with_capacity(texts.len());
    for group in texts.chunks(S::u32s::LEN) {
        // What all of them have is hashed side by side. A lone text gains nothing.
        let blocks = match group {
            [] | [_] => 0,
            _ => group
                .iter()
                .map(|text| text.len() / BLOCK)
                .min()
                .unwrap_or(0),
        };
        let states = side_by_side(simd, group, blocks);
        for (lane, text) in group.iter().enumerate() {
            let mut hasher = resumed(from_fn(|word| states[word][lane]), blocks as u64);
            sm3::Digest::update(&mut hasher, &text[blocks * BLOCK..]);
            hashers.push(hasher);
        }
    }
    hashers
}

/// A hasher that has taken so many blocks and stands at this state.
fn resumed(state: [u32; 8], blocks: u64) -> Sm3 {
    let mut bytes = SerializedState::<Sm3>::default();
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes[32..40].copy_from_slice(&blocks.to_le_bytes());
    Sm3::deserialize(&bytes).expect("a state between blocks has nothing in its buffer")
}

#[inline(always)]
fn side_by_side<S: Simd>(simd: S, texts: &[&[u8]], blocks: usize) -> [[u32; MOST_LANES]; 8] {
    let lanes = S::u32s::LEN;
    let mut state: [S::u32s; 8] = from_fn(|word| S::u32s::splat(simd, START[word]));
    let mut turned = [[0; MOST_LANES]; 16];
    for block in 0..blocks {
        // Lanes without a text repeat the last one's.
        for (lane, text) in texts.iter().enumerate() {
            let (words, _) = text[block * BLOCK..][..BLOCK].as_chunks::<4>();
            for (turned, word) in turned.iter_mut().zip(words) {
                turned[lane] = u32::from_ne_bytes(*word);
            }
        }
        let words =
            from_fn(|word| big_endian(simd, S::u32s::from_slice(simd, &turned[word][..lanes])));
        compress(simd, &mut state, words);
    }
    let mut states = [[0; MOST_LANES]; 8];
    for (words, state) in states.iter_mut().zip(state) {
        state.store_slice(&mut words[..lanes]);
    }
    states
}

/// CF (GB/T 32905, 5.3.3), with words expanded as they are needed.
#[inline(always)]
fn compress<S: Simd>(simd: S, state: &mut [S::u32s; 8], mut w: [S::u32s; 16]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for j in 0..64 {
        let (early, constant) = if j < 16 {
            (true, 0x79cc_4519_u32)
        } else {
            (false, 0x7a87_9d8a)
        };
        let constant = S::u32s::splat(simd, constant.rotate_left(j % 32));
        let at = (j % 16) as usize;
        let turned = turn::<S>(a, 12);
        let ss1 = turn::<S>(turned + e + constant, 7);
        let ss2 = ss1 ^ turned;
        let (ff, gg) = if early {
            (a ^ b ^ c, e ^ f ^ g)
        } else {
            ((a & b) | (c & (a | b)), g ^ (e & (f ^ g)))
        };
        let tt1 = ff + d + ss2 + (w[at] ^ w[(at + 4) % 16]);
        let tt2 = gg + h + ss1 + w[at];
        (d, c, b, a) = (c, turn::<S>(b, 9), a, tt1);
        (h, g, f) = (g, turn::<S>(f, 19), e);
        e = tt2 ^ turn::<S>(tt2, 9) ^ turn::<S>(tt2, 17);
        // W_(j+16), in the place of W_j, as far as W_67.
        if j < 52 {
            let x = w[at] ^ w[(at + 7) % 16] ^ turn::<S>(w[(at + 13) % 16], 15);
            let x = x ^ turn::<S>(x, 15) ^ turn::<S>(x, 23);
            w[at] = x ^ turn::<S>(w[(at + 3) % 16], 7) ^ w[(at + 10) % 16];
        }
    }
    for (state, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *state ^= word;
    }
}

/// Words that were read as this machine reads them, as the standard does.
#[inline(always)]
fn big_endian<S: Simd>(simd: S, words: S::u32s) -> S::u32s {
    if cfg!(target_endian = "big") {
        return words;
    }
    let odd = S::u32s::splat(simd, 0xff00_ff00);
    let turned = turn::<S>(words, 16);
    ((turned & odd) >> 8) | ((turned << 8) & odd)
}

/// Rotates to the left.
#[inline(always)]
fn turn<S: Simd>(word: S::u32s, by: u32) -> S::u32s {
    (word << by) | (word >> (32 - by))
}
