//! The cipher of a segment (docs/spec/sealed-bid.md, 8): STREAM over
//! AES-256-GCM under `EK_i = HKDF-Expand(SK_i, "kaibiao/1 encrypt" || e)`.

use super::aead::Aes256Gcm;
use super::kdf::Extracted;
use crate::secret::Secret;
use crate::suite::SegmentPlace;

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

    /// Replaces a chunk by its sealed form.
    pub(crate) fn seal(&self, number: u32, is_last: bool, chunk: &mut Vec<u8>) {
        self.key.seal(nonce(number, is_last), &self.aad, chunk);
    }

    /// Replaces a sealed chunk by its plaintext; false, and nothing is left of
    /// it, when it is not authentic.
    pub(crate) fn open(&self, number: u32, is_last: bool, chunk: &mut Vec<u8>) -> bool {
        self.key.open(nonce(number, is_last), &self.aad, chunk)
    }
}

/// Unique, because the key is for this segment only and its plaintext is fixed.
fn nonce(number: u32, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}
