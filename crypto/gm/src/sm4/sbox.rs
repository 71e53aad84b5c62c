//! The S-box of SM4 as a circuit of 124 gates, without a table: each bit of an
//! input is a bit plane, and one evaluation serves as many bytes as a plane has
//! bits. No branch and no index depends on what is computed.
//!
//! S(x) = A inv(A x + c) + c over GF(2^8) with x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1.
//! The field is isomorphic to that of AES, so the middle is the inversion of Boyar
//! and Peralta ("A small depth-16 circuit for the AES S-box", 2012); the layers
//! before and after it are A, the isomorphism and their inputs and outputs, taken
//! together. What is left of the constants is [`BEFORE`] and [`AFTER`], so that
//! S(x) = [`core`]`(x + BEFORE) + AFTER`, and both can be put into round keys.

#![allow(
    clippy::many_single_char_names,
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "a circuit has as many wires as it has gates"
)]
#![allow(
    clippy::inline_always,
    reason = "code must be inlined where the processor's instructions are enabled"
)]

use core::ops::{BitAnd, BitXor};

/// What is added to an input of [`core`].
pub(super) const BEFORE: u8 = 0x75;
/// What is added to an output of [`core`].
pub(super) const AFTER: u8 = 0xd3;

/// The S-box without its constants; plane 0 is the least significant bit.
#[inline(always)]
pub(super) fn core<W>([x0, x1, x2, x3, x4, x5, x6, x7]: [W; 8]) -> [W; 8]
where
    W: Copy + BitAnd<Output = W> + BitXor<Output = W>,
{
    // A, and into the field of AES.
    let a8 = x2 ^ x4;
    let a9 = x0 ^ x3;
    let a10 = x1 ^ a9;
    let a11 = x5 ^ a8;
    let a12 = x6 ^ x7;
    let y5 = x2 ^ x6;
    let y3 = x5 ^ a10;
    let y10 = x7 ^ a8;
    let y17 = x7 ^ a10;
    let a17 = x1 ^ a11;
    let a18 = x3 ^ x7;
    let a19 = x4 ^ a12;
    let y9 = x4 ^ y17;
    let a21 = x0 ^ x1;
    let y6 = x3 ^ a11;
    let a23 = a9 ^ a12;
    let y20 = x2 ^ x7;
    let y8 = y5 ^ y3;
    let y18 = a19 ^ a21;
    let y1 = x5 ^ a18;
    let y19 = y3 ^ a19;
    let y14 = a11 ^ a12;
    let y15 = x7 ^ a17;
    let y4 = a8 ^ a23;
    let y12 = a12 ^ a17;
    let y7 = x0 ^ y10;
    let y0 = x1 ^ a18;
    let y21 = a10 ^ a11;
    let y11 = a8 ^ a10;
    let y16 = a9 ^ a11;
    let y2 = x1 ^ y5;

    // Inversion.
    let t2 = y12 & y15;
    let t3 = y3 & y6;
    let t4 = t3 ^ t2;
    let t5 = y4 & y0;
    let t6 = t5 ^ t2;
    let t7 = x1 & y16;
    let t8 = y5 & y1;
    let t9 = t8 ^ t7;
    let t10 = y2 & y7;
    let t11 = t10 ^ t7;
    let t12 = y9 & y11;
    let t13 = y14 & y17;
    let t14 = t13 ^ t12;
    let t15 = y8 & y10;
    let t16 = t15 ^ t12;
    let t17 = t4 ^ t14;
    let t18 = t6 ^ t16;
    let t19 = t9 ^ t14;
    let t20 = t11 ^ t16;
    let t21 = t17 ^ y20;
    let t22 = t18 ^ y19;
    let t23 = t19 ^ y21;
    let t24 = t20 ^ y18;
    let t25 = t21 ^ t22;
    let t26 = t21 & t23;
    let t27 = t24 ^ t26;
    let t28 = t25 & t27;
    let t29 = t28 ^ t22;
    let t30 = t23 ^ t24;
    let t31 = t22 ^ t26;
    let t32 = t31 & t30;
    let t33 = t32 ^ t24;
    let t34 = t23 ^ t33;
    let t35 = t27 ^ t33;
    let t36 = t24 & t35;
    let t37 = t36 ^ t34;
    let t38 = t27 ^ t36;
    let t39 = t29 & t38;
    let t40 = t25 ^ t39;
    let t41 = t40 ^ t37;
    let t42 = t29 ^ t33;
    let t43 = t29 ^ t40;
    let t44 = t33 ^ t37;
    let t45 = t42 ^ t41;
    let z0 = t44 & y15;
    let z1 = t37 & y6;
    let z2 = t33 & y0;
    let z3 = t43 & y16;
    let z4 = t40 & y1;
    let z5 = t29 & y7;
    let z6 = t42 & y11;
    let z7 = t45 & y17;
    let z8 = t41 & y10;
    let z9 = t44 & y12;
    let z10 = t37 & y3;
    let z11 = t33 & y4;
    let z12 = t43 & x1;
    let z13 = t40 & y5;
    let z14 = t29 & y2;
    let z15 = t42 & y9;
    let z16 = t45 & y14;
    let z17 = t41 & y8;

    // Back, and A.
    let b18 = z9 ^ z15;
    let b19 = z6 ^ z10;
    let b20 = z13 ^ b19;
    let b21 = z0 ^ z1;
    let b22 = z14 ^ b20;
    let b23 = z8 ^ b21;
    let b24 = z17 ^ b18;
    let b25 = z5 ^ b23;
    let b26 = z7 ^ b22;
    let b27 = z16 ^ b18;
    let b28 = z4 ^ z11;
    let b29 = b25 ^ b27;
    let b30 = b24 ^ b26;
    let b31 = z12 ^ z15;
    let b32 = z0 ^ b28;
    let b33 = z2 ^ b26;
    let b34 = b21 ^ b30;
    let b35 = b22 ^ b25;
    let b36 = z4 ^ b30;
    let b37 = b32 ^ b33;
    let b38 = z10 ^ b29;
    let b39 = b19 ^ b29;
    let b40 = b28 ^ b35;
    let b41 = z11 ^ b24;
    let b42 = z7 ^ b38;
    let b43 = z16 ^ b31;
    let b44 = z3 ^ b36;
    let b45 = z3 ^ b42;
    let b46 = z4 ^ b39;
    let b47 = z13 ^ b43;
    let b48 = z5 ^ b37;

    [b45, b40, b44, b41, b46, b34, b48, b47]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S by its definition, bit by bit.
    fn defined(x: u8) -> u8 {
        let affine = |x: u8| {
            (0..8).fold(AFTER, |sum, row| {
                // The first row is 10100111, and each next one the same turned by one.
                let bits = (0b1010_0111_u8.rotate_left(row) & x).count_ones() & 1;
                sum ^ (u8::from(bits == 1) << row)
            })
        };
        let times = |a: u8, b: u8| {
            (0..8).fold((0_u8, a), |(sum, a), bit| {
                let sum = if b >> bit & 1 == 1 { sum ^ a } else { sum };
                (sum, a << 1 ^ if a & 0x80 == 0 { 0 } else { 0xf5 })
            })
        };
        let input = affine(x);
        let inverse = (0..=255).find(|y| times(input, *y).0 == 1).unwrap_or(0);
        affine(inverse)
    }

    #[test]
    fn the_circuit_is_the_s_box_for_every_byte() {
        for x in 0..=255 {
            let input = x ^ BEFORE;
            let planes = std::array::from_fn(|bit| input >> bit & 1);
            let out = core(planes);
            let found = (0..8).fold(0, |sum, bit| sum | out[bit] << bit) ^ AFTER;
            assert_eq!(found, defined(x), "{x:02x}");
        }
        // GB/T 32907, table 1.
        assert_eq!(
            (defined(0x00), defined(0xef), defined(0xff)),
            (0xd6, 0x84, 0x48)
        );
    }
}
