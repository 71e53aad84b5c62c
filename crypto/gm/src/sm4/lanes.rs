//! CTR on as many blocks at once as a register has bits.
//!
//! Bit `b` of word `w` of all those blocks is one register, `x[w][b]`: adding and
//! rotating words then costs nothing but names, and the S-box is its circuit.
//! Blocks are numbered so that bit `p` of the 32-bit lane `l` belongs to block
//! `p lanes + l`. Counter blocks need no turning, because their bits are the same in
//! all blocks or a pattern; the key stream is turned by transposing 32 planes as
//! 32 x 32 bits in each lane, and then lies in the order of the text but for the four
//! words of a block, which are interleaved.

#![allow(
    clippy::inline_always,
    reason = "code must be inlined where the processor's instructions are enabled"
)]

use core::array::from_fn;

use fearless_simd::{Bytes as _, Level, Simd, SimdBase as _, dispatch};
use zeroize::{Zeroize as _, Zeroizing};

use super::{BLOCK, sbox, spread};

/// The constants of the S-box, as a word.
const BEFORE: u32 = 0x0101_0101 * sbox::BEFORE as u32;
const AFTER: u32 = 0x0101_0101 * sbox::AFTER as u32;

/// The widest register has 16 lanes.
const MOST_LANES: usize = 16;

/// Adds the key stream from counter block `nonce || first` on. Planes of counters
/// are added as a circuit, so a batch may begin anywhere.
pub(super) fn ctr(level: Level, rounds: &[u32; 32], nonce: [u32; 3], first: u32, text: &mut [u8]) {
    let mut keys = planes(rounds);
    dispatch!(level, simd => batches(simd, &keys, nonce, first, text));
    keys.zeroize();
}

