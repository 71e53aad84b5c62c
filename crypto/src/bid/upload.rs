//! Checking a body while it arrives: C_i segment by segment, or each chunk at
//! once when its digests were announced; resumable after a restart.

use std::io::{self, Read};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::chunk::{ChunkTree, chunk_count, chunk_length, sealed_chunk};
use super::layout::Place;
use super::pipeline;
use super::promise::Promise;
use crate::Suite;
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::suite::Hasher;

/// Why bytes are not those of the body. Nothing up to the start of the refused
/// chunk (or, without announced digests, segment) has to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadProblem {
    /// `upload-too-long`
    #[error("more bytes than the body has")]
    TooLong,
    /// `ciphertext-mismatch`, found at the segment's end.
    #[error("segment {segment} is not the one promised")]
    Segment {
        /// Envelopes count from 0.
        envelope: u8,
        /// Segments count from 0.
        segment: u32,
    },
    /// `ciphertext-mismatch`, found at the chunk's end.
    #[error("chunk {chunk} of segment {segment} is not the one announced")]
    Chunk {
        /// Envelopes count from 0.
        envelope: u8,
        /// Segments count from 0.
        segment: u32,
        /// Chunks count from 0 in each segment.
        chunk: u64,
    },
    /// `chunks-mismatch`
    #[error("the announced chunk digests do not fit the header")]
    Announcement,
    /// `checkpoint-mismatch`
    #[error("the saved state does not fit the header")]
    Checkpoint,
}

impl UploadProblem {
    /// The stable code of the problem.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "upload-too-long",
            Self::Segment { .. } | Self::Chunk { .. } => "ciphertext-mismatch",
            Self::Announcement => "chunks-mismatch",
            Self::Checkpoint => "checkpoint-mismatch",
        }
    }
}

/// State that survives a restart: everything before `offset` has been hashed.
/// Bytes stored from there on are to be fed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Bytes of the body.
    pub offset: u64,
    /// Chunk digests of the segment that `offset` is in, up to there; none where those of
    /// the body were announced.
    digests: Base64,
}

/// Checks the bytes of a body in their order.
#[derive(Clone)]
pub struct UploadCheck {
    suite: Suite,
    places: Vec<(Place, Digest)>,
    length: u64,
    position: u64,
    /// Index into `places` of the segment that is arriving.
    current: usize,
    /// Its full chunks, and the one that is arriving.
    digests: Vec<u8>,
    hasher: Hasher,
    filled: u64,
    announced: Option<Vec<u8>>,
    /// Chunks of all segments before the current one.
    chunks_before: u64,
}

impl UploadCheck {
    /// Checks each segment when its last byte has arrived.
    pub fn new(promise: &Promise) -> Self {
        let segments = promise
            .commitments()
            .envelopes
            .iter()
            .flat_map(|envelope| &envelope.segments);
        let layout = promise.layout();
        Self {
            suite: promise.suite(),
            places: layout
                .places()
                .iter()
                .zip(segments)
                .map(|(place, segment)| (*place, segment.ciphertext))
                .collect(),
            length: layout.length(),
            position: 0,
            current: 0,
            digests: Vec::new(),
            hasher: promise.suite().hasher(),
            filled: 0,
            announced: None,
            chunks_before: 0,
        }
    }

    /// With the 32-byte digests of all sealed chunks of all segments one after
    /// the other, checked against each C_i at once: a bad chunk is then refused
    /// when its last byte arrives.
    pub fn announced(promise: &Promise, chunks: &[u8]) -> Result<Self, UploadProblem> {
        let mut check = Self::new(promise);
        let (digests, odd) = chunks.as_chunks::<32>();
        let mut rest = digests;
        for (place, committed) in &check.places {
            let count = usize::try_from(chunk_count(place.plaintext));
            let (mine, others) = count
                .ok()
                .and_then(|count| rest.split_at_checked(count))
                .ok_or(UploadProblem::Announcement)?;
            rest = others;
            if tree(check.suite, place, mine) != *committed {
                return Err(UploadProblem::Announcement);
            }
        }
        if !rest.is_empty() || !odd.is_empty() {
            return Err(UploadProblem::Announcement);
        }
        check.announced = Some(chunks.to_vec());
        Ok(check)
    }

    /// Takes up a saved state of a check that was made as this one, which has seen nothing
    /// yet; goes on at [`Checkpoint::offset`].
    ///
    /// # Errors
    /// [`UploadProblem::Checkpoint`]: it is of another header, or of a check that was told
    /// digests where this one was not, or the other way round.
    pub fn resume(mut self, saved: &Checkpoint) -> Result<Self, UploadProblem> {
        while self.current < self.places.len() {
            let place = self.places[self.current].0;
            if saved.offset < place.offset + place.ciphertext {
                break;
            }
            self.chunks_before += chunk_count(place.plaintext);
            self.current += 1;
        }
        let within = match self.places.get(self.current) {
            Some((place, _)) => saved.offset - place.offset,
            None => saved.offset - self.length,
        };
        if within % self.sealed_chunk() != 0 || (self.current == self.places.len() && within != 0) {
            return Err(UploadProblem::Checkpoint);
        }
        let whole = within / self.sealed_chunk();
        let digests = match &self.announced {
            Some(announced) => {
                let from = self.chunks_before * 32..(self.chunks_before + whole) * 32;
                saved.digests.0.is_empty().then(|| slice(announced, from))
            }
            None => (saved.digests.0.len() as u64 == whole * 32).then_some(&saved.digests.0[..]),
        };
        let digests = digests.ok_or(UploadProblem::Checkpoint)?.to_vec();
        self.position = saved.offset;
        self.digests = digests;
        Ok(self)
    }

