//! What can be wrong with a bid, each with its stable code (section 16).

use std::fmt;
use std::io;

use crate::wrap::{Role, UnwrapProblem};

/// One of the four parts of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderPart {
    Context,
    Commitments,
    Wraps,
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
    #[error("not a sealed bid: the file does not begin as one")]
    NotABid,
    #[error("the header ends early")]
    Truncated,
    #[error("{0} is longer than allowed")]
    TooLong(HeaderPart),
    #[error("bytes follow the header")]
    Trailing,
    #[error("{part} is not canonical JSON of its shape: {reason}")]
    NotCanonical { part: HeaderPart, reason: String },
    #[error("a format or suite this version does not know")]
    UnknownFormat,
    #[error("{part}: {field} is against its rule")]
    Field {
        part: HeaderPart,
        field: &'static str,
    },
    #[error("parts of the header do not fit each other: {0}")]
    Inconsistent(&'static str),
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

/// With whom a failure lies, on the cryptographic evidence alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Bidder,
    /// The custodian, unless the dealing turns out wrong.
    Custodian,
    /// Whoever kept the ciphertext: it was checked when it came in.
    Store,
    /// Whoever sent a secret or asked with wrong arguments.
    Sender,
}

/// Why a bid does not open. Segments and chunks count from 0, x from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenProblem {
    #[error("there is no such envelope or segment")]
    NoSuchSegment,
    #[error("the secret was checked for another bid")]
    OtherBid,
    #[error("the secret is not the committed one")]
    SecretMismatch,
    #[error("share {x} ({role:?}) is not the committed one")]
    ShareMismatch { role: Role, x: u8 },
    #[error("{have} shares of the {need} needed")]
    SharesTooFew { have: usize, need: u8 },
    #[error("the same share twice")]
    SharesDuplicate,
    #[error("the committed shares do not give the committed release secret")]
    ReleaseMismatch,
    #[error("the committed shares do not give the committed bidder's secret")]
    RescueMismatch,
    #[error("the custodians' keys are not those the bid was sealed for")]
    OtherCustodians,
    #[error("the commitment to share {x} ({role:?}) was not dealt from the secret")]
    DealingCommitment { role: Role, x: u8 },
    #[error("the wrap of share {x} ({role:?}) was not dealt from the secret")]
    DealingWrap { role: Role, x: u8 },
    #[error("the data key is not the committed one")]
    KeyMismatch,
    #[error("the key of segment {segment} is not the committed one")]
    SegmentKeyMismatch { segment: u32 },
    #[error("the ciphertext of segment {segment} has another length than committed")]
    CiphertextLength { segment: u32 },
    #[error("the ciphertext of segment {segment} is not the committed one")]
    CiphertextMismatch { segment: u32 },
    #[error("chunk {chunk} of segment {segment} does not open under the committed key")]
    NotAuthentic { segment: u32, chunk: u64 },
    #[error("the plaintext of segment {segment} is not framed as it must be")]
    FrameWrong { segment: u32 },
    #[error("the plaintext of segment {segment} is not the committed one")]
    PlaintextMismatch { segment: u32 },
    #[error("the sheet is not a canonical JSON object")]
    SheetWrong,
    #[error("the manifest is against its rules: {0}")]
    ManifestWrong(String),
    #[error("the document in segment {segment} is not the one in the manifest")]
    DocumentMismatch { segment: u32 },
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

    /// With whom it lies.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::NoSuchSegment
            | Self::OtherBid
            | Self::SecretMismatch
            | Self::OtherCustodians
            | Self::Unwrap(UnwrapProblem::OtherKey) => Fault::Sender,
            Self::ShareMismatch { .. } | Self::SharesTooFew { .. } | Self::SharesDuplicate => {
                Fault::Custodian
            }
            Self::CiphertextLength { .. } | Self::CiphertextMismatch { .. } => Fault::Store,
            Self::ReleaseMismatch
            | Self::RescueMismatch
            | Self::DealingCommitment { .. }
            | Self::DealingWrap { .. }
            | Self::KeyMismatch
            | Self::SegmentKeyMismatch { .. }
            | Self::NotAuthentic { .. }
            | Self::FrameWrong { .. }
            | Self::PlaintextMismatch { .. }
            | Self::SheetWrong
            | Self::ManifestWrong(_)
            | Self::DocumentMismatch { .. }
            | Self::Unwrap(_) => Fault::Bidder,
        }
    }
}

/// A failed opening: the bid's problem, or the medium's.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Problem(#[from] OpenProblem),
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
