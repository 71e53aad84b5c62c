//! Sealing (section 14): one pass over the documents, constant memory.

use std::io::{self, Read, Seek, SeekFrom, Write};

use serde_json::{Map, Value};

use super::chunk::{
    CHUNK, ChunkCipher, ChunkTree, TAG, chunk_count, chunk_length, ciphertext_length,
};
use super::commitments::{Commitments, EnvelopeCommitments, SegmentCommitment};
use super::context::{Context, FORMAT, MessageId, SUITE, Threshold, wrap_context};
use super::header::{self, Header};
use super::keys::Derivation;
use super::manifest::{DocumentEntry, Manifest, is_media};
use super::message::{commit_plaintext, frame, frame_length};
use super::name::{NameProblem, check_names};
use super::pipeline;
use super::problem::HeaderProblem;
use super::wraps::{Chain, EnvelopeWraps, Wrap, Wraps};
use crate::canonical;
use crate::certificate::Organisation;
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::rng::{Rng, bytes};
use crate::secret::Secret;
use crate::wrap::{PublicKey, Role, WrapContext, wrap, wrap_dealt};

const ENVELOPE: u8 = 0;
const NOTHING: Digest = Digest::from_bytes([0; 32]);

/// What of a lot's sealing terms goes into a bid. That they are the published
/// ones, and the custodians' keys certified, is checked before.
#[derive(Debug, Clone)]
pub struct SealingTerms {
    pub project: String,
    pub lot: String,
    /// Digest of the terms as served.
    pub digest: Digest,
    /// P-256 keys; custodian x is at x - 1.
    pub custodians: Vec<PublicKey>,
    /// How many custodians release.
    pub release: u8,
    /// How many custodians rescue, where the terms allow it and the bidder
    /// wants it.
    pub rescue: Option<u8>,
}

/// One document to be sealed. `open` is called once.
pub struct Document<'a> {
    pub name: String,
    /// type/subtype
    pub media: String,
    /// Bytes that `open`'s reader yields.
    pub size: u64,
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn Read + 'a>> + 'a>,
}

/// Everything that goes into a bid.
pub struct SealRequest<'a> {
    pub terms: SealingTerms,
    pub bidder: Organisation,
    /// DER, the signing certificate first.
    pub chain: Vec<Vec<u8>>,
    /// Whom b is wrapped to: the encryption certificate's key, spares.
    pub recipients: Vec<PublicKey>,
    /// The sheet's public fields and its others.
    pub sheet: Map<String, Value>,
    pub private_sheet: Map<String, Value>,
    pub documents: Vec<Document<'a>>,
    /// The client's clock, UTC milliseconds.
    pub time: u64,
}

/// Why a bid was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("document {index}: {problem}")]
    Name { index: usize, problem: NameProblem },
    #[error("{0}: not a media type")]
    Media(String),
    #[error("{0}: changed its length while it was read")]
    DocumentChanged(String),
    #[error("{name}: {error}")]
    Document { name: String, error: io::Error },
    #[error("a custodian's key is not a P-256 key")]
    CustodianKey,
    #[error("the sheet holds a number that is not an integer below 2^53")]
    SheetNumber,
    #[error("the sheet or the manifest is longer than allowed")]
    TooLong,
    #[error("the request breaks the format's rules: {0}")]
    Rule(#[from] HeaderProblem),
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
}

impl SealError {
    /// A stable code for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { problem, .. } => problem.code(),
            Self::Media(_) => "media-type",
            Self::DocumentChanged(_) => "document-changed",
            Self::Document { .. } => "document-unreadable",
            Self::CustodianKey => "custodian-key",
            Self::SheetNumber => "sheet-number",
            Self::TooLong => "manifest-too-long",
            Self::Rule(problem) => problem.code(),
            Self::Write(_) => "io",
        }
    }
}

/// Seals a bid into `output` as a .kbid, from its current position on. What
/// was written is no bid unless this returns `Ok`.
pub fn seal(
    request: SealRequest<'_>,
    output: &mut (impl Write + Seek),
    rng: &mut (impl Rng + ?Sized),
) -> Result<Header, SealError> {
    let draft = Draft::new(&request, rng)?;
    let mut manifest = manifest_of(&request, draft.draw);
    let sheet = canonical::try_to_bytes(&request.sheet).map_err(|_| SealError::SheetNumber)?;
    let manifest_length = canonical::try_to_bytes(&manifest)
        .map_err(|_| SealError::SheetNumber)?
        .len();
    let wraps = draft.wraps(&request, rng)?;

    // All lengths are known, so the place of everything in the file is.
    let lengths: Vec<u64> = [frame_length(sheet.len()), frame_length(manifest_length)]
        .into_iter()
        .map(|length| length as u64)
        .chain(request.documents.iter().map(|document| document.size))
        .collect();
    let mut commitments = draft.commitments(&lengths);
    let chain = Chain {
        certificates: request.chain.into_iter().map(Base64).collect(),
    };
    let mut parts = [
        draft.context_bytes.clone(),
        commitments_bytes(&commitments),
        canonical::to_bytes(&wraps),
        canonical::to_bytes(&chain),
    ];
    // Digests have one length whatever they are: this is refused now or never.
    Header::from_parts(parts.clone())?;

    let start = output.stream_position()?;
    let front = header::length(parts.each_ref().map(Vec::len))
        + ciphertext_length(lengths[0])
        + ciphertext_length(lengths[1]);
    output.seek(SeekFrom::Start(start + front))?;
    for (index, document) in request.documents.into_iter().enumerate() {
        let sealed = draft.seal_document(index as u32 + 2, document, output)?;
        commitments.segments[index + 2].ciphertext = sealed.ciphertext;
        manifest.documents[index].digest = sealed.document;
    }

    let messages = [sheet, canonical::to_bytes(&manifest)];
    let mut ciphertexts = Vec::new();
    for (segment, message) in messages.iter().enumerate() {
        let sealed = draft.seal_message(segment, message, &mut ciphertexts)?;
        commitments.segments[segment].ciphertext = sealed.ciphertext;
        commitments.plaintexts[segment] =
            commit_plaintext(ENVELOPE, segment as u32, &draft.salts[segment], message);
    }
    parts[1] = commitments_bytes(&commitments);
    let header = Header::from_parts(parts)?;
    output.seek(SeekFrom::Start(start))?;
    output.write_all(&header.to_bytes())?;
    output.write_all(&ciphertexts)?;
    output.seek(SeekFrom::Start(
        start + header.length() + header.layout().length(),
    ))?;
    output.flush()?;
    Ok(header)
}

