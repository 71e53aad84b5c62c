//! Removes the padding of RSAES-OAEP (RFC 8017, 7.1.2, step 3) with SHA-256, MGF1 with
//! SHA-256 and an empty label, where a token has done the private operation alone.
//!
//! Every message of ours has 64 bytes, so the place of each byte is known, and nothing
//! branches on what is decrypted: whoever may ask for decryptions learns only whether
//! the whole was right (Manger, CRYPTO 2001, needs the first byte alone).

use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::digest::Sha256;

const HASH: usize = 32;
/// secret || H(wctx)
const MESSAGE: usize = 64;
/// SHA-256 of the empty label.
const LABEL: [u8; HASH] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The message of 64 bytes in an encoded message of 0x00 || maskedSeed || maskedDB;
/// `None` when anything of it is wrong.
pub(crate) fn message(encoded: &[u8]) -> Option<Zeroizing<[u8; MESSAGE]>> {
    let (first, rest) = encoded.split_first()?;
    let (seed, masked) = rest.split_first_chunk::<HASH>()?;
    let mut seed = Zeroizing::new(*seed);
    let mut block = Zeroizing::new(masked.to_vec());
    add_mask(seed.as_mut_slice(), masked);
    add_mask(&mut block, seed.as_slice());

    let text = block.len().checked_sub(MESSAGE)?;
    let zeros = block.get(HASH..text.checked_sub(1)?)?;
    let any = zeros.iter().fold(0, |any, byte| any | byte);
    let right: Choice =
        first.ct_eq(&0) & block[..HASH].ct_eq(&LABEL) & any.ct_eq(&0) & block[text - 1].ct_eq(&1);
    let mut message = Zeroizing::new([0; MESSAGE]);
    message.copy_from_slice(&block[text..]);
    bool::from(right).then_some(message)
}

/// Adds MGF1 (RFC 8017, B.2.1) of `seed` to `bytes`.
fn add_mask(bytes: &mut [u8], seed: &[u8]) {
    for (part, counter) in bytes.chunks_mut(HASH).zip(0_u32..) {
        let mut hasher = Sha256::new();
        hasher.update(seed);
        hasher.update(&counter.to_be_bytes());
        let mask = Zeroizing::new(hasher.finish().into_bytes());
        for (byte, mask) in part.iter_mut().zip(mask.iter()) {
            *byte ^= mask;
        }
    }
}
