//! The working parts of sealing: what is drawn, derived, dealt and encrypted.

use std::io::{self, Read, Write};

use super::chunk::{
    ChunkCipher, ChunkTree, chunk_length, ciphertext_length, group_count, group_of, sealed_chunk,
};
use super::commitments::{EnvelopeCommitments, SegmentCommitment};
use super::context::{Context, FORMAT, MessageId, Threshold, wrap_context};
use super::derivation::Derivation;
use super::pipeline;
use super::seal::{Document, ENVELOPE, NOTHING, SealError, SealRequest};
use super::wraps::{EnvelopeWraps, Wrap, Wraps};
use crate::canonical;
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::rng::{Rng, bytes};
use crate::secret::Secret;
use crate::suite::{Extracted, SegmentPlace};
use crate::wrap::{PublicKey, Role, WrapContext, WrapKind, wrap, wrap_dealt};

/// What is drawn and derived before the first byte is sealed.
pub(super) struct Draft {
    context: Context,
    pub(super) context_bytes: Vec<u8>,
    derivation: Derivation,
    b: Secret,
    r: Secret,
    prk: Extracted,
    pub(super) salts: [[u8; 32]; 2],
    pub(super) draw: Digest,
}

pub(super) struct SealedSegment {
    pub(super) ciphertext: Digest,
    pub(super) document: Digest,
}

impl Draft {
    pub(super) fn new(
        request: &SealRequest<'_>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, SealError> {
        let suite = request.terms.suite;
        let message = bytes(rng);
        let b = Secret::random(rng);
        let r = Secret::random(rng);
        let salts = [bytes(rng), bytes(rng)];
        let draw = Digest::from_bytes(bytes(rng));
        let context = context_of(request, MessageId(message));
        let context_bytes = canonical::try_to_bytes(&context).map_err(|_| SealError::TooLong)?;
        let derivation = Derivation {
            suite,
            envelope: [ENVELOPE],
            message,
            context: suite.digest(&context_bytes),
        };
        let prk = derivation.prk(&derivation.dek(&b, &r));
        Ok(Self {
            context,
            context_bytes,
            derivation,
            b,
            r,
            prk,
            salts,
            draw,
        })
    }

    pub(super) fn wraps(
        &self,
        request: &SealRequest<'_>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Wraps, SealError> {
        let recipients = (1..)
            .zip(&request.recipients)
            .map(|(x, key)| {
                let place = self.place(Role::Recipient, x);
                wrap_of(key, key.kind(), wrap(key, &place, &self.b, rng))
            })
            .collect();
        let custodians = &request.terms.custodians;
        let rescue = match self.context.rescue {
            Some(threshold) => self.deal(Role::Rescue, threshold, &self.b, custodians)?,
            None => Vec::new(),
        };
        Ok(Wraps {
            envelopes: vec![EnvelopeWraps {
                recipients,
                release: self.deal(Role::Release, self.context.release, &self.r, custodians)?,
                rescue,
            }],
        })
    }

    fn deal(
        &self,
        role: Role,
        threshold: Threshold,
        secret: &Secret,
        custodians: &[PublicKey],
    ) -> Result<Vec<Wrap>, SealError> {
        let dealt = self.derivation.deal(role, threshold.t, threshold.n, secret);
        dealt
            .into_iter()
            .zip(custodians)
            .map(|(dealt, key)| {
                let place = self.place(role, dealt.x);
                let value = wrap_dealt(key, &place, &dealt.share, &dealt.ephemeral);
                let dealt = key.dealt_kind().zip(value);
                dealt
                    .map(|(kind, value)| wrap_of(key, kind, value))
                    .ok_or(SealError::CustodianKey)
            })
            .collect()
    }

    /// With the commitments to ciphertexts and plaintexts still to come.
    pub(super) fn commitments(&self, lengths: &[u64]) -> EnvelopeCommitments {
        let shares = |role, threshold: Threshold, secret: &Secret| {
            let dealt = self.derivation.deal(role, threshold.t, threshold.n, secret);
            dealt.into_iter().map(|dealt| dealt.commitment).collect()
        };
        EnvelopeCommitments {
            b: self.derivation.commit_b(&self.b),
            dek: self.derivation.commit_dek(&self.prk),
            plaintexts: [NOTHING; 2],
            r: self.derivation.commit_r(&self.r),
            release: shares(Role::Release, self.context.release, &self.r),
            rescue: self.context.rescue.map_or_else(Vec::new, |threshold| {
                shares(Role::Rescue, threshold, &self.b)
            }),
            segments: (0..)
                .zip(lengths)
                .map(|(segment, length)| SegmentCommitment {
                    ciphertext: NOTHING,
                    key: self.derivation.commit_segment(&self.segment_key(segment)),
                    length: *length,
                })
                .collect(),
        }
    }

