//! Opening a segment (section 15, steps 6 to 8).

use std::io::{self, Read, Write};

use serde_json::{Map, Value};

use super::chunk::{
    ChunkCipher, ChunkTree, chunk_length, ciphertext_length, group_count, group_of, sealed_chunk,
};
use super::commitments::{EnvelopeCommitments, SegmentCommitment};
use super::derivation::Derivation;
use super::keys::SegmentKey;
use super::limits;
use super::manifest::{DocumentEntry, Manifest};
use super::message::{commit_plaintext, unframe};
use super::pipeline;
use super::problem::{OpenError, OpenProblem};
use super::promise::Promise;
use crate::Suite;
use crate::canonical;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::suite::SegmentPlace;

/// A segment that was opened whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Bytes of plaintext.
    pub length: u64,
    /// The digest a manifest would have of it.
    pub digest: Digest,
}

/// Opens segment 0 from `ciphertext`, positioned at its first byte: the public
/// fields, a canonical JSON object. Whether they follow the lot's schema is
/// for the schema to say. `key` may be the published SK_0.
pub fn open_sheet(
    promise: &Promise,
    key: &SegmentKey,
    ciphertext: &mut impl Read,
) -> Result<Map<String, Value>, OpenError> {
    let frame = open_message(promise, key, 0, ciphertext)?;
    let message = check_message(promise, key, &frame)?;
    canonical::from_bytes(message).map_err(|_| OpenProblem::SheetWrong.into())
}

/// Opens segment 0 where ctx is withheld and its digest stands in its place: all that
/// the segment is sealed under is in `commitments`, and `context` is H(ctx). That both
/// are the bid's is for the bid digest to say. `key` is the published SK_0.
pub fn open_masked_sheet(
    suite: Suite,
    context: Digest,
    commitments: &EnvelopeCommitments,
    key: &Secret,
    ciphertext: &mut impl Read,
) -> Result<Map<String, Value>, OpenError> {
    let commitment = commitments.segments.first();
    let commitment = commitment.ok_or(OpenProblem::NoSuchSegment)?;
    if commitment.length > limits::SHEET {
        return Err(OpenProblem::FrameWrong { segment: 0 }.into());
    }
    let derivation = Derivation {
        suite,
        envelope: [0],
        // The message's id is for secrets that come before a segment's key.
        message: [0; 32],
        context,
    };
    if !derivation.commit_segment(key).ct_eq(&commitment.key) {
        return Err(OpenProblem::SegmentKeyMismatch { segment: 0 }.into());
    }
    let sealed = Sealed {
        suite,
        bound: SegmentPlace {
            envelope: 0,
            segment: 0,
            context,
        },
        commitment,
        key,
    };
    let mut frame = Vec::new();
    sealed.open(ciphertext, &mut frame)?;
    let message = committed(&sealed.bound, suite, &frame, &commitments.plaintexts[0])?;
    canonical::from_bytes(message).map_err(|_| OpenProblem::SheetWrong.into())
}

/// Opens segment 1: the manifest, which fits the header's promise.
pub fn open_manifest(
    promise: &Promise,
    key: &SegmentKey,
    ciphertext: &mut impl Read,
) -> Result<Manifest, OpenError> {
    let frame = open_message(promise, key, 1, ciphertext)?;
    let message = check_message(promise, key, &frame)?;
    Ok(Manifest::parse(message, promise, key.envelope())?)
}

/// Opens a document's segment into `plaintext`, in constant memory. No byte is
/// written before its chunk is authenticated; but only `Ok` says that the whole
/// is there and is the one the manifest names, so what was written is to be
/// thrown away otherwise.
pub fn open_document(
    promise: &Promise,
    key: &SegmentKey,
    entry: &DocumentEntry,
    ciphertext: &mut impl Read,
    plaintext: &mut impl Write,
) -> Result<Opened, OpenError> {
    let opened = open_segment(promise, key, ciphertext, plaintext)?;
    if opened.digest.ct_eq(&entry.digest) && opened.length == entry.size {
        Ok(opened)
    } else {
        let segment = key.segment();
        Err(OpenProblem::DocumentMismatch { segment }.into())
    }
}

fn open_message(
    promise: &Promise,
    key: &SegmentKey,
    segment: u32,
    ciphertext: &mut impl Read,
) -> Result<Vec<u8>, OpenError> {
    if key.segment() != segment {
        return Err(OpenProblem::NoSuchSegment.into());
    }
    // At most 4 MiB: the header was refused otherwise.
    let mut frame = Vec::new();
    open_segment(promise, key, ciphertext, &mut frame)?;
    Ok(frame)
}

