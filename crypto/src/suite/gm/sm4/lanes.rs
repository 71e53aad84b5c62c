//! CTR on as many blocks at once as a register has bits.
//!
//! Bit `b` of word `w` of all those blocks is one register, `x[w][b]`: adding and
//! rotating words then costs nothing but names, and the S-box is its circuit.
//! Blocks are numbered so that bit `p` of the 32-bit lane `l` belongs to block
//! `32 l + p`. Counter blocks need no turning, because their bits are either the
//! same in all blocks or a pattern; the key stream is turned by transposing 32
//! planes as 32 x 32 bits in each lane.

#![allow(
    clippy::inline_always,
    reason = "code must be inlined where the processor's instructions are enabled"
)]

use fearless_simd::{Level, Simd, SimdBase as _, dispatch};
use zeroize::Zeroize as _;

use super::{BLOCK, sbox, spread};

/// The constants of the S-box, as a word.
const BEFORE: u32 = 0x0101_0101 * sbox::BEFORE as u32;
const AFTER: u32 = 0x0101_0101 * sbox::AFTER as u32;

/// The widest register has 16 lanes.
const MOST_LANES: usize = 16;

/// Adds the key stream from counter block `nonce || first` on.
pub(super) fn ctr(rounds: &[u32; 32], nonce: [u32; 3], first: u32, text: &mut [u8]) {
    let mut keys = planes(rounds);
    let level = Level::new();
    dispatch!(level, simd => batches(simd, &keys, nonce, first, text));
    keys.zeroize();
}

/// Round keys as planes: all ones where the bit is set. The constants of the S-box
/// are in them. A word that was made by a round with AFTER left out differs from
/// the true one by L(AFTER); so do words 4 to 7, and words 8 to 11 are right
/// again, since they add the difference a second time. The last four are right.
fn planes(rounds: &[u32; 32]) -> [[u32; 32]; 32] {
    let differs = |word: usize| if word / 4 % 2 == 1 { spread(AFTER) } else { 0 };
    std::array::from_fn(|i| {
        let key = rounds[i] ^ BEFORE ^ differs(i + 1) ^ differs(i + 2) ^ differs(i + 3);
        std::array::from_fn(|bit| 0_u32.wrapping_sub(key >> bit & 1))
    })
}

#[inline(always)]
fn batches<S: Simd>(
    simd: S,
    keys: &[[u32; 32]; 32],
    nonce: [u32; 3],
    mut counter: u32,
    text: &mut [u8],
) {
    let lanes = S::u32s::LEN;
    // The key stream as words: word w of block 32 l + p is at (32 w + p) lanes + l.
    let mut stream = [0; 128 * MOST_LANES];
    for batch in text.chunks_mut(32 * lanes * BLOCK) {
        key_stream(simd, keys, nonce, counter, &mut stream[..128 * lanes]);
        for (bytes, block) in batch.chunks_mut(BLOCK).zip(0..) {
            let (l, p) = (block / 32, block % 32);
            let mut pad = [0; BLOCK];
            for (pad, w) in pad.chunks_exact_mut(4).zip(0..) {
                pad.copy_from_slice(&stream[(32 * w + p) * lanes + l].to_be_bytes());
            }
            for (byte, pad) in bytes.iter_mut().zip(pad) {
                *byte ^= pad;
            }
        }
        counter = counter.wrapping_add(u32::try_from(32 * lanes).expect("512 at most"));
    }
    stream.zeroize();
}