/// What is drawn and derived before the first byte is sealed.
struct Draft {
    context: Context,
    context_bytes: Vec<u8>,
    derivation: Derivation,
    b: Secret,
    r: Secret,
    prk: crate::hkdf::Extracted,
    salts: [[u8; 32]; 2],
    draw: Digest,
}

struct SealedSegment {
    ciphertext: Digest,
    document: Digest,
}

impl Draft {
    fn new(request: &SealRequest<'_>, rng: &mut (impl Rng + ?Sized)) -> Result<Self, SealError> {
        let names = request.documents.iter().map(|document| &document.name[..]);
        check_names(names).map_err(|(index, problem)| SealError::Name { index, problem })?;
        if let Some(document) = request
            .documents
            .iter()
            .find(|document| !is_media(&document.media))
        {
            return Err(SealError::Media(document.media.clone()));
        }
        let message = bytes(rng);
        let b = Secret::random(rng);
        let r = Secret::random(rng);
        let salts = [bytes(rng), bytes(rng)];
        let draw = Digest::from_bytes(bytes(rng));
        let context = context_of(request, MessageId(message));
        let context_bytes = canonical::try_to_bytes(&context).map_err(|_| SealError::TooLong)?;
        let derivation = Derivation {
            envelope: [ENVELOPE],
            message,
            context: Digest::of(&context_bytes),
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

    fn wraps(
        &self,
        request: &SealRequest<'_>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Wraps, SealError> {
        let recipients = (1..)
            .zip(&request.recipients)
            .map(|(x, key)| {
                let place = self.place(Role::Recipient, x);
                wrap_of(key, wrap(key, &place, &self.b, rng))
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
                wrap_dealt(key, &place, &dealt.share, &dealt.ephemeral)
                    .map(|value| wrap_of(key, value))
                    .ok_or(SealError::CustodianKey)
            })
            .collect()
    }

    /// With the commitments to ciphertexts and plaintexts still to come.
    fn commitments(&self, lengths: &[u64]) -> EnvelopeCommitments {
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

    fn seal_document(
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

    fn seal_message(
        &self,
        segment: usize,
        message: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<SealedSegment, SealError> {
        let frame = frame(&self.salts[segment], message);
        let mut rest = &frame[..];
        self.seal_segment(segment as u32, frame.len() as u64, output, |buffer| {
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
        let context = self.derivation.context;
        let cipher = ChunkCipher::new(&key, ENVELOPE, segment, context, length);
        let mut ciphertext = ChunkTree::of_ciphertext(ciphertext_length(length));
        let mut document = ChunkTree::of_document(length);
        pipeline::run(
            chunk_count(length),
            |k, buffer| {
                buffer.reserve_exact((CHUNK + TAG).saturating_sub(buffer.capacity()));
                buffer.resize(chunk_length(length, k), 0);
                read(buffer)
            },
            |k, buffer| {
                let plain = Digest::of(buffer);
                cipher.seal(k, buffer);
                (plain, Digest::of(buffer))
            },
            |_, buffer, (plain, sealed)| {
                document.push(&plain);
                ciphertext.push(&sealed);
                Ok(output.write_all(buffer)?)
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
        certificate: Digest::of(request.chain.first().map_or(&[], |der| &der[..])),
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
        suite: SUITE.to_owned(),
        terms: terms.digest,
        time: request.time,
    }
}

fn manifest_of(request: &SealRequest<'_>, draw: Digest) -> Manifest {
    Manifest {
        documents: request
            .documents
            .iter()
            .map(|document| DocumentEntry {
                digest: NOTHING,
                media: document.media.clone(),
                name: document.name.clone(),
                size: document.size,
            })
            .collect(),
        draw,
        sheet: request.private_sheet.clone(),
    }
}

fn commitments_bytes(envelope: &EnvelopeCommitments) -> Vec<u8> {
    canonical::to_bytes(&Commitments {
        envelopes: vec![envelope.clone()],
    })
}

fn wrap_of(key: &PublicKey, value: Vec<u8>) -> Wrap {
    Wrap {
        key: key.id(),
        kind: key.kind(),
        value: Base64(value),
    }
}