/// The message of a frame, once it is the committed one.
fn check_message<'a>(
    promise: &Promise,
    key: &SegmentKey,
    frame: &'a [u8],
) -> Result<&'a [u8], OpenProblem> {
    let plaintexts = &promise.envelope(key.envelope())?.plaintexts;
    let plaintext = &plaintexts[key.segment() as usize];
    committed(&bound(promise, key), promise.suite(), frame, plaintext)
}

fn committed<'a>(
    bound: &SegmentPlace,
    suite: Suite,
    frame: &'a [u8],
    plaintext: &Digest,
) -> Result<&'a [u8], OpenProblem> {
    let segment = bound.segment;
    let (salt, message) = unframe(segment, frame)?;
    if commit_plaintext(suite, bound.envelope, segment, &salt, message).ct_eq(plaintext) {
        Ok(message)
    } else {
        Err(OpenProblem::PlaintextMismatch { segment })
    }
}

const fn bound(promise: &Promise, key: &SegmentKey) -> SegmentPlace {
    SegmentPlace {
        envelope: key.envelope(),
        segment: key.segment(),
        context: promise.context_digest(),
    }
}

fn open_segment(
    promise: &Promise,
    key: &SegmentKey,
    ciphertext: &mut impl Read,
    plaintext: &mut impl Write,
) -> Result<Opened, OpenError> {
    promise.own(key.place())?;
    let sealed = Sealed {
        suite: promise.suite(),
        bound: bound(promise, key),
        commitment: promise.segment(key.envelope(), key.segment())?,
        key: key.secret(),
    };
    sealed.open(ciphertext, plaintext)
}

/// A segment with all that it was sealed under.
struct Sealed<'a> {
    suite: Suite,
    bound: SegmentPlace,
    commitment: &'a SegmentCommitment,
    /// SK_i, checked against KC_i.
    key: &'a Secret,
}

impl Sealed<'_> {
    fn open(
        &self,
        ciphertext: &mut impl Read,
        plaintext: &mut impl Write,
    ) -> Result<Opened, OpenError> {
        let (suite, bound) = (self.suite, &self.bound);
        let (segment, length) = (bound.segment, self.commitment.length);
        let cipher = ChunkCipher::new(suite, self.key, bound, length);
        let stored = ciphertext_length(suite, length);
        let mut stored = ChunkTree::of_ciphertext(suite, stored);
        let mut opened = ChunkTree::of_document(suite, length);
        let mut refused = None;
        pipeline::run(
            group_count(suite, length),
            |group, chunks: &mut Vec<Vec<u8>>| {
                let numbers = group_of(suite, length, group);
                chunks.resize_with(numbers.clone().count(), Vec::new);
                for (k, buffer) in numbers.zip(chunks) {
                    buffer.reserve_exact(sealed_chunk(suite).saturating_sub(buffer.capacity()));
                    buffer.resize(chunk_length(length, k) + suite.tag_length(), 0);
                    ciphertext
                        .read_exact(buffer)
                        .map_err(|error| match error.kind() {
                            io::ErrorKind::UnexpectedEof => {
                                OpenProblem::CiphertextLength { segment }.into()
                            }
                            _ => OpenError::Io(error),
                        })?;
                }
                Ok(())
            },
            |group, chunks| cipher.open(group_of(suite, length, group).start, chunks),
            |group, chunks, digests| {
                let numbers = group_of(suite, length, group);
                for (k, (chunk, digests)) in numbers.zip(chunks.iter().zip(digests)) {
                    stored.push(&digests.sealed);
                    match digests.plain {
                        Some(plain) if refused.is_none() => {
                            opened.push(&plain);
                            plaintext.write_all(chunk)?;
                        }
                        // From here on nothing is written; the rest is read to learn
                        // whether the ciphertext is the committed one.
                        _ => refused = refused.or(Some(k)),
                    }
                }
                Ok::<(), OpenError>(())
            },
        )?;
        if !stored.finish().ct_eq(&self.commitment.ciphertext) {
            return Err(OpenProblem::CiphertextMismatch { segment }.into());
        }
        if let Some(chunk) = refused {
            return Err(OpenProblem::NotAuthentic { segment, chunk }.into());
        }
        Ok(Opened {
            length,
            digest: opened.finish(),
        })
    }
}
