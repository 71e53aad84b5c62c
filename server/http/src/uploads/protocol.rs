//! Reads and writes the headers of tus 1.0.
//!
//! Core, creation, checksum, expiration and termination of
//! <https://tus.io/protocols/resumable-upload>, version 1.0.0. Nothing here
//! touches a file or a store.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_app::submission::WrongChecksum;

pub const VERSION: &str = "1.0.0";
pub const EXTENSIONS: &str = "creation,checksum,expiration,termination";
pub const CHECKSUM_ALGORITHMS: &str = "sha256,sha1";
pub const OFFSET_CONTENT_TYPE: &str = "application/offset+octet-stream";

/// The most pairs one `Upload-Metadata` may hold.
const METADATA_PAIRS: usize = 16;

/// Why a header is not as tus 1.0 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("Upload-Offset is not a number")]
    Offset,
    #[error("Upload-Length is not a number")]
    Length,
    #[error("Upload-Metadata is not a list of names and base64 values")]
    Metadata,
    #[error(transparent)]
    Checksum(#[from] WrongChecksum),
}

/// A byte count as tus writes it: decimal digits and nothing else. `None` for
/// signs, spaces, leading zeros and numbers from 2^53 on.
pub fn parse_count(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|count| *count < 1 << 53)
}

/// Reads `Upload-Metadata: name <base64>,other <base64>,flag`.
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

/// A header, or what a client whose metadata can hold text only writes in its place: the
/// header's base64. A header begins with bytes that no base64 has.
pub fn plain_or_text(value: Vec<u8>) -> Vec<u8> {
    STANDARD.decode(&value).unwrap_or(value)
}

/// Writes an instant as an IMF-fixdate (RFC 9110 section 5.6.7), as
/// `Upload-Expires` wants it. An instant before 1970 becomes 1970.
pub fn http_date(at_millis: i64) -> String {
    let since = std::time::Duration::from_millis(u64::try_from(at_millis).unwrap_or(0));
    let time = std::time::UNIX_EPOCH + since;
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
    fn a_header_comes_as_it_is_or_as_text() {
        let header = b"kaibiao/1 bid\n\0\0\0\x01".to_vec();
        assert_eq!(plain_or_text(header.clone()), header);
        let text = STANDARD.encode(&header).into_bytes();
        assert_eq!(plain_or_text(text), header);
    }

    #[test]
    fn an_expiry_is_written_as_an_http_date() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
