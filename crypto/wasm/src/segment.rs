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

    /// Seals `count` successive chunks, the first of which has the number `first`; all but
    /// the last of a segment are full. They lie one after the other, each with [`TAG`] bytes
    /// of room behind it, and behind all of them is room for the digests that come out: 64
    /// bytes for each chunk, of its plaintext and of its sealed form.
    pub fn seal(&self, first: u32, count: usize, mut bytes: Vec<u8>) -> Vec<u8> {
        work(count, &mut bytes, |chunks| {
            self.cipher.seal(first, self.last, chunks)
        });
        bytes
    }

    /// Undoes [`Self::seal`]: leaves zeros behind each plaintext, and nothing but zeros, also
    /// for the digest of its plaintext, of a chunk that is not authentic.
    pub fn open(&self, first: u32, count: usize, mut bytes: Vec<u8>) -> Vec<u8> {
        work(count, &mut bytes, |chunks| {
            self.cipher.open(first, self.last, chunks)
        });
        bytes
    }
}

fn work(count: usize, bytes: &mut [u8], work: impl Fn(&mut [&mut [u8]]) -> Vec<Digests>) {
    let room = 64 * count;
    let (chunks, digests) = bytes.split_at_mut(bytes.len() - room);
    let mut chunks: Vec<&mut [u8]> = chunks.chunks_mut(CHUNK + TAG).collect();
    let (digests, _) = digests.as_chunks_mut::<64>();
    for (digests, found) in digests.iter_mut().zip(work(&mut chunks)) {
        let (plain, sealed) = digests.split_at_mut(32);
        plain.copy_from_slice(&found.plain.unwrap_or_default());
        sealed.copy_from_slice(&found.sealed);
    }
}
