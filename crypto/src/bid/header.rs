//! The header (section 2): four parts whose exact bytes are kept.

use std::io::{self, Read};
use std::ops::Deref;

use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use super::promise::{Promise, part};
use super::wraps::{Chain, Wraps};
use crate::digest::{Digest, lp};

/// What every header and .kbid file begins with.
pub const MAGIC: &[u8; 14] = b"kaibiao/1 bid\n";

const PARTS: [(HeaderPart, usize); 4] = [
    (HeaderPart::Context, limits::CONTEXT),
    (HeaderPart::Commitments, limits::COMMITMENTS),
    (HeaderPart::Wraps, limits::WRAPS),
    (HeaderPart::Chain, limits::CHAIN),
];

/// A header, strictly parsed and consistent within itself. Whether its
/// certificates are to be trusted and its terms are the lot's is for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    promise: Promise,
    wraps: Wraps,
    chain: Chain,
    parts: [Vec<u8>; 4],
}

impl Header {
    /// Parses a header that travels alone: nothing may follow it.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderProblem> {
        let mut rest = bytes;
        match Self::read(&mut rest) {
            Ok(Ok(header)) if rest.is_empty() => Ok(header),
            Ok(Ok(_)) => Err(HeaderProblem::Trailing),
            Ok(Err(problem)) => Err(problem),
            Err(_) => Err(HeaderProblem::Truncated),
        }
    }

    /// Reads a header and stops at the first byte of the body.
    pub fn read(reader: &mut impl Read) -> io::Result<Result<Self, HeaderProblem>> {
        let mut magic = [0; MAGIC.len()];
        if !fill(reader, &mut magic)? || magic != *MAGIC {
            return Ok(Err(HeaderProblem::NotABid));
        }
        let mut parts: [Vec<u8>; 4] = Default::default();
        for (bytes, (part, most)) in parts.iter_mut().zip(PARTS) {
            let mut length = [0; 4];
            if !fill(reader, &mut length)? {
                return Ok(Err(HeaderProblem::Truncated));
            }
            let length = u32::from_be_bytes(length) as usize;
            if length > most {
                return Ok(Err(HeaderProblem::TooLong(part)));
            }
            bytes.resize(length, 0);
            if !fill(reader, bytes)? {
                return Ok(Err(HeaderProblem::Truncated));
            }
        }
        Ok(Self::from_parts(parts))
    }

    /// The exact bytes of ctx, commitments, wraps and chain.
    pub fn from_parts(parts: [Vec<u8>; 4]) -> Result<Self, HeaderProblem> {
        let promise = Promise::parse(&parts[0], &parts[1])?;
        let wraps: Wraps = part(HeaderPart::Wraps, limits::WRAPS, &parts[2])?;
        wraps.check(promise.suite(), promise.context())?;
        let chain: Chain = part(HeaderPart::Chain, limits::CHAIN, &parts[3])?;
        chain.check(promise.suite(), promise.context())?;
        Ok(Self {
            promise,
            wraps,
            chain,
            parts,
        })
    }

    /// Magic and the four parts, as parsed.
    pub fn to_bytes(&self) -> Vec<u8> {
        frame(&self.parts)
    }

    /// The bytes of one part, as parsed.
    pub fn part(&self, part: HeaderPart) -> &[u8] {
        &self.parts[part as usize]
    }

    /// Bytes of the header, and so the offset of the body in a .kbid.
    pub fn length(&self) -> u64 {
        length(self.parts.each_ref().map(Vec::len))
    }

    /// The bid's identity everywhere.
    pub fn digest(&self) -> Digest {
        let [_, _, wraps, chain] = &self.parts;
        let suite = self.suite();
        self.bid_digest(suite.digest(wraps), suite.digest(chain))
    }

    /// ctx and commitments: all that a verifier needs.
    pub const fn promise(&self) -> &Promise {
        &self.promise
    }

    /// The wraps, which fit ctx.
    pub const fn wraps(&self) -> &Wraps {
        &self.wraps
    }

    /// The bidder's certificates; whether they are to be believed is not said.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }
}

impl Deref for Header {
    type Target = Promise;

    fn deref(&self) -> &Promise {
        &self.promise
    }
}

pub(super) fn frame(parts: &[Vec<u8>; 4]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for part in parts {
        lp(&mut bytes, part);
    }
    bytes
}

/// The length of a header whose parts have these lengths.
pub(super) fn length(parts: [usize; 4]) -> u64 {
    (MAGIC.len() + parts.iter().map(|part| 4 + part).sum::<usize>()) as u64
}

/// False when the reader ends before.
fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
