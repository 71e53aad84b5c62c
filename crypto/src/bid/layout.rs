//! Where each segment's ciphertext lies in the body.

use super::chunk::ciphertext_length;
use super::commitments::Commitments;
use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use crate::Suite;

/// The segments of a body in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    places: Vec<Place>,
    length: u64,
}

/// One segment's place; offsets count from the first byte after the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Envelopes count from 0.
    pub envelope: u8,
    /// Segments count from 0 in each envelope.
    pub segment: u32,
    /// Bytes of ciphertext before it.
    pub offset: u64,
    /// Bytes of plaintext and of ciphertext.
    pub plaintext: u64,
    /// Bytes of ciphertext, tags included.
    pub ciphertext: u64,
}

impl Layout {
    pub(super) fn new(suite: Suite, commitments: &Commitments) -> Result<Self, HeaderProblem> {
        let mut places = Vec::new();
        let mut offset = 0;
        for (envelope, commitments) in (0..).zip(&commitments.envelopes) {
            for (segment, commitment) in (0..).zip(&commitments.segments) {
                let ciphertext = ciphertext_length(suite, commitment.length);
                places.push(Place {
                    envelope,
                    segment,
                    offset,
                    plaintext: commitment.length,
                    ciphertext,
                });
                // 1026 segments of at most 2^40 bytes are far from overflow.
                offset += ciphertext;
            }
        }
        if offset > limits::INTEGER {
            return Err(HeaderProblem::Field {
                part: HeaderPart::Commitments,
                field: "length",
            });
        }
        Ok(Self {
            places,
            length: offset,
        })
    }

    /// Bytes of all ciphertexts together.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// All places, in the order of the file.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Where a segment lies; `None` when there is no such segment.
    pub fn place(&self, envelope: u8, segment: u32) -> Option<&Place> {
        self.places
            .iter()
            .find(|place| place.envelope == envelope && place.segment == segment)
    }
}
