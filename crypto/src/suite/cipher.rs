//! What segments and key files are sealed with, of every suite.

use zeroize::Zeroizing;

use super::{Suite, gm, intl};
use crate::digest::Digest;
use crate::secret::Secret;

/// What every chunk of a segment is bound to.
pub(crate) struct SegmentPlace {
    /// Envelopes count from 0.
    pub(crate) envelope: u8,
    /// Segments count from 0.
    pub(crate) segment: u32,
    /// H(ctx).
    pub(crate) context: Digest,
}

/// The cipher of one segment, with all that it derives from SK_i.
pub(crate) enum SegmentCipher {
    AesGcm(Box<intl::segment::SegmentCipher>),
    Sm4Ctr(Box<gm::segment::SegmentCipher>),
}

/// The digests of a chunk before and after it was sealed.
pub(crate) struct ChunkDigests {
    /// `None` where a chunk was to be opened and is not authentic.
    pub(crate) plain: Option<Digest>,
    /// With its tag.
    pub(crate) sealed: Digest,
}

impl SegmentCipher {
    pub(super) fn sm4_ctr(key: &Secret, place: &SegmentPlace) -> Self {
        let place = gm::segment::Place {
            envelope: place.envelope,
            segment: place.segment,
            context: place.context.into_bytes(),
        };
        let cipher = gm::segment::SegmentCipher::new(key.as_bytes(), &place);
        Self::Sm4Ctr(Box::new(cipher))
    }

    /// Replaces chunks, the first of which has the number `first`, by their sealed
    /// forms. `last` is the number of the segment's last chunk.
    pub(crate) fn seal(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        match self {
            Self::AesGcm(cipher) => cipher.seal(first, last, chunks),
            Self::Sm4Ctr(cipher) => {
                for chunk in &mut *chunks {
                    chunk.resize(chunk.len() + gm::segment::TAG, 0);
                }
                digests(cipher.seal(first, last, &mut slices(chunks)))
            }
        }
    }

    /// Replaces sealed chunks by their plaintexts; nothing is left of one that is
    /// not authentic.
    pub(crate) fn open(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        match self {
            Self::AesGcm(cipher) => cipher.open(first, last, chunks),
            Self::Sm4Ctr(cipher) => {
                let found = digests(cipher.open(first, last, &mut slices(chunks)));
                for (chunk, found) in chunks.iter_mut().zip(&found) {
                    let is_authentic = found.plain.is_some();
                    let length = chunk.len().saturating_sub(gm::segment::TAG);
                    chunk.truncate(if is_authentic { length } else { 0 });
                }
                found
            }
        }
    }
}

fn slices(chunks: &mut [Vec<u8>]) -> Vec<&mut [u8]> {
    chunks.iter_mut().map(|chunk| &mut chunk[..]).collect()
}

fn digests(found: Vec<gm::segment::Digests>) -> Vec<ChunkDigests> {
    let found = found.into_iter().map(|chunk| ChunkDigests {
        plain: chunk.plain.map(Digest::from_bytes),
        sealed: Digest::from_bytes(chunk.sealed),
    });
    found.collect()
}

/// What a key file's scalar is sealed with: 32 bytes stretched from the
/// passphrase and a salt that is new for each file, so used once.
pub(crate) struct KeyFileCipher {
    suite: Suite,
    stretched: Secret,
}

impl KeyFileCipher {
    pub(crate) const fn new(suite: Suite, stretched: Secret) -> Self {
        Self { suite, stretched }
    }

    /// Bytes of a sealed scalar.
    pub(crate) const fn sealed_length(suite: Suite) -> usize {
        match suite {
            Suite::Intl => 32 + intl::aead::TAG,
            Suite::Gm => gm::keyfile::SEALED,
        }
    }

    pub(crate) fn seal(&self, aad: &[u8], scalar: &[u8; 32]) -> Vec<u8> {
        match self.suite {
            Suite::Intl => intl::keyfile::seal(&self.stretched, aad, scalar),
            Suite::Gm => gm::keyfile::seal(&self.stretched, aad, scalar),
        }
    }

    /// `None` when it was sealed with another passphrase, or altered.
    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        match self.suite {
            Suite::Intl => intl::keyfile::open(&self.stretched, aad, sealed),
            Suite::Gm => gm::keyfile::open(&self.stretched, aad, sealed),
        }
    }
}