    /// The state at the last full chunk.
    pub fn checkpoint(&self) -> Checkpoint {
        let digests = if self.announced.is_some() {
            Vec::new()
        } else {
            self.digests.clone()
        };
        Checkpoint {
            offset: self.position - self.filled,
            digests: Base64(digests),
        }
    }

    /// Takes the next bytes. After a problem the state is that of
    /// [`Self::checkpoint`] before the refused chunk or segment.
    pub fn update(&mut self, mut bytes: &[u8]) -> Result<(), UploadProblem> {
        while !bytes.is_empty() {
            let Some((place, _)) = self.places.get(self.current) else {
                return Err(UploadProblem::TooLong);
            };
            let end = place.offset + place.ciphertext;
            let chunk_left = (self.sealed_chunk() - self.filled).min(end - self.position);
            let take =
                usize::try_from(chunk_left).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.hasher.update(&bytes[..take]);
            self.filled += take as u64;
            self.position += take as u64;
            bytes = &bytes[take..];
            if self.filled == self.sealed_chunk() || self.position == end {
                self.end_chunk(end)?;
            }
        }
        Ok(())
    }

    /// Bytes of the body that have been taken.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the whole body.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The whole body has arrived and is the promised one.
    pub const fn is_complete(&self) -> bool {
        self.current == self.places.len()
    }

    const fn sealed_chunk(&self) -> u64 {
        sealed_chunk(self.suite) as u64
    }

    fn end_chunk(&mut self, end: u64) -> Result<(), UploadProblem> {
        let digest = std::mem::replace(&mut self.hasher, self.suite.hasher()).finish();
        let filled = std::mem::take(&mut self.filled);
        let (place, committed) = self.places[self.current];
        let chunk = (self.digests.len() / 32) as u64;
        if let Some(announced) = &self.announced {
            let at = (self.chunks_before + chunk) * 32;
            if slice(announced, at..at + 32) != digest.as_bytes() {
                self.position -= filled;
                return Err(UploadProblem::Chunk {
                    envelope: place.envelope,
                    segment: place.segment,
                    chunk,
                });
            }
        }
        self.digests.extend_from_slice(digest.as_bytes());
        if self.position < end {
            return Ok(());
        }
        let digests = std::mem::take(&mut self.digests);
        if tree(self.suite, &place, digests.as_chunks::<32>().0) != committed {
            self.position = place.offset;
            return Err(UploadProblem::Segment {
                envelope: place.envelope,
                segment: place.segment,
            });
        }
        self.chunks_before += chunk_count(place.plaintext);
        self.current += 1;
        Ok(())
    }
}

/// The digests of all sealed chunks of a body, one after the other, for
/// [`UploadCheck::announced`]. Each segment is checked against its C_i.
pub fn chunk_digests(
    promise: &Promise,
    body: &mut impl Read,
) -> io::Result<Result<Vec<u8>, UploadProblem>> {
    let suite = promise.suite();
    let mut all = Vec::new();
    for (place, committed) in UploadCheck::new(promise).places {
        let mut chunks = Vec::new();
        pipeline::run(
            chunk_count(place.plaintext),
            |k, buffer: &mut Vec<u8>| {
                buffer.resize(chunk_length(place.plaintext, k) + suite.tag_length(), 0);
                body.read_exact(buffer)
            },
            |_, buffer| suite.digest(buffer).into_bytes(),
            |_, _, digest| {
                chunks.push(digest);
                Ok(())
            },
        )?;
        if tree(suite, &place, &chunks) != committed {
            return Ok(Err(UploadProblem::Segment {
                envelope: place.envelope,
                segment: place.segment,
            }));
        }
        all.extend(chunks.into_iter().flatten());
    }
    Ok(Ok(all))
}

/// The digests at these places.
fn slice(announced: &[u8], places: Range<u64>) -> &[u8] {
    let at = |place| usize::try_from(place).expect("they are in memory");
    &announced[at(places.start)..at(places.end)]
}

fn tree(suite: Suite, place: &Place, chunks: &[[u8; 32]]) -> Digest {
    let mut tree = ChunkTree::of_ciphertext(suite, place.ciphertext);
    for chunk in chunks {
        tree.push(&Digest::from_bytes(*chunk));
    }
    tree.finish()
}
