//! TimeStampResp (RFC 3161, 2.4.2).

use der::Tag;

use super::TimestampProblem;
use crate::cms::NotDer;
use crate::cms::element::{Element, Fields};

/// What an authority of time answered; nothing of it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A token, DER: see [`super::verify`].
    Granted(Vec<u8>),
    /// None, and why not.
    Rejected(Rejection),
}

/// Why an authority gave no time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// PKIStatus in words.
    pub status: &'static str,
    /// PKIFailureInfo in words.
    pub reasons: Vec<&'static str>,
    /// The authority's own words; for people, and untrusted.
    pub words: Vec<String>,
}

/// The longest answer that is read, in bytes.
pub const MAX_RESPONSE: usize = crate::cms::MAX_DER + 4096;

/// RFC 3161, 2.4.2; bits that it does not name are told as "unknown".
const REASONS: [(u32, &str); 8] = [
    (0, "bad algorithm"),
    (2, "bad request"),
    (5, "bad data format"),
    (14, "time not available"),
    (15, "policy not accepted"),
    (16, "extension not accepted"),
    (17, "additional information not available"),
    (25, "system failure"),
];

impl Response {
    /// Reads an answer with nothing after it.
    pub fn read(der: &[u8]) -> Result<Self, TimestampProblem> {
        if der.len() > MAX_RESPONSE {
            return Err(TimestampProblem::Response);
        }
        read(der).map_err(|_| TimestampProblem::Response)
    }
}

fn read(der: &[u8]) -> Result<Response, NotDer> {
    let mut response = Fields::of_sequence(der)?;
    let information = response.any()?;
    if !information.is_strict() {
        return Err(NotDer);
    }
    let mut information = information.fields(Tag::Sequence)?;
    let status = information.small()?;
    let mut words = Vec::new();
    if let Some(texts) = information.optional(Tag::Sequence)? {
        for text in texts.fields(Tag::Sequence)?.all()? {
            if text.tag != Tag::Utf8String {
                return Err(NotDer);
            }
            words.push(str::from_utf8(text.content).map_err(|_| NotDer)?.to_owned());
        }
    }
    let reasons = match information.optional(Tag::BitString)? {
        None => Vec::new(),
        Some(bits) => reasons(bits)?,
    };
    information.done()?;
    let token = response.optional(Tag::Sequence)?;
    response.done()?;
    let status = match (status, token) {
        // Granted, and granted with modifications: a token is there.
        (0 | 1, Some(token)) => return Ok(Response::Granted(token.whole.to_vec())),
        (2, None) => "rejected",
        (3, None) => "waiting",
        (4, None) => "revocation is about to happen",
        (5, None) => "revoked",
        _ => return Err(NotDer),
    };
    Ok(Response::Rejected(Rejection {
        status,
        reasons,
        words,
    }))
}

/// The first octet says how many bits are unused; bit 0 is the highest of the
/// second.
fn reasons(bits: Element<'_>) -> Result<Vec<&'static str>, NotDer> {
    let (_, octets) = bits.content.split_first().ok_or(NotDer)?;
    if octets.len() > 8 {
        return Err(NotDer);
    }
    let set = (0u32..).zip(octets).flat_map(|(at, octet)| {
        let is_set = move |bit: &u32| octet & (0x80 >> bit) != 0;
        (0..8).filter(is_set).map(move |bit| at * 8 + bit)
    });
    let in_words = |bit| {
        let known = REASONS.iter().find(|(known, _)| *known == bit);
        known.map_or("unknown", |(_, words)| words)
    };
    Ok(set.map(in_words).collect())
}
