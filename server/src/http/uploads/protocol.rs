//! What of tus 1.0 is text: headers in, headers out.
//!
//! Core, creation, checksum, expiration and termination of
//! <https://tus.io/protocols/resumable-upload>, version 1.0.0. Nothing here
//! touches a file or a store.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

pub const VERSION: &str = "1.0.0";
pub const EXTENSIONS: &str = "creation,checksum,expiration,termination";
pub const CHECKSUM_ALGORITHMS: &str = "sha256,sha1";
pub const OFFSET_CONTENT_TYPE: &str = "application/offset+octet-stream";

/// The most pairs one `Upload-Metadata` may hold.
const METADATA_PAIRS: usize = 16;

/// A header that does not say what tus 1.0 wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("Upload-Offset is not a number")]
    Offset,
    #[error("Upload-Length is not a number")]
    Length,
    #[error("Upload-Metadata is not a list of names and base64 values")]
    Metadata,
    #[error("Upload-Checksum is not an algorithm and a base64 digest")]
    Checksum,
    #[error("the checksum's algorithm is not one of those announced")]
    UnknownAlgorithm,
}

/// A byte count as tus writes it: decimal digits and nothing else.
///
/// # Errors
/// `None` for signs, spaces, leading zeros and anything over 2^53.
pub fn parse_count(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|count| *count < 1 << 53)
}

/// `Upload-Metadata: name <base64>,other <base64>,flag`.
///
/// # Errors
/// [`Malformed::Metadata`] for an empty or doubled name, a value that is not
/// canonical base64, or too many pairs.
pub fn parse_metadata(text: &str) -> Result<BTreeMap<String, Vec<u8>>, Malformed> {
    let mut pairs = BTreeMap::new();
    if text.trim().is_empty() {
        return Ok(pairs);
    }
    for pair in text.split(',') {
        let mut words = pair.trim().split(' ');
        let name = words.next().unwrap_or_default();
        let value = words.next().unwrap_or_default();
        if name.is_empty() || words.next().is_some() || pairs.len() == METADATA_PAIRS {
            return Err(Malformed::Metadata);
        }
        let value = STANDARD.decode(value).map_err(|_| Malformed::Metadata)?;
        if pairs.insert(name.to_owned(), value).is_some() {
            return Err(Malformed::Metadata);
        }
    }
    Ok(pairs)
}

/// The digest that a client promises for the body of one PATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    expected: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha1,
}

impl Checksum {
    /// `Upload-Checksum: sha256 <base64>`.
    ///
    /// # Errors
    /// [`Malformed::Checksum`] or [`Malformed::UnknownAlgorithm`]; tus answers
    /// both with 400.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (name, value) = text.trim().split_once(' ').ok_or(Malformed::Checksum)?;
        let expected = STANDARD.decode(value).map_err(|_| Malformed::Checksum)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha1" => Algorithm::Sha1,
            _ => return Err(Malformed::UnknownAlgorithm),
        };
        if expected.len() != algorithm.of_ring().output_len() {
            return Err(Malformed::Checksum);
        }
        Ok(Self {
            algorithm,
            expected,
        })
    }

    pub fn start(&self) -> digest::Context {
        digest::Context::new(self.algorithm.of_ring())
    }

    /// Whether the bytes that went into `seen` are the promised ones.
    pub fn holds(&self, seen: digest::Context) -> bool {
        seen.finish().as_ref() == self.expected
    }
}

impl Algorithm {
    fn of_ring(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        }
    }
}

/// `Upload-Expires` is an IMF-fixdate (RFC 9110 section 5.6.7).
pub fn http_date(at_millis: i64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(at_millis.max(0) as u64);
    actix_web::http::header::HttpDate::from(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_one_spelling() {
        assert_eq!(parse_count("0"), Some(0));
        assert_eq!(parse_count("2147483648"), Some(1 << 31));
        for wrong in [
            "",
            " 1",
            "+1",
            "-1",
            "01",
            "1.0",
            "0x1",
            "9007199254740992",
            "99999999999999999999",
        ] {
            assert_eq!(parse_count(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn metadata_is_names_with_base64_values() {
        let read = parse_metadata("project cDE=,lot MQ==,flag").unwrap();
        assert_eq!(read["project"], b"p1");
        assert_eq!(read["lot"], b"1");
        assert_eq!(read["flag"], b"");
        for wrong in ["lot MQ", "lot MQ==,lot MQ==", ",", "lot MQ== x"] {
            assert_eq!(parse_metadata(wrong), Err(Malformed::Metadata), "{wrong:?}");
        }
    }

    #[test]
    fn a_checksum_is_compared_with_what_arrived() {
        let promised =
            Checksum::parse("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=").unwrap();
        let mut seen = promised.start();
        seen.update(b"abc");
        assert!(promised.holds(seen));
        let mut other = promised.start();
        other.update(b"abd");
        assert!(!promised.holds(other));
    }

    #[test]
    fn an_unknown_or_short_checksum_is_refused() {
        assert_eq!(
            Checksum::parse("md5 kAFQmDzST7DWlj99KOF/cg=="),
            Err(Malformed::UnknownAlgorithm)
        );
        assert_eq!(
            Checksum::parse("sha256 kAFQmDzST7DWlj99KOF/cg=="),
            Err(Malformed::Checksum)
        );
        assert_eq!(Checksum::parse("sha256"), Err(Malformed::Checksum));
    }

    #[test]
    fn an_expiry_is_written_as_an_http_date() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
