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
use core::hint::black_box;

use fearless_simd::{Bytes as _, Level, Simd, SimdBase as _, dispatch};
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

/// T_j, rotated by j (GB/T 32905, 4.2 and 5.3.3), in sixteens.
const CONSTANTS: [[u32; 16]; 4] = [
    rotated(0x79cc_4519, 0),
    rotated(0x7a87_9d8a, 16),
    rotated(0x7a87_9d8a, 32),
    rotated(0x7a87_9d8a, 48),
];

const fn rotated(constant: u32, from: u32) -> [u32; 16] {
    let mut rotated = [constant.rotate_left(from % 32); 16];
    let mut at = 1;
    while at < 16 {
        rotated[at] = rotated[at - 1].rotate_left(1);
        at += 1;
    }
    rotated
}

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
    // Lanes without a text repeat the last one's.
    let nothing: &[u8] = &[];
    let texts: [_; MOST_LANES] =
        from_fn(|lane| *texts.get(lane).or(texts.last()).unwrap_or(&nothing));
    for block in 0..blocks {
        let words = words(simd, &texts, block * BLOCK);
        compress(simd, &mut state, words);
    }
    let mut states = [[0; MOST_LANES]; 8];
    for (words, state) in states.iter_mut().zip(state) {
        state.store_slice(&mut words[..lanes]);
    }
    states
}

/// The words of the block at a place of each text: registers are filled from one text each,
/// and turned by interleaving them.
#[inline(always)]
fn words<S: Simd>(simd: S, texts: &[&[u8]; MOST_LANES], at: usize) -> [S::u32s; 16] {
    let (lanes, bytes) = (S::u32s::LEN, S::u8s::LEN);
    let mut words: [S::u32s; 16] = from_fn(|register| {
        let (part, lane) = (register / lanes, register % lanes);
        let text = &texts[lane][at + part * bytes..][..bytes];
        big_endian::<S>(simd, S::u8s::from_slice(simd, text).bitcast())
    });
    let half = lanes / 2;
    for _ in 0..lanes.ilog2() {
        let rows = words;
        for pair in 0..8 {
            let (part, row) = (pair / half, pair % half);
            let at = part * lanes + row;
            (words[2 * pair], words[2 * pair + 1]) = rows[at].interleave(rows[at + half]);
        }
    }
    words
}

/// CF (GB/T 32905, 5.3.3), with words expanded as they are needed.
#[inline(always)]
fn compress<S: Simd>(simd: S, state: &mut [S::u32s; 8], mut w: [S::u32s; 16]) {
    // Loading a constant is cheaper than building a register of it, as WASM does.
    let [first, middle @ .., last] = black_box(&CONSTANTS);
    let mut v = *state;
    sixteen::<S, true>(simd, &mut v, &mut w, first, 16);
    for constants in middle {
        sixteen::<S, false>(simd, &mut v, &mut w, constants, 16);
    }
    // W_67 is the last word.
    sixteen::<S, false>(simd, &mut v, &mut w, last, 4);
    for (state, word) in state.iter_mut().zip(v) {
        *state ^= word;
    }
}

/// Sixteen rounds, the first `expanded` of which put W_(j+16) in the place of W_j. They are
/// written out, so that words are in registers, whatever a compiler thinks of loops.
#[inline(always)]
fn sixteen<S: Simd, const EARLY: bool>(
    simd: S,
    v: &mut [S::u32s; 8],
    w: &mut [S::u32s; 16],
    constants: &[u32; 16],
    expanded: usize,
) {
    four::<S, EARLY>(simd, v, w, constants, expanded, 0);
    four::<S, EARLY>(simd, v, w, constants, expanded, 4);
    four::<S, EARLY>(simd, v, w, constants, expanded, 8);
    four::<S, EARLY>(simd, v, w, constants, expanded, 12);
}

#[inline(always)]
fn four<S: Simd, const EARLY: bool>(
    simd: S,
    v: &mut [S::u32s; 8],
    w: &mut [S::u32s; 16],
    constants: &[u32; 16],
    expanded: usize,
    at: usize,
) {
    round::<S, EARLY>(simd, v, [0, 1, 2, 3], w, constants, at);
    expand::<S>(w, expanded, at);
    round::<S, EARLY>(simd, v, [3, 0, 1, 2], w, constants, at + 1);
    expand::<S>(w, expanded, at + 1);
    round::<S, EARLY>(simd, v, [2, 3, 0, 1], w, constants, at + 2);
    expand::<S>(w, expanded, at + 2);
    round::<S, EARLY>(simd, v, [1, 2, 3, 0], w, constants, at + 3);
    expand::<S>(w, expanded, at + 3);
}

/// `order` is where A to D are, and E to H behind them.
#[inline(always)]
fn round<S: Simd, const EARLY: bool>(
    simd: S,
    v: &mut [S::u32s; 8],
    order: [usize; 4],
    w: &[S::u32s; 16],
    constants: &[u32; 16],
    at: usize,
) {
    let [a, b, c, d] = order.map(|at| v[at]);
    let [e, f, g, h] = order.map(|at| v[4 + at]);
    let turned = turn::<S>(a, 12);
    let ss1 = turn::<S>(turned + e + S::u32s::splat(simd, constants[at]), 7);
    let ss2 = ss1 ^ turned;
    let (ff, gg) = if EARLY {
        (a ^ b ^ c, e ^ f ^ g)
    } else {
        ((a & b) | (c & (a | b)), g ^ (e & (f ^ g)))
    };
    let tt1 = ff + d + ss2 + (w[at] ^ w[(at + 4) % 16]);
    let tt2 = gg + h + ss1 + w[at];
    let [_, b_at, _, d_at] = order;
    v[b_at] = turn::<S>(b, 9);
    v[d_at] = tt1;
    v[4 + b_at] = turn::<S>(f, 19);
    v[4 + d_at] = tt2 ^ turn::<S>(tt2, 9) ^ turn::<S>(tt2, 17);
}

/// W_(j+16), in the place of W_j.
#[inline(always)]
fn expand<S: Simd>(w: &mut [S::u32s; 16], expanded: usize, at: usize) {
    if at < expanded {
        let x = w[at] ^ w[(at + 7) % 16] ^ turn::<S>(w[(at + 13) % 16], 15);
        let x = x ^ turn::<S>(x, 15) ^ turn::<S>(x, 23);
        w[at] = x ^ turn::<S>(w[(at + 3) % 16], 7) ^ w[(at + 10) % 16];
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