#[inline(always)]
fn key_stream<S: Simd>(
    simd: S,
    keys: &[[u32; 32]; 32],
    nonce: [u32; 3],
    counter: u32,
    stream: &mut [u32],
) {
    let splat = |word| S::u32s::splat(simd, word);
    let mut x = [[splat(0); 32]; 4];
    for (planes, word) in x.iter_mut().zip(nonce) {
        for (bit, plane) in planes.iter_mut().enumerate() {
            *plane = splat(0_u32.wrapping_sub(word >> bit & 1));
        }
    }
    // Counters of one batch that begins anywhere: their bits are worked out lane
    // by lane, 32 counters at a time.
    let mut turned = [[0; MOST_LANES]; 32];
    for l in 0..S::u32s::LEN {
        let begin = counter.wrapping_add(u32::try_from(32 * l).expect("512 at most"));
        let bits = counters(begin);
        for (lanes, bits) in turned.iter_mut().zip(bits) {
            lanes[l] = bits;
        }
    }
    for (plane, lanes) in x[3].iter_mut().zip(&turned) {
        *plane = S::u32s::from_slice(simd, &lanes[..S::u32s::LEN]);
    }

    let (four, _) = keys.as_chunks::<4>();
    for keys in four {
        let [x0, x1, x2, x3] = &mut x;
        round(simd, x0, x1, x2, x3, &keys[0]);
        round(simd, x1, x2, x3, x0, &keys[1]);
        round(simd, x2, x3, x0, x1, &keys[2]);
        round(simd, x3, x0, x1, x2, &keys[3]);
    }

    // The words come out in reverse order.
    let words = stream.chunks_exact_mut(32 * S::u32s::LEN);
    for (mut planes, words) in x.into_iter().rev().zip(words) {
        transpose(simd, &mut planes);
        for (plane, lanes) in planes.iter().zip(words.chunks_exact_mut(S::u32s::LEN)) {
            plane.store_slice(lanes);
        }
    }
}

/// Bit b of the 32 counters from `begin` on, as one word: bit p is of `begin + p`.
#[inline(always)]
fn counters(begin: u32) -> [u32; 32] {
    // Below 2^5 the bits of p are patterns; what `begin` adds to them is a carry
    // that is rippled through as a circuit on whole words.
    const PATTERNS: [u32; 5] = [
        0xaaaa_aaaa,
        0xcccc_cccc,
        0xf0f0_f0f0,
        0xff00_ff00,
        0xffff_0000,
    ];
    let mut carry = 0;
    std::array::from_fn(|bit| {
        let p = PATTERNS.get(bit).copied().unwrap_or(0);
        let b = 0_u32.wrapping_sub(begin >> bit & 1);
        let sum = p ^ b ^ carry;
        carry = (p & b) | (carry & (p ^ b));
        sum
    })
}

/// x0 += L(S(x1 + x2 + x3 + key)).
#[inline(always)]
fn round<S: Simd>(
    simd: S,
    x0: &mut [S::u32s; 32],
    x1: &[S::u32s; 32],
    x2: &[S::u32s; 32],
    x3: &[S::u32s; 32],
    key: &[u32; 32],
) {
    let mut b = [S::u32s::splat(simd, 0); 32];
    for byte in 0..4 {
        let at = 8 * byte;
        let input = std::array::from_fn(|bit| {
            let bit = at + bit;
            x1[bit] ^ x2[bit] ^ (x3[bit] ^ S::u32s::splat(simd, key[bit]))
        });
        b[at..at + 8].copy_from_slice(&sbox::core(input));
    }
    for (bit, x) in x0.iter_mut().enumerate() {
        // Rotating left by r puts bit - r at bit.
        let of = |r: usize| b[(bit + 32 - r) % 32];
        *x = *x ^ b[bit] ^ (of(2) ^ of(10)) ^ (of(18) ^ of(24));
    }
}

/// In each lane, bit i of plane j is exchanged with bit j of plane i.
#[inline(always)]
fn transpose<S: Simd>(simd: S, planes: &mut [S::u32s; 32]) {
    for (width, mask) in [
        (16, 0x0000_ffff),
        (8, 0x00ff_00ff),
        (4, 0x0f0f_0f0f),
        (2, 0x3333_3333),
        (1, 0x5555_5555_u32),
    ] {
        let mask = S::u32s::splat(simd, mask);
        for low in (0..32).filter(|at| at & width == 0) {
            let (a, b) = (planes[low], planes[low + width]);
            let shift = u32::try_from(width).expect("16 at most");
            let swap = ((a >> shift) ^ b) & mask;
            planes[low + width] = b ^ swap;
            planes[low] = a ^ (swap << shift);
        }
    }
}
