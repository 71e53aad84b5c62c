//! The sealed bid: how it is locked, checked while still closed, and opened.
//! docs/spec/sealed-bid.md fixes every byte; section numbers here are its.
//!
//! * [`seal`] writes a `.kbid` in one pass over the documents.
//! * [`Header::parse`] is the only way to a header; [`Promise`] is the part of
//!   it (ctx and commitments) that a verifier needs.
//! * [`UploadCheck`] checks the body while it arrives.
//! * Secrets are checked against their commitments before use, and the types
//!   say so: [`BidderSecret`], [`Share`], [`ReleaseSecret`], [`EnvelopeKey`] and
//!   [`SegmentKey`] cannot be had otherwise.
//! * [`open_sheet`], [`open_manifest`], [`open_document`] open one segment each.

mod chunk;
mod commitments;
mod context;
mod deal;
mod derivation;
mod draft;
mod header;
mod kbid;
mod keys;
mod layout;
mod manifest;
mod message;
mod name;
mod open;
mod pipeline;
mod problem;
mod promise;
mod seal;
mod upload;
mod wraps;
mod zh;

pub use commitments::{Commitments, EnvelopeCommitments, SegmentCommitment};
pub use context::{Context, MessageId, Threshold};
pub use header::{Header, MAGIC};
pub use kbid::{Kbid, KbidProblem};
pub use keys::{BidderSecret, EnvelopeKey, ReleaseSecret, SegmentKey, Share};
pub use layout::{Layout, Place};
pub use manifest::{DocumentEntry, Manifest};
pub use name::{NameProblem, check_names};
pub use open::{Opened, open_document, open_manifest, open_masked_sheet, open_sheet};
pub use problem::{HeaderPart, HeaderProblem, OpenError, OpenProblem};
pub use promise::Promise;
pub use seal::{Document, SealError, SealRequest, SealingTerms, seal};
pub use upload::{Checkpoint, UploadCheck, UploadProblem, chunk_digests};
pub use wraps::{Chain, EnvelopeWraps, Wrap, Wraps};

/// Limits of section 17.
pub mod limits {
    /// Bytes of ctx.
    pub const CONTEXT: usize = 16_384;
    /// Bytes of commitments.
    pub const COMMITMENTS: usize = 524_288;
    /// Bytes of wraps.
    pub const WRAPS: usize = 262_144;
    /// Bytes of chain.
    pub const CHAIN: usize = 262_144;
    /// Bytes of a whole header: magic, four lengths, four parts.
    pub const HEADER: usize = 14 + 16 + CONTEXT + COMMITMENTS + WRAPS + CHAIN;
    /// Envelopes of a bid; the format has room for 255.
    pub const ENVELOPES: usize = 1;
    /// Documents of an envelope.
    const DOCUMENTS: usize = 1024;
    /// Segments of an envelope: sheet, manifest, documents.
    pub const SEGMENTS: usize = DOCUMENTS + 2;
    /// Custodians of a lot.
    pub const CUSTODIANS: usize = 32;
    /// Keys that b is wrapped to.
    pub const RECIPIENTS: usize = 8;
    /// Certificates in a chain.
    pub const CERTIFICATES: usize = 8;
    /// Bytes of one DER certificate.
    pub const CERTIFICATE: usize = 16_384;
    /// Bytes of the frame of segment 0.
    pub const SHEET: u64 = 1 << 20;
    /// Bytes of the frame of segment 1.
    pub const MANIFEST: u64 = 4 << 20;
    /// Bytes of one document.
    pub const DOCUMENT: u64 = 1 << 40;
    /// Bytes of all ciphertexts together, and every integer in JSON.
    pub const INTEGER: u64 = (1 << 53) - 1;
}

#[cfg(test)]
mod tests;
