//! Suites of algorithms: all that a bid is hashed, derived, encrypted, wrapped
//! and signed with, under one name.
//!
//! A lot's sealing terms name the suite, and so does every bid's ctx
//! (docs/spec/sealed-bid.md, 3). The rest of this crate frames bytes (labels,
//! places, contexts) and asks here for the algorithm. Each suite is a folder
//! beside this file; a further one is a folder and a variant of [`Suite`], and
//! the compiler then names every place that has to choose. Types that only one
//! suite has today ([`Hasher`], [`Extracted`], [`SegmentCipher`]) are that
//! suite's own; with a second suite they become an enum of both, here.
//!
//! Keys come as SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and PKCS #8 (RFC 5958),
//! and nothing outside this folder looks into either.

mod intl;
pub(crate) mod signing;
pub(crate) mod wrapping;

pub(crate) use intl::aead::Aes256Gcm;
pub(crate) use intl::certificate_signatures;
pub(crate) use intl::digest::Sha256;
pub(crate) use intl::digest::Sha256 as Hasher;
pub(crate) use intl::kdf::Extracted;
pub(crate) use intl::message::{Hash, Scheme};
pub(crate) use intl::segment::SegmentCipher;
pub(crate) use intl::signature::SigningKey;

use crate::digest::Digest;
use crate::secret::Secret;

/// A suite of algorithms, as sealing terms and ctx name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// `intl`: SHA-256, HKDF-SHA-256, AES-256-GCM, HPKE on P-256 and RSA-OAEP;
    /// signatures by RSA, P-256 and Ed25519.
    Intl,
}

/// What every chunk of a segment is bound to.
pub(crate) struct SegmentPlace {
    /// Envelopes count from 0.
    pub(crate) envelope: u8,
    /// Segments count from 0.
    pub(crate) segment: u32,
    /// H(ctx).
    pub(crate) context: Digest,
}

impl Suite {
    /// The suite's name in sealing terms and ctx.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intl => "intl",
        }
    }

    /// The suite of a name; `None` for one that this version does not know.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Intl].into_iter().find(|suite| suite.name() == name)
    }

    /// H of the specification: the digest of `bytes`.
    pub(crate) fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// `H(label || parts[0] || parts[1] || ...)`.
    pub(crate) fn labelled(self, label: &str, parts: &[&[u8]]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(label.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }

    /// H of bytes that arrive one after another.
    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Self::Intl => Sha256::new(),
        }
    }

    /// HKDF-Extract.
    pub(crate) fn extract(self, salt: &[u8], ikm: &[u8]) -> Extracted {
        match self {
            Self::Intl => Extracted::new(salt, ikm),
        }
    }

    /// HKDF-Expand of a key that already is uniformly random, to 32 bytes.
    /// `info` is the concatenation of its parts.
    pub(crate) fn expand(self, key: &Secret, info: &[&[u8]]) -> Secret {
        match self {
            Self::Intl => Extracted::of_uniform(key).expand(info),
        }
    }

    /// The cipher of one segment under its key SK_i.
    pub(crate) fn segment_cipher(self, key: &Secret, place: &SegmentPlace) -> SegmentCipher {
        match self {
            Self::Intl => SegmentCipher::new(key, place),
        }
    }

    /// By how many bytes a sealed chunk is longer than its plaintext.
    pub(crate) const fn tag_length(self) -> usize {
        match self {
            Self::Intl => intl::aead::TAG,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_known_by_its_own_name_only() {
        assert_eq!(Suite::named(Suite::Intl.name()), Some(Suite::Intl));
        for other in ["", "INTL", "intl ", "gm"] {
            assert_eq!(Suite::named(other), None);
        }
    }

    #[test]
    fn labels_and_parts_are_hashed_one_after_the_other() {
        let suite = Suite::Intl;
        assert_eq!(suite.digest(b"abc"), Digest::of(b"abc"));
        assert_eq!(suite.labelled("a", &[b"b", b"c"]), Digest::of(b"abc"));
    }
}
