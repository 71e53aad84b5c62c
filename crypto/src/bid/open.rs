//! Opening a segment (section 15, steps 6 to 8).

use std::io::{self, Read, Write};

use serde_json::{Map, Value};

use super::chunk::{ChunkCipher, ChunkTree, chunk_count, chunk_length, sealed_chunk};
use super::keys::SegmentKey;
use super::manifest::{DocumentEntry, Manifest};
use super::message::{commit_plaintext, unframe};
use super::pipeline;
use super::problem::{OpenError, OpenProblem};
use super::promise::Promise;
use crate::canonical;
use crate::digest::Digest;
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
    let segment = key.segment();
    let (salt, message) = unframe(segment, frame)?;
    let committed = promise.envelope(key.envelope())?.plaintexts[segment as usize];
    let suite = promise.suite();
    if commit_plaintext(suite, key.envelope(), segment, &salt, message).ct_eq(&committed) {
        Ok(message)
    } else {
        Err(OpenProblem::PlaintextMismatch { segment })
    }
}

fn open_segment(
    promise: &Promise,
    key: &SegmentKey,
    ciphertext: &mut impl Read,
    plaintext: &mut impl Write,
) -> Result<Opened, OpenError> {
    promise.own(key.place())?;
    let segment = key.segment();
    let place = promise
        .layout()
        .place(key.envelope(), segment)
        .ok_or(OpenProblem::NoSuchSegment)?;
    let length = place.plaintext;
    let suite = promise.suite();
    let bound = SegmentPlace {
        envelope: key.envelope(),
        segment,
        context: promise.context_digest(),
    };
    let cipher = ChunkCipher::new(suite, key.secret(), &bound, length);
    let mut stored = ChunkTree::of_ciphertext(suite, place.ciphertext);
    let mut opened = ChunkTree::of_document(suite, length);
    let mut refused = None;
    pipeline::run(
        chunk_count(length),
        |k, buffer| {
            buffer.reserve_exact(sealed_chunk(suite).saturating_sub(buffer.capacity()));
            buffer.resize(chunk_length(length, k) + suite.tag_length(), 0);
            ciphertext
                .read_exact(buffer)
                .map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        OpenProblem::CiphertextLength { segment }.into()
                    }
                    _ => OpenError::Io(error),
                })
        },
        |k, buffer| {
            let sealed = suite.digest(buffer);
            let chunk = cipher.open(k, buffer).then(|| suite.digest(buffer));
            (sealed, chunk)
        },
        |k, buffer, (sealed, chunk)| {
            stored.push(&sealed);
            match chunk {
                Some(chunk) if refused.is_none() => {
                    opened.push(&chunk);
                    plaintext.write_all(buffer)?;
                }
                // From here on nothing is written; the rest is read to learn
                // whether the ciphertext is the committed one.
                _ => refused = refused.or(Some(k)),
            }
            Ok::<(), OpenError>(())
        },
    )?;
    let committed = promise.segment(key.envelope(), segment)?.ciphertext;
    if !stored.finish().ct_eq(&committed) {
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
