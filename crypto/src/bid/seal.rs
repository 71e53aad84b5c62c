//! Sealing (section 14): one pass over the documents, constant memory.

use std::io::{self, Read, Seek, SeekFrom, Write};

use serde_json::{Map, Value};

use super::chunk::ciphertext_length;
use super::commitments::{Commitments, EnvelopeCommitments};
use super::draft::Draft;
use super::header::{self, Header};
use super::manifest::{DocumentEntry, Manifest, is_media};
use super::message::{commit_plaintext, frame, frame_length};
use super::name::{NameProblem, check_names};
use super::problem::HeaderProblem;
use super::wraps::Chain;
use crate::Suite;
use crate::canonical;
use crate::certificate::Organisation;
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::rng::Rng;
use crate::wrap::PublicKey;

pub(super) const ENVELOPE: u8 = 0;
pub(super) const NOTHING: Digest = Digest::from_bytes([0; 32]);

/// What of a lot's sealing terms goes into a bid. That they are the published
/// ones, and the custodians' keys certified, is checked before.
#[derive(Debug, Clone)]
pub struct SealingTerms {
    /// What the terms name as `suite`.
    pub suite: Suite,
    /// The project's id, a lowercase UUID.
    pub project: String,
    /// The lot's id.
    pub lot: String,
    /// Digest of the terms as served.
    pub digest: Digest,
    /// Keys of the suite's curve; custodian x is at x - 1.
    pub custodians: Vec<PublicKey>,
    /// How many custodians release.
    pub release: u8,
    /// How many custodians rescue, where the terms allow it and the bidder
    /// wants it.
    pub rescue: Option<u8>,
}

/// One document to be sealed. `open` is called once.
pub struct Document<'a> {
    /// The file name, by the rules of [`super::check_names`].
    pub name: String,
    /// type/subtype
    pub media: String,
    /// Bytes that `open`'s reader yields.
    pub size: u64,
    /// Yields a reader from the document's first byte on.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn Read + 'a>> + 'a>,
}

/// Everything that goes into a bid.
pub struct SealRequest<'a> {
    /// What the lot's sealing terms say.
    pub terms: SealingTerms,
    /// Who bids, as the signing certificate says.
    pub bidder: Organisation,
    /// DER, the signing certificate first.
    pub chain: Vec<Vec<u8>>,
    /// Whom b is wrapped to: the encryption certificate's key, spares.
    pub recipients: Vec<PublicKey>,
    /// The sheet's public fields.
    pub sheet: Map<String, Value>,
    /// The sheet's other fields, which go into the manifest.
    pub private_sheet: Map<String, Value>,
    /// In the order of their segments.
    pub documents: Vec<Document<'a>>,
    /// The client's clock, UTC milliseconds.
    pub time: u64,
}

/// Why a bid was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A document's name, by its own code.
    #[error("document {index}: {problem}")]
    Name {
        /// Which document, from 0.
        index: usize,
        /// What is wrong with its name.
        problem: NameProblem,
    },
    /// `media-type`, with the text that is not one.
    #[error("{0}: not a media type")]
    Media(String),
    /// `document-changed`, with the document's name.
    #[error("{0}: changed its length while it was read")]
    DocumentChanged(String),
    /// `document-unreadable`
    #[error("{name}: {error}")]
    Document {
        /// The document's name.
        name: String,
        /// The system's words.
        error: io::Error,
    },
    /// `custodian-key`: only a wrap that can be made again is audited.
    #[error("a custodian's key is not one of the suite's curve")]
    CustodianKey,
    /// `recipient-key`
    #[error("a recipient's key is of another suite than the terms")]
    RecipientKey,
    /// `sheet-number`
    #[error("the sheet holds a number that is not an integer below 2^53")]
    SheetNumber,
    /// `manifest-too-long`
    #[error("the sheet or the manifest is longer than allowed")]
    TooLong,
    /// What a reader would refuse, by its own code.
    #[error("the request breaks the format's rules: {0}")]
    Rule(#[from] HeaderProblem),
    /// `io`: the output failed.
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
            Self::RecipientKey => "recipient-key",
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
    check_documents(&request.documents)?;
    let suite = request.terms.suite;
    let is_other = |key: &PublicKey| key.suite() != suite;
    if request.terms.custodians.iter().any(is_other) {
        return Err(SealError::CustodianKey);
    }
    if request.recipients.iter().any(is_other) {
        return Err(SealError::RecipientKey);
    }
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
    // All digests have the same length, so a header that is accepted here
    // cannot be refused once the real digests stand in it.
    Header::from_parts(parts.clone())?;

    let start = output.stream_position()?;
    let front = header::length(parts.each_ref().map(Vec::len))
        + ciphertext_length(suite, lengths[0])
        + ciphertext_length(suite, lengths[1]);
    output.seek(SeekFrom::Start(start + front))?;
    let promised = commitments.segments[2..].iter_mut();
    let entries = promised.zip(&mut manifest.documents);
    for ((segment, document), (promised, entry)) in (2..).zip(request.documents).zip(entries) {
        let sealed = draft.seal_document(segment, document, output)?;
        promised.ciphertext = sealed.ciphertext;
        entry.digest = sealed.document;
    }

    let messages = [sheet, canonical::to_bytes(&manifest)];
    let mut ciphertexts = Vec::new();
    let promised = commitments
        .segments
        .iter_mut()
        .zip(&mut commitments.plaintexts);
    let messages = (0..).zip(&messages).zip(&draft.salts);
    for (((segment, message), salt), (promised, plaintext)) in messages.zip(promised) {
        let sealed = draft.seal_message(segment, &frame(salt, message), &mut ciphertexts)?;
        promised.ciphertext = sealed.ciphertext;
        *plaintext = commit_plaintext(suite, ENVELOPE, segment, salt, message);
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

fn check_documents(documents: &[Document<'_>]) -> Result<(), SealError> {
    let names = documents.iter().map(|document| &document.name[..]);
    check_names(names).map_err(|(index, problem)| SealError::Name { index, problem })?;
    if let Some(document) = documents.iter().find(|document| !is_media(&document.media)) {
        return Err(SealError::Media(document.media.clone()));
    }
    Ok(())
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