    pub(super) fn seal_document(
        &self,
        segment: u32,
        document: Document<'_>,
        output: &mut impl Write,
    ) -> Result<SealedSegment, SealError> {
        let name = document.name;
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => SealError::DocumentChanged(name.clone()),
            _ => SealError::Document {
                name: name.clone(),
                error,
            },
        };
        let mut reader = (document.open)().map_err(unreadable)?;
        let sealed = self.seal_segment(segment, document.size, output, |buffer| {
            reader.read_exact(buffer).map_err(unreadable)
        })?;
        // It must end where it said it would.
        match reader.read_exact(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(sealed),
            Err(error) => Err(unreadable(error)),
            Ok(()) => Err(SealError::DocumentChanged(name.clone())),
        }
    }

    /// Seals a message in its frame.
    pub(super) fn seal_message(
        &self,
        segment: u32,
        frame: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<SealedSegment, SealError> {
        let mut rest = frame;
        self.seal_segment(segment, frame.len() as u64, output, |buffer| {
            Ok(rest.read_exact(buffer)?)
        })
    }

    fn seal_segment(
        &self,
        segment: u32,
        length: u64,
        output: &mut impl Write,
        mut read: impl FnMut(&mut [u8]) -> Result<(), SealError>,
    ) -> Result<SealedSegment, SealError> {
        let key = self.segment_key(segment);
        let suite = self.derivation.suite;
        let place = SegmentPlace {
            envelope: ENVELOPE,
            segment,
            context: self.derivation.context,
        };
        let cipher = ChunkCipher::new(suite, &key, &place, length);
        let mut ciphertext = ChunkTree::of_ciphertext(suite, ciphertext_length(suite, length));
        let mut document = ChunkTree::of_document(suite, length);
        pipeline::run(
            group_count(suite, length),
            |group, chunks: &mut Vec<Vec<u8>>| {
                let numbers = group_of(suite, length, group);
                chunks.resize_with(numbers.clone().count(), Vec::new);
                for (k, buffer) in numbers.zip(chunks) {
                    buffer.reserve_exact(sealed_chunk(suite).saturating_sub(buffer.capacity()));
                    buffer.resize(chunk_length(length, k), 0);
                    read(buffer)?;
                }
                Ok::<(), SealError>(())
            },
            |group, chunks| cipher.seal(group_of(suite, length, group).start, chunks),
            |_, chunks, digests| {
                for (chunk, digests) in chunks.iter().zip(digests) {
                    document.push(&digests.plain.expect("what is sealed is known"));
                    ciphertext.push(&digests.sealed);
                    output.write_all(chunk)?;
                }
                Ok(())
            },
        )?;
        Ok(SealedSegment {
            ciphertext: ciphertext.finish(),
            document: document.finish(),
        })
    }

    fn segment_key(&self, segment: u32) -> Secret {
        self.derivation.segment_key(&self.prk, segment)
    }

    fn place(&self, role: Role, x: u8) -> WrapContext {
        wrap_context(&self.context, self.derivation.context, ENVELOPE, role, x)
    }
}

fn context_of(request: &SealRequest<'_>, message: MessageId) -> Context {
    let terms = &request.terms;
    // More than 255 custodians or documents are refused by the limits, which
    // are checked on the finished parts.
    let n = u8::try_from(terms.custodians.len()).unwrap_or(u8::MAX);
    Context {
        bidder: request.bidder.clone(),
        certificate: terms
            .suite
            .digest(request.chain.first().map_or(&[], |der| &der[..])),
        custodians: terms.custodians.iter().map(PublicKey::id).collect(),
        envelopes: vec![u32::try_from(request.documents.len() + 2).unwrap_or(u32::MAX)],
        format: FORMAT.to_owned(),
        lot: terms.lot.clone(),
        message,
        project: terms.project.clone(),
        recipients: request.recipients.iter().map(PublicKey::id).collect(),
        release: Threshold {
            n,
            t: terms.release,
        },
        rescue: terms.rescue.map(|t| Threshold { n, t }),
        suite: terms.suite.name().to_owned(),
        terms: terms.digest,
        time: request.time,
    }
}

fn wrap_of(key: &PublicKey, kind: WrapKind, value: Vec<u8>) -> Wrap {
    Wrap {
        key: key.id(),
        kind,
        value: Base64(value),
    }
}