/// Round keys as planes: all ones where the bit is set. The constants of the S-box
/// are in them. A word that was made by a round with AFTER left out differs from
/// the true one by L(AFTER); so do words 4 to 7, and words 8 to 11 are right
/// again, since they add the difference a second time. The last four are right.
fn planes(rounds: &[u32; 32]) -> [[u32; 32]; 32] {
    let differs = |word: usize| if word / 4 % 2 == 1 { spread(AFTER) } else { 0 };
    from_fn(|i| {
        let key = rounds[i] ^ BEFORE ^ differs(i + 1) ^ differs(i + 2) ^ differs(i + 3);
        from_fn(|bit| 0_u32.wrapping_sub(key >> bit & 1))
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
    let offsets = offsets(simd);
    let blocks = 32 * S::u32s::LEN;
    let mut batches = text.chunks_exact_mut(blocks * BLOCK);
    for batch in &mut batches {
        add(simd, keys, nonce, counter, &offsets, batch);
        counter = counter.wrapping_add(u32::try_from(blocks).expect("512 at most"));
    }
    let rest = batches.into_remainder();
    if !rest.is_empty() {
        let mut padded = Zeroizing::new([0; 32 * MOST_LANES * BLOCK]);
        padded[..rest.len()].copy_from_slice(rest);
        let batch = &mut padded[..blocks * BLOCK];
        add(simd, keys, nonce, counter, &offsets, batch);
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

/// How far each block of a batch is from its first one, as planes.
#[inline(always)]
fn offsets<S: Simd>(simd: S) -> [S::u32s; 32] {
    let (lanes, bits) = (S::u32s::LEN, S::u32s::LEN.ilog2() as usize);
    from_fn(|bit| match bit.checked_sub(bits) {
        // Which lane it is.
        None => {
            let lane: [u32; MOST_LANES] =
                from_fn(|lane| if lane >> bit & 1 == 1 { u32::MAX } else { 0 });
            S::u32s::from_slice(simd, &lane[..lanes])
        }
        // Which bit of the lane.
        Some(bit) => {
            let p = (0..32).fold(0, |word: u32, p| word | (p >> bit & 1) << p);
            S::u32s::splat(simd, if bit < 5 { p } else { 0 })
        }
    })
}

/// Adds the key stream to one batch, the first block of which has this counter.
#[inline(always)]
fn add<S: Simd>(
    simd: S,
    keys: &[[u32; 32]; 32],
    nonce: [u32; 3],
    counter: u32,
    offsets: &[S::u32s; 32],
    text: &mut [u8],
) {
    let bit = |word: u32, bit: usize| S::u32s::splat(simd, 0_u32.wrapping_sub(word >> bit & 1));
    let mut carry = bit(0, 0);
    let mut x = [
        from_fn(|at| bit(nonce[0], at)),
        from_fn(|at| bit(nonce[1], at)),
        from_fn(|at| bit(nonce[2], at)),
        from_fn(|at| {
            let (a, b) = (bit(counter, at), offsets[at]);
            let sum = a ^ b ^ carry;
            carry = (a & b) | (carry & (a ^ b));
            sum
        }),
    ];
    let (four, _) = keys.as_chunks::<4>();
    for keys in four {
        let [x0, x1, x2, x3] = &mut x;
        round(simd, x0, x1, x2, x3, &keys[0]);
        round(simd, x1, x2, x3, x0, &keys[1]);
        round(simd, x2, x3, x0, x1, &keys[2]);
        round(simd, x3, x0, x1, x2, &keys[3]);
    }

    // Words are big-endian, and come out in reverse order.
    let turn = if cfg!(target_endian = "little") {
        24
    } else {
        0
    };
    for planes in &mut x {
        let mut turned = from_fn(|at| planes[at ^ turn]);
        transpose(simd, &mut turned);
        *planes = turned;
    }
    let [x0, x1, x2, x3] = &x;
    let registers = text.chunks_exact_mut(4 * S::u8s::LEN);
    for (((w3, w2), (w1, w0)), text) in x0.iter().zip(x1).zip(x2.iter().zip(x3)).zip(registers) {
        let (even, odd) = (w0.interleave(*w2), w1.interleave(*w3));
        let (first, second) = (even.0.interleave(odd.0), even.1.interleave(odd.1));
        let pads = [first.0, first.1, second.0, second.1];
        for (pad, text) in pads.into_iter().zip(text.chunks_exact_mut(S::u8s::LEN)) {
            let pad: S::u8s = pad.bitcast();
            (S::u8s::from_slice(simd, text) ^ pad).store_slice(text);
        }
    }
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
        let input = from_fn(|bit| {
            let bit = at + bit;
            x1[bit] ^ x2[bit] ^ (x3[bit] ^ S::u32s::splat(simd, key[bit]))
        });
        b[at..at + 8].copy_from_slice(&sbox::core(input));
    }
    // L is b + b <<< 2 + b <<< 10 + b <<< 18 + b <<< 24. Planes that are 8 apart go together:
    // sums of neighbours among them serve twice, for the four planes themselves and for
    // those two further on.
    for parity in 0..2 {
        let mut before = pairs::<S>(&b, 6 + parity);
        for step in 0..4 {
            let class = 2 * step + parity;
            let these = pairs::<S>(&b, class);
            for byte in 0..4 {
                let x = &mut x0[8 * byte + class];
                // b + b <<< 24; then b <<< 2 + b <<< 10, and b <<< 18.
                let own = these.1[(byte + 1) % 4];
                let at = if class < 2 { (byte + 3) % 4 } else { byte };
                *x = *x ^ own ^ before.1[at] ^ before.0[(at + 2) % 4];
            }
            before = these;
        }
    }
}

/// The four planes of this bit of a byte, and each with the one that is 8 below it.
#[inline(always)]
fn pairs<S: Simd>(b: &[S::u32s; 32], bit: usize) -> ([S::u32s; 4], [S::u32s; 4]) {
    let planes: [_; 4] = from_fn(|byte| b[8 * byte + bit]);
    (
        planes,
        from_fn(|byte| planes[byte] ^ planes[(byte + 3) % 4]),
    )
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
