//! Suites of algorithms: all that a bid is hashed, derived, encrypted, wrapped
//! and signed with, under one name.
//!
//! A lot's sealing terms name the suite, and so does every bid's ctx
//! (docs/spec/sealed-bid.md, 3). The rest of this crate frames bytes (labels,
//! places, contexts) and asks here for the algorithm. Each suite is a folder
//! beside this file; a further one is a folder and a variant of [`Suite`], and
//! the compiler then names every place that has to choose. What a bid is hashed,
//! derived and encrypted with ([`Hasher`], [`Extracted`], [`SegmentCipher`]) is an
//! enum of all suites' own.
//!
//! Keys come as SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and PKCS #8 (RFC 5958),
//! and nothing outside this folder looks into either.

mod cipher;
mod gm;
mod hashing;
mod intl;
mod message;
pub(crate) mod signing;
pub(crate) mod wrapping;

pub(crate) use cipher::{ChunkDigests, KeyFileCipher, SegmentCipher, SegmentPlace};
pub(crate) use hashing::{Extracted, Hasher};
pub(crate) use intl::digest::Sha256;
pub(crate) use message::{Hash, Scheme};
pub(crate) use signing::SigningKey;

use rustls_pki_types::SignatureVerificationAlgorithm;
use serde::{Deserialize, Serialize};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::digest::Digest;
use crate::secret::Secret;

/// A suite of algorithms, as sealing terms and ctx name it. Where nothing names one it
/// is `intl`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// `intl`: SHA-256, HKDF-SHA-256, AES-256-GCM, HPKE on P-256 and RSA-OAEP;
    /// signatures by RSA, P-256 and Ed25519.
    #[default]
    Intl,
    /// `gm`: SM3, HKDF-SM3, SM4-CTR with HMAC-SM3, SM2 (docs/spec/suite-gm.md).
    Gm,
}

/// The algorithms with which the certificates above a certificate of this key, and
/// their revocation lists, may be signed: no path mixes suites.
pub(crate) fn certificate_signatures(
    leaf: &SubjectPublicKeyInfo<'_>,
) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    match gm::spki::point(leaf) {
        Some(_) => &gm::certificates::SIGNATURES,
        None => intl::certificate_signatures(),
    }
}

impl Suite {
    /// The suite's name in sealing terms and ctx.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intl => "intl",
            Self::Gm => "gm",
        }
    }

    /// The suite of a name; `None` for one that this version does not know.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Intl, Self::Gm].into_iter();
        all.find(|suite| suite.name() == name)
    }

    /// Whether it is the suite that need not be named.
    pub fn is_intl(&self) -> bool {
        *self == Self::Intl
    }

    /// H of the specification: the digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
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
            Self::Intl => Hasher::Sha256(Sha256::new()),
            Self::Gm => Hasher::Sm3(gm::sm3::Sm3::new()),
        }
    }

    /// HKDF-Extract.
    pub(crate) fn extract(self, salt: &[u8], ikm: &[u8]) -> Extracted {
        match self {
            Self::Intl => Extracted::Sha256(intl::kdf::Extracted::new(salt, ikm)),
            Self::Gm => Extracted::Sm3(gm::kdf::Extracted::new(salt, ikm)),
        }
    }

    /// HKDF-Expand of a key that already is uniformly random, to 32 bytes.
    /// `info` is the concatenation of its parts.
    pub(crate) fn expand(self, key: &Secret, info: &[&[u8]]) -> Secret {
        match self {
            Self::Intl => intl::kdf::Extracted::of_uniform(key).expand(info),
            Self::Gm => {
                let key = gm::kdf::Extracted::of_uniform(key.as_bytes());
                Secret::from_bytes(*key.expand(info))
            }
        }
    }

    /// The cipher of one segment under its key SK_i.
    pub(crate) fn segment_cipher(self, key: &Secret, place: &SegmentPlace) -> SegmentCipher {
        match self {
            Self::Intl => {
                SegmentCipher::AesGcm(intl::segment::SegmentCipher::new(key, place).into())
            }
            Self::Gm => SegmentCipher::sm4_ctr(key, place),
        }
    }

    /// By how many bytes a sealed chunk is longer than its plaintext.
    pub(crate) const fn tag_length(self) -> usize {
        match self {
            Self::Intl => intl::aead::TAG,
            Self::Gm => gm::segment::TAG,
        }
    }

    /// How many chunks are best given to a cipher, or hashed, at once.
    pub(crate) fn side_by_side(self) -> usize {
        match self {
            Self::Intl => 1,
            Self::Gm => gm::segment::side_by_side(),
        }
    }
}

#[cfg(test)]
pub(crate) use intl::oaep::message as oaep_message;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_known_by_its_own_name_only() {
        for suite in [Suite::Intl, Suite::Gm] {
            assert_eq!(Suite::named(suite.name()), Some(suite));
            let json = serde_json::to_string(&suite).unwrap();
            assert_eq!(json, format!("\"{}\"", suite.name()));
            assert_eq!(serde_json::from_str::<Suite>(&json).unwrap(), suite);
        }
        for other in ["", "INTL", "intl ", "GM", "sm"] {
            assert_eq!(Suite::named(other), None);
        }
    }

    #[test]
    fn labels_and_parts_are_hashed_one_after_the_other() {
        let suite = Suite::Intl;
        assert_eq!(suite.digest(b"abc"), Digest::of(b"abc"));
        assert_eq!(suite.labelled("a", &[b"b", b"c"]), Digest::of(b"abc"));
        let suite = Suite::Gm;
        let sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(suite.digest(b"abc").to_string(), sm3);
        assert_eq!(suite.labelled("a", &[b"b", b"c"]).to_string(), sm3);
    }
}
