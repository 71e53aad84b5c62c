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
    /// Replaces chunks, the first of which has the number `first`, by their sealed
    /// forms. `last` is the number of the segment's last chunk.
    pub(crate) fn seal(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        match self {
            Self::AesGcm(cipher) => cipher.seal(first, last, chunks),
            Self::Sm4Ctr(cipher) => cipher.seal(first, last, chunks),
        }
    }

    /// Replaces sealed chunks by their plaintexts; nothing is left of one that is
    /// not authentic.
    pub(crate) fn open(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        match self {
            Self::AesGcm(cipher) => cipher.open(first, last, chunks),
            Self::Sm4Ctr(cipher) => cipher.open(first, last, chunks),
        }
    }
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
