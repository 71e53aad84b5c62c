//! What can be wrong with a bid, each with its stable code (section 16).

use std::fmt;
use std::io;

use crate::wrap::{Role, UnwrapProblem};

/// One of the four parts of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderPart {
    /// ctx (section 3).
    Context,
    /// commitments (section 4).
    Commitments,
    /// wraps (section 5).
    Wraps,
    /// chain (section 6).
    Chain,
}

impl fmt::Display for HeaderPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context => "ctx",
            Self::Commitments => "commitments",
            Self::Wraps => "wraps",
            Self::Chain => "chain",
        })
    }
}

/// Why bytes are not a header. The most specific problem is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// `header-not-a-bid`
    #[error("not a sealed bid: the file does not begin as one")]
    NotABid,
    /// `header-truncated`
    #[error("the header ends early")]
    Truncated,
    /// `header-too-long`
    #[error("{0} is longer than allowed")]
    TooLong(HeaderPart),
    /// `header-trailing`
    #[error("bytes follow the header")]
    Trailing,
    /// `header-not-canonical`
    #[error("{part} is not canonical JSON of its shape: {reason}")]
    NotCanonical {
        /// Which part.
        part: HeaderPart,
        /// The reader's words.
        reason: String,
    },
    /// `header-unknown-format`
    #[error("a format or suite this version does not know")]
    UnknownFormat,
    /// `header-field`
    #[error("{part}: {field} is against its rule")]
    Field {
        /// Which part.
        part: HeaderPart,
        /// Which of its members.
        field: &'static str,
    },
    /// `header-inconsistent`
    #[error("parts of the header do not fit each other: {0}")]
    Inconsistent(&'static str),
    /// `header-certificate`
    #[error("the first certificate is not the one the bid was sealed for")]
    Certificate,
}

impl HeaderProblem {
    /// The stable code of the specification.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotABid => "header-not-a-bid",
            Self::Truncated => "header-truncated",
            Self::TooLong(_) => "header-too-long",
            Self::Trailing => "header-trailing",
            Self::NotCanonical { .. } => "header-not-canonical",
            Self::UnknownFormat => "header-unknown-format",
            Self::Field { .. } => "header-field",
            Self::Inconsistent(_) => "header-inconsistent",
            Self::Certificate => "header-certificate",
        }
    }
}

/// Why a bid does not open. Segments and chunks count from 0, x from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenProblem {
    /// `no-such-segment`
    #[error("there is no such envelope or segment")]
    NoSuchSegment,
    /// `other-bid`
    #[error("the secret was checked for another bid")]
    OtherBid,
    /// `secret-mismatch`
    #[error("the secret is not the committed one")]
    SecretMismatch,
    /// `share-mismatch`
    #[error("share {x} ({role:?}) is not the committed one")]
    ShareMismatch {
        /// Of r (release) or of b (rescue).
        role: Role,
        /// The custodian's place, from 1.
        x: u8,
    },
    /// `shares-too-few`
    #[error("{have} shares of the {need} needed")]
    SharesTooFew {
        /// How many there are.
        have: usize,
        /// How many it takes.
        need: u8,
    },
    /// `shares-duplicate`
    #[error("the same share twice")]
    SharesDuplicate,
    /// `release-mismatch`
    #[error("the committed shares do not give the committed release secret")]
    ReleaseMismatch,
    /// `rescue-mismatch`
    #[error("the committed shares do not give the committed bidder's secret")]
    RescueMismatch,
    /// `other-custodians`
    #[error("the custodians' keys are not those the bid was sealed for")]
    OtherCustodians,
    /// `dealing-commitment`
    #[error("the commitment to share {x} ({role:?}) was not dealt from the secret")]
    DealingCommitment {
        /// Of r (release) or of b (rescue).
        role: Role,
        /// The custodian's place, from 1.
        x: u8,
    },
    /// `dealing-wrap`
    #[error("the wrap of share {x} ({role:?}) was not dealt from the secret")]
    DealingWrap {
        /// Of r (release) or of b (rescue).
        role: Role,
        /// The custodian's place, from 1.
        x: u8,
    },
    /// `key-mismatch`
    #[error("the data key is not the committed one")]
    KeyMismatch,
    /// `segment-key-mismatch`
    #[error("the key of segment {segment} is not the committed one")]
    SegmentKeyMismatch {
        /// Segments count from 0.
        segment: u32,
    },
    /// `ciphertext-length`
    #[error("the ciphertext of segment {segment} has another length than committed")]
    CiphertextLength {
        /// Segments count from 0.
        segment: u32,
    },
    /// `ciphertext-mismatch`
    #[error("the ciphertext of segment {segment} is not the committed one")]
    CiphertextMismatch {
        /// Segments count from 0.
        segment: u32,
    },
    /// `not-authentic`
    #[error("chunk {chunk} of segment {segment} does not open under the committed key")]
    NotAuthentic {
        /// Segments count from 0.
        segment: u32,
        /// Chunks count from 0.
        chunk: u64,
    },
    /// `frame-wrong`
    #[error("the plaintext of segment {segment} is not framed as it must be")]
    FrameWrong {
        /// Segments count from 0.
        segment: u32,
    },
    /// `plaintext-mismatch`
    #[error("the plaintext of segment {segment} is not the committed one")]
    PlaintextMismatch {
        /// Segments count from 0.
        segment: u32,
    },
    /// `sheet-wrong`
    #[error("the sheet is not a canonical JSON object")]
    SheetWrong,
    /// `manifest-wrong`
    #[error("the manifest is against its rules: {0}")]
    ManifestWrong(String),
    /// `document-mismatch`
    #[error("the document in segment {segment} is not the one in the manifest")]
    DocumentMismatch {
        /// Segments count from 0.
        segment: u32,
    },
    /// What is wrong with a wrap, by its own code.
    #[error(transparent)]
    Unwrap(#[from] UnwrapProblem),
}

impl OpenProblem {
    /// The stable code of the specification.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchSegment => "no-such-segment",
            Self::OtherBid => "other-bid",
            Self::SecretMismatch => "secret-mismatch",
            Self::ShareMismatch { .. } => "share-mismatch",
            Self::SharesTooFew { .. } => "shares-too-few",
            Self::SharesDuplicate => "shares-duplicate",
            Self::ReleaseMismatch => "release-mismatch",
            Self::RescueMismatch => "rescue-mismatch",
            Self::OtherCustodians => "other-custodians",
            Self::DealingCommitment { .. } => "dealing-commitment",
            Self::DealingWrap { .. } => "dealing-wrap",
            Self::KeyMismatch => "key-mismatch",
            Self::SegmentKeyMismatch { .. } => "segment-key-mismatch",
            Self::CiphertextLength { .. } => "ciphertext-length",
            Self::CiphertextMismatch { .. } => "ciphertext-mismatch",
            Self::NotAuthentic { .. } => "not-authentic",
            Self::FrameWrong { .. } => "frame-wrong",
            Self::PlaintextMismatch { .. } => "plaintext-mismatch",
            Self::SheetWrong => "sheet-wrong",
            Self::ManifestWrong(_) => "manifest-wrong",
            Self::DocumentMismatch { .. } => "document-mismatch",
            Self::Unwrap(problem) => problem.code(),
        }
    }
}

/// A failed opening: the bid's problem, or the medium's.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The bid's problem, by its own code.
    #[error(transparent)]
    Problem(#[from] OpenProblem),
    /// `io`: the medium failed.
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// The problem's code, or `io`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Problem(problem) => problem.code(),
            Self::Io(_) => "io",
        }
    }
}
