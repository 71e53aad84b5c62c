//! Chunks of a segment (section 8): STREAM over AES-256-GCM.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::digest::{Digest, Hasher};
use crate::hkdf::expand;
use crate::secret::Secret;

/// Bytes of plaintext in every chunk but the last.
pub const CHUNK: usize = 1 << 20;
/// Bytes of an AES-GCM tag.
pub(super) const TAG: usize = 16;

/// How many chunks a plaintext has: an empty one has one, empty.
pub const fn chunk_count(plaintext: u64) -> u64 {
    match plaintext.div_ceil(CHUNK as u64) {
        0 => 1,
        count => count,
    }
}

/// The length of a segment's ciphertext.
pub const fn ciphertext_length(plaintext: u64) -> u64 {
    plaintext + TAG as u64 * chunk_count(plaintext)
}

/// The length of the plaintext of chunk `k` of a segment.
pub(super) fn chunk_length(plaintext: u64, k: u64) -> usize {
    let left = plaintext - k * CHUNK as u64;
    usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))
}

/// EK_i with what every chunk of the segment is bound to.
pub(super) struct ChunkCipher {
    key: LessSafeKey,
    aad: [u8; 37],
    last: u64,
}

impl ChunkCipher {
    pub(super) fn new(
        segment_key: &Secret,
        envelope: u8,
        segment: u32,
        context: Digest,
        plaintext: u64,
    ) -> Self {
        let key = expand(segment_key, &[b"kaibiao/1 encrypt", &[envelope]]);
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("the key has 32 bytes");
        let mut aad = [0; 37];
        aad[..32].copy_from_slice(context.as_bytes());
        aad[32] = envelope;
        aad[33..].copy_from_slice(&segment.to_be_bytes());
        Self {
            key: LessSafeKey::new(key),
            aad,
            last: chunk_count(plaintext) - 1,
        }
    }

    /// Replaces chunk `k` by its sealed form.
    pub(super) fn seal(&self, k: u64, chunk: &mut Vec<u8>) {
        self.key
            .seal_in_place_append_tag(self.nonce(k), Aad::from(self.aad), chunk)
            .expect("a chunk is far below the limit of AES-GCM");
    }

    /// Replaces sealed chunk `k` by its plaintext; false, and of no use any
    /// more, when it is not authentic.
    pub(super) fn open(&self, k: u64, chunk: &mut Vec<u8>) -> bool {
        let opened = self
            .key
            .open_in_place(self.nonce(k), Aad::from(self.aad), chunk)
            .map(|plaintext| plaintext.len());
        match opened {
            Ok(length) => chunk.truncate(length),
            Err(_) => chunk.clear(),
        }
        opened.is_ok()
    }

    /// Unique: the key is for this segment only.
    fn nonce(&self, k: u64) -> Nonce {
        let mut nonce = [0; 12];
        let number = u32::try_from(k).expect("a segment has at most 2^20 chunks");
        nonce[7..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(k == self.last);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// A digest over the digests of chunks: C_i, or a document's.
pub(super) struct ChunkTree(Hasher);

impl ChunkTree {
    /// C_i; `length` is that of the ciphertext.
    pub(super) fn of_ciphertext(length: u64) -> Self {
        Self::new("kaibiao/1 ciphertext", length)
    }

    /// A document's digest; `length` is its size.
    pub(super) fn of_document(length: u64) -> Self {
        Self::new("kaibiao/1 document", length)
    }

    fn new(label: &str, length: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(label.as_bytes());
        hasher.update(&length.to_be_bytes());
        Self(hasher)
    }

    pub(super) fn push(&mut self, chunk: &Digest) {
        self.0.update(chunk.as_bytes());
    }

    pub(super) fn finish(self) -> Digest {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_from_the_plaintext() {
        let mib = CHUNK as u64;
        for (plaintext, chunks) in [
            (0, 1),
            (1, 1),
            (mib - 1, 1),
            (mib, 1),
            (mib + 1, 2),
            (2 * mib, 2),
            (1 << 40, 1 << 20),
        ] {
            assert_eq!(chunk_count(plaintext), chunks);
            assert_eq!(ciphertext_length(plaintext), plaintext + 16 * chunks);
            let last = chunk_length(plaintext, chunks - 1) as u64;
            assert_eq!((chunks - 1) * mib + last, plaintext);
        }
    }

    #[test]
    fn a_chunk_opens_only_as_itself() {
        let key = Secret::from_bytes([1; 32]);
        let context = Digest::of(b"ctx");
        let cipher =
            |envelope, segment, length| ChunkCipher::new(&key, envelope, segment, context, length);
        let two = 2 * CHUNK as u64;
        let mut sealed = b"text".to_vec();
        cipher(0, 2, two).seal(0, &mut sealed);
        let opens = |cipher: ChunkCipher, k, sealed: &[u8]| cipher.open(k, &mut sealed.to_vec());
        assert!(opens(cipher(0, 2, two), 0, &sealed));
        assert!(!opens(cipher(0, 2, two), 1, &sealed), "another place");
        assert!(!opens(cipher(0, 2, 1), 0, &sealed), "as the last chunk");
        assert!(!opens(cipher(0, 3, two), 0, &sealed), "another segment");
        assert!(!opens(cipher(1, 2, two), 0, &sealed), "another envelope");
        assert!(!opens(cipher(0, 2, two), 0, &sealed[..19]), "truncated");
        assert!(!opens(cipher(0, 2, two), 0, &[]), "nothing");
    }
}
