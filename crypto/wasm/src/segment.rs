//! The cipher of a segment (docs/spec/suite-gm.md, 4).

use alloc::vec::Vec;

use kaibiao_gm::segment::{Digests, Place, SegmentCipher, TAG};
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes of a full chunk (docs/spec/sealed-bid.md, 8).
const CHUNK: usize = 1 << 20;

/// EK_i and MK_i with what every chunk of the segment is bound to.
#[wasm_bindgen]
pub struct Segment {
    cipher: SegmentCipher,
    last: u32,
}

#[wasm_bindgen]
impl Segment {
    /// Of SK_i, envelope, number, H(ctx) and the number of its last chunk; nothing where a
    /// key or digest has not 32 bytes.
    pub fn of(
        key: Vec<u8>,
        envelope: u8,
        segment: u32,
        context: Vec<u8>,
        last: u32,
    ) -> Option<Self> {
        let context = context[..].try_into().ok()?;
        let place = Place {
            envelope,
            segment,
            context,
        };
        let cipher = SegmentCipher::new(key[..].try_into().ok()?, &place);
        Some(Self { cipher, last })
    }

    /// Seals successive chunks where they lie, one after the other, the first of which has the
    /// number `first`; all but the last of a segment are full, and each has [`TAG`] bytes of
    /// room behind it. Out come 64 bytes for each: the digests of its plaintext and of its
    /// sealed form.
    pub fn seal(&self, first: u32, bytes: &mut [u8]) -> Vec<u8> {
        let mut chunks = chunks(bytes);
        digests(&self.cipher.seal(first, self.last, &mut chunks))
    }

    /// Undoes [`Self::seal`]: leaves zeros behind each plaintext, and nothing but zeros, also
    /// for the digest of its plaintext, of a chunk that is not authentic.
    pub fn open(&self, first: u32, bytes: &mut [u8]) -> Vec<u8> {
        let mut chunks = chunks(bytes);
        digests(&self.cipher.open(first, self.last, &mut chunks))
    }
}

fn chunks(bytes: &mut [u8]) -> Vec<&mut [u8]> {
    bytes.chunks_mut(CHUNK + TAG).collect()
}

fn digests(found: &[Digests]) -> Vec<u8> {
    let pairs = found
        .iter()
        .flat_map(|found| [found.plain.unwrap_or_default(), found.sealed]);
    pairs.flatten().collect()
}
