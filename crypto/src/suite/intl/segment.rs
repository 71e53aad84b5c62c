//! The cipher of a segment (docs/spec/sealed-bid.md, 8): STREAM over
//! AES-256-GCM under `EK_i = HKDF-Expand(SK_i, "kaibiao/1 encrypt" || e)`.

use super::aead::Aes256Gcm;
use super::kdf::Extracted;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::suite::{ChunkDigests, SegmentPlace};

/// EK_i with what every chunk of the segment is bound to.
pub(crate) struct SegmentCipher {
    key: Aes256Gcm,
    aad: [u8; 37],
}

impl SegmentCipher {
    pub(crate) fn new(segment_key: &Secret, place: &SegmentPlace) -> Self {
        let info: [&[u8]; 2] = [b"kaibiao/1 encrypt", &[place.envelope]];
        let key = Extracted::of_uniform(segment_key).expand(&info);
        let mut aad = [0; 37];
        aad[..32].copy_from_slice(place.context.as_bytes());
        aad[32] = place.envelope;
        aad[33..].copy_from_slice(&place.segment.to_be_bytes());
        Self {
            key: Aes256Gcm::new(key.as_bytes()),
            aad,
        }
    }

    /// Replaces chunks, the first of which has the number `first`, by their sealed
    /// forms.
    pub(crate) fn seal(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        let numbered = (first..).zip(chunks);
        numbered
            .map(|(number, chunk)| {
                let plain = Digest::of(chunk);
                self.key
                    .seal(nonce(number, number == last), &self.aad, chunk);
                ChunkDigests {
                    plain: Some(plain),
                    sealed: Digest::of(chunk),
                }
            })
            .collect()
    }

    /// Replaces sealed chunks by their plaintexts; nothing is left of one that is
    /// not authentic.
    pub(crate) fn open(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        let numbered = (first..).zip(chunks);
        numbered
            .map(|(number, chunk)| {
                let sealed = Digest::of(chunk);
                let nonce = nonce(number, number == last);
                let is_authentic = self.key.open(nonce, &self.aad, chunk);
                ChunkDigests {
                    plain: is_authentic.then(|| Digest::of(chunk)),
                    sealed,
                }
            })
            .collect()
    }
}

/// Unique, because the key is for this segment only and its plaintext is fixed.
fn nonce(number: u32, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}
