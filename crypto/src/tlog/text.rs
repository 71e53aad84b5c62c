//! The few forms of lines that all texts of a log share.

use crate::digest::Digest;
use crate::encoding::{from_base64, to_base64};

/// A number in decimal, without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in base64.
pub(super) fn hash(text: &str) -> Option<Digest> {
    let bytes = from_base64(text).ok()?;
    bytes.try_into().ok().map(Digest::from_bytes)
}

/// A hash in base64.
pub(super) fn hash_line(hash: &Digest) -> String {
    to_base64(hash.as_bytes())
}

/// Cuts a text at its first empty line: the lines before it, and all after it.
pub(super) fn head(text: &str) -> Option<(Vec<&str>, &str)> {
    let (head, rest) = text.split_once("\n\n")?;
    Some((head.split('\n').collect(), rest))
}
