//! commitments (section 4): to every key, share, ciphertext and plaintext.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use crate::digest::Digest;

/// The second part of a header: one entry for each envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitments {
    /// In the order of ctx's `envelopes`.
    pub envelopes: Vec<EnvelopeCommitments>,
}

/// What one envelope's secrets, shares and segments are held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeCommitments {
    /// KB
    pub b: Digest,
    /// KC
    pub dek: Digest,
    /// P_0 and P_1
    pub plaintexts: [Digest; 2],
    /// KR
    pub r: Digest,
    /// KS for release, by x
    pub release: Vec<Digest>,
    /// KS for rescue, by x; empty without rescue
    pub rescue: Vec<Digest>,
    /// As many as ctx says; 0 is the sheet, 1 the manifest.
    pub segments: Vec<SegmentCommitment>,
}

/// What one segment is held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentCommitment {
    /// C_i
    pub ciphertext: Digest,
    /// KC_i
    pub key: Digest,
    /// Of the plaintext, in bytes.
    pub length: u64,
}

impl Commitments {
    /// The rules of the fields, and that they fit ctx.
    pub(super) fn check(&self, context: &Context) -> Result<(), HeaderProblem> {
        if self.envelopes.len() != context.envelopes.len() {
            return Err(HeaderProblem::Inconsistent("commitments: envelopes"));
        }
        for (envelope, segments) in self.envelopes.iter().zip(&context.envelopes) {
            if envelope.release.len() != context.custodians.len() {
                return Err(HeaderProblem::Inconsistent("commitments: release"));
            }
            if envelope.rescue.len() != rescue_count(context) {
                return Err(HeaderProblem::Inconsistent("commitments: rescue"));
            }
            if envelope.segments.len() != *segments as usize {
                return Err(HeaderProblem::Inconsistent("commitments: segments"));
            }
            for (index, segment) in envelope.segments.iter().enumerate() {
                if !is_length(index, segment.length) {
                    return Err(HeaderProblem::Field {
                        part: HeaderPart::Commitments,
                        field: "length",
                    });
                }
            }
        }
        Ok(())
    }
}

/// How many custodians hold a share of b.
pub(super) fn rescue_count(context: &Context) -> usize {
    match context.rescue {
        Some(_) => context.custodians.len(),
        None => 0,
    }
}

fn is_length(segment: usize, length: u64) -> bool {
    let frame = |most| (4096..=most).contains(&length) && length.is_multiple_of(4096);
    match segment {
        0 => frame(limits::SHEET),
        1 => frame(limits::MANIFEST),
        _ => length <= limits::DOCUMENT,
    }
}
