//! Chunks of a segment (section 8): how many there are, how long, in which
//! order. How one is sealed is the suite's.

use std::ops::Range;

use crate::Suite;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::suite::{ChunkDigests, Hasher, SegmentCipher, SegmentPlace};

/// Bytes of plaintext in every chunk but the last.
pub(super) const CHUNK: usize = 1 << 20;

/// How many chunks a plaintext has: an empty one has one, empty.
pub(super) const fn chunk_count(plaintext: u64) -> u64 {
    match plaintext.div_ceil(CHUNK as u64) {
        0 => 1,
        count => count,
    }
}

/// The length of a segment's ciphertext, in bytes.
pub(super) const fn ciphertext_length(suite: Suite, plaintext: u64) -> u64 {
    plaintext + suite.tag_length() as u64 * chunk_count(plaintext)
}

/// The length of every sealed chunk but the last, in bytes.
pub(super) const fn sealed_chunk(suite: Suite) -> usize {
    CHUNK + suite.tag_length()
}

/// The length of the plaintext of chunk `k` of a segment.
pub(super) fn chunk_length(plaintext: u64, k: u64) -> usize {
    let left = plaintext - k * CHUNK as u64;
    usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))
}

/// The cipher of a segment, with the number of its last chunk.
pub(super) struct ChunkCipher {
    cipher: SegmentCipher,
    last: u64,
}

impl ChunkCipher {
    /// `plaintext` is the length of the whole segment's.
    pub(super) fn new(suite: Suite, key: &Secret, place: &SegmentPlace, plaintext: u64) -> Self {
        Self {
            cipher: suite.segment_cipher(key, place),
            last: chunk_count(plaintext) - 1,
        }
    }

    /// Replaces chunks, from `first` on, by their sealed forms.
    pub(super) fn seal(&self, first: u64, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        self.cipher.seal(number(first), number(self.last), chunks)
    }

    /// Replaces sealed chunks, from `first` on, by their plaintexts; nothing is left
    /// of one that is not authentic.
    pub(super) fn open(&self, first: u64, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        self.cipher.open(number(first), number(self.last), chunks)
    }
}

#[cfg(test)]
impl ChunkCipher {
    pub(super) fn seal_one(&self, k: u64, chunk: &mut Vec<u8>) {
        self.seal(k, std::slice::from_mut(chunk));
    }

    pub(super) fn open_one(&self, k: u64, chunk: &mut Vec<u8>) -> bool {
        let found = self.open(k, std::slice::from_mut(chunk));
        found[0].plain.is_some()
    }
}

fn number(k: u64) -> u32 {
    u32::try_from(k).expect("a segment has at most 2^20 chunks")
}

/// How many groups of chunks a plaintext has, each of which is worked on at once.
pub(super) fn group_count(suite: Suite, plaintext: u64) -> u64 {
    chunk_count(plaintext).div_ceil(suite.side_by_side() as u64)
}

/// The numbers of the chunks of a group.
pub(super) fn group_of(suite: Suite, plaintext: u64, group: u64) -> Range<u64> {
    let size = suite.side_by_side() as u64;
    let first = group * size;
    first..chunk_count(plaintext).min(first + size)
}

/// A digest over the digests of chunks: C_i, or a document's.
pub(super) struct ChunkTree(Hasher);

impl ChunkTree {
    /// C_i; `length` is that of the ciphertext.
    pub(super) fn of_ciphertext(suite: Suite, length: u64) -> Self {
        Self::new(suite, "kaibiao/1 ciphertext", length)
    }

    /// A document's digest; `length` is its size.
    pub(super) fn of_document(suite: Suite, length: u64) -> Self {
        Self::new(suite, "kaibiao/1 document", length)
    }

    fn new(suite: Suite, label: &str, length: u64) -> Self {
        let mut hasher = suite.hasher();
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
            for (suite, tag) in [(Suite::Intl, 16), (Suite::Gm, 32)] {
                let sealed = plaintext + tag * chunks;
                assert_eq!(ciphertext_length(suite, plaintext), sealed);
                let groups = (0..group_count(suite, plaintext)).take(3);
                let numbers = groups.flat_map(|group| group_of(suite, plaintext, group));
                assert!(numbers.eq(0..chunks.min(3 * suite.side_by_side() as u64)));
            }
            let last = chunk_length(plaintext, chunks - 1) as u64;
            assert_eq!((chunks - 1) * mib + last, plaintext);
        }
    }

    #[test]
    fn a_chunk_opens_only_as_itself() {
        only_as_itself(Suite::Intl);
        only_as_itself(Suite::Gm);
    }

    fn only_as_itself(suite: Suite) {
        let key = Secret::from_bytes([1; 32]);
        let context = Digest::of(b"ctx");
        let cipher = |envelope, segment, length| {
            let place = SegmentPlace {
                envelope,
                segment,
                context,
            };
            ChunkCipher::new(suite, &key, &place, length)
        };
        let two = 2 * CHUNK as u64;
        let mut sealed = [b"text".to_vec()];
        let made = cipher(0, 2, two).seal(0, &mut sealed);
        let [sealed] = sealed;
        let opens = |cipher: ChunkCipher, k, sealed: &[u8]| {
            let mut chunks = [sealed.to_vec()];
            let found = cipher.open(k, &mut chunks);
            assert_eq!(found[0].sealed, suite.digest(sealed));
            assert_eq!(found[0].plain.is_some(), chunks[0] == b"text");
            found[0].plain.is_some()
        };
        assert_eq!(made[0].sealed, suite.digest(&sealed));
        assert_eq!(made[0].plain, Some(suite.digest(b"text")));
        assert!(opens(cipher(0, 2, two), 0, &sealed));
        assert!(!opens(cipher(0, 2, two), 1, &sealed), "another place");
        assert!(!opens(cipher(0, 2, 1), 0, &sealed), "as the last chunk");
        assert!(!opens(cipher(0, 3, two), 0, &sealed), "another segment");
        assert!(!opens(cipher(1, 2, two), 0, &sealed), "another envelope");
        assert!(!opens(cipher(0, 2, two), 0, &sealed[..19]), "truncated");
        assert!(!opens(cipher(0, 2, two), 0, &[]), "nothing");
    }
}
