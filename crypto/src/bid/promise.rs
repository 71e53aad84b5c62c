//! ctx and commitments together: all that is needed to check secrets and to
//! open segments. A verifier holds this much without wraps and certificates.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::commitments::{Commitments, EnvelopeCommitments, SegmentCommitment};
use super::context::Context;
use super::layout::Layout;
use super::limits;
use super::problem::{HeaderPart, HeaderProblem, OpenProblem};
use crate::Suite;
use crate::canonical;
use crate::digest::Digest;

/// ctx and commitments, strictly parsed and consistent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    suite: Suite,
    context: Context,
    commitments: Commitments,
    context_digest: Digest,
    commitments_digest: Digest,
    layout: Layout,
}

impl Promise {
    /// Parses the exact bytes of both parts.
    pub fn parse(context: &[u8], commitments: &[u8]) -> Result<Self, HeaderProblem> {
        let parsed: Context = part(HeaderPart::Context, limits::CONTEXT, context)?;
        let suite = parsed.check()?;
        let committed: Commitments =
            part(HeaderPart::Commitments, limits::COMMITMENTS, commitments)?;
        committed.check(&parsed)?;
        Ok(Self {
            layout: Layout::new(suite, &committed)?,
            suite,
            context: parsed,
            commitments: committed,
            context_digest: suite.digest(context),
            commitments_digest: suite.digest(commitments),
        })
    }

    /// The suite that ctx names.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The bid digest (section 13), the bid's identity everywhere, from the
    /// digests of the two parts that are not here.
    pub fn bid_digest(&self, wraps: Digest, chain: Digest) -> Digest {
        self.suite.labelled(
            "kaibiao/1 bid",
            &[
                self.context_digest.as_bytes(),
                self.commitments_digest.as_bytes(),
                wraps.as_bytes(),
                chain.as_bytes(),
            ],
        )
    }

    /// ctx as parsed.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// commitments as parsed.
    pub const fn commitments(&self) -> &Commitments {
        &self.commitments
    }

    /// H(ctx)
    pub const fn context_digest(&self) -> Digest {
        self.context_digest
    }

    /// H(commitments)
    pub const fn commitments_digest(&self) -> Digest {
        self.commitments_digest
    }

    /// Where each segment's ciphertext lies in the body.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// One envelope's commitments.
    ///
    /// # Errors
    /// [`OpenProblem::NoSuchSegment`].
    pub fn envelope(&self, envelope: u8) -> Result<&EnvelopeCommitments, OpenProblem> {
        self.commitments
            .envelopes
            .get(usize::from(envelope))
            .ok_or(OpenProblem::NoSuchSegment)
    }

    /// One segment's commitments.
    ///
    /// # Errors
    /// [`OpenProblem::NoSuchSegment`].
    pub fn segment(&self, envelope: u8, segment: u32) -> Result<&SegmentCommitment, OpenProblem> {
        self.envelope(envelope)?
            .segments
            .get(segment as usize)
            .ok_or(OpenProblem::NoSuchSegment)
    }
}

/// One part of a header: within its limit, canonical, of its shape.
pub(super) fn part<T: Serialize + DeserializeOwned>(
    part: HeaderPart,
    most: usize,
    bytes: &[u8],
) -> Result<T, HeaderProblem> {
    if bytes.len() > most {
        return Err(HeaderProblem::TooLong(part));
    }
    canonical::from_bytes(bytes).map_err(|reason| HeaderProblem::NotCanonical {
        part,
        reason: reason.to_string(),
    })
}
