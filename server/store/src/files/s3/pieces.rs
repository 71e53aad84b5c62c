//! The pieces of an upload or of a large document, and the manifest that lists them
//! (docs/adr/0027).
//!
//! ```text
//! piece    = OFFSET "-" LENGTH "-" SHA256 "-" BEFORE    12, 8, 64 and 32 digits, hexadecimal
//! BEFORE   = the first 16 bytes of SHA-256(the name of the piece before it, or nothing)
//! ```
//!
//! So a name commits to the bytes of its piece and to every piece before it, and
//! whoever keeps the last name keeps all of them.

use std::collections::HashMap;

use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::files::place::Answer;

/// What a manifest is.
const FORMAT: &str = "kaibiao/1 pieces";

/// One piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub name: String,
    pub offset: u64,
    pub length: u64,
    pub digest: Digest,
    before: String,
}

impl Piece {
    /// The piece of these bytes that comes after the one named.
    pub fn after(before: &str, offset: u64, bytes: &[u8]) -> Self {
        let (length, digest, before) = (bytes.len() as u64, Digest::of(bytes), link(before));
        Self {
            name: format!("{offset:012x}-{length:08x}-{digest}-{before}"),
            offset,
            length,
            digest,
            before,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let mut next = |digits: usize| {
            let part = parts.next()?;
            let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            (part.len() == digits && part.bytes().all(known)).then_some(part)
        };
        let offset = u64::from_str_radix(next(12)?, 16).ok()?;
        let length = u64::from_str_radix(next(8)?, 16).ok()?;
        let digest = next(64)?.parse().ok()?;
        let before = next(32)?.to_owned();
        parts.next().is_none().then(|| Self {
            name: name.to_owned(),
            offset,
            length,
            digest,
            before,
        })
    }

    pub fn end(&self) -> u64 {
        self.offset + self.length
    }
}

fn link(name: &str) -> String {
    let digest = Digest::of(name.as_bytes()).to_string();
    digest[..32].to_owned()
}

/// The pieces that lead to the one named, in order; None unless all of them are there
/// whole and follow each other from the first byte on. Without a name there are none.
pub(super) fn chain(found: Vec<Piece>, last: &str) -> Option<Vec<Piece>> {
    if last.is_empty() {
        return Some(Vec::new());
    }
    let mut named: HashMap<String, Piece> = found
        .into_iter()
        .map(|piece| (link(&piece.name), piece))
        .collect();
    let first = link("");
    let (mut chain, mut wanted) = (Vec::new(), link(last));
    while wanted != first {
        let piece = named.remove(&wanted)?;
        wanted.clone_from(&piece.before);
        chain.push(piece);
    }
    chain.reverse();
    follow(&chain).then_some(chain)
}

/// Whether pieces follow each other from the first byte on, none of them empty.
fn follow(pieces: &[Piece]) -> bool {
    let mut end = 0;
    pieces.iter().all(|piece| {
        let follows = piece.offset == end && piece.length > 0;
        end = piece.end();
        follows
    })
}

/// What a blob or a document consists of, as the object under its name says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: String,
    /// Names of the pieces, in order.
    pieces: Vec<String>,
    /// The upload or document in whose folder they lie.
    pub upload: String,
}

impl Manifest {
    pub fn new(upload: &str, pieces: &[Piece]) -> Self {
        Self {
            format: FORMAT.to_owned(),
            pieces: pieces.iter().map(|piece| piece.name.clone()).collect(),
            upload: upload.to_owned(),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(self)
    }

    /// Reads a manifest of this upload and length.
    ///
    /// # Errors
    /// It is not one.
    pub fn parse(bytes: &[u8], upload: &str, length: u64) -> Answer<Vec<Piece>> {
        let damaged = || StoreError::Corrupt(format!("the manifest of {upload}"));
        let read: Self = canonical::from_bytes(bytes).map_err(|_| damaged())?;
        if read.format != FORMAT || read.upload != upload {
            return Err(damaged());
        }
        let parsed = read.pieces.iter().map(|it| Piece::parse(it));
        let pieces: Vec<Piece> = parsed.collect::<Option<_>>().ok_or_else(damaged)?;
        let end = pieces.last().map_or(0, Piece::end);
        if follow(&pieces) && end == length {
            Ok(pieces)
        } else {
            Err(damaged())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<Piece> {
        let first = Piece::after("", 0, b"abc");
        let second = Piece::after(&first.name, 3, b"de");
        let third = Piece::after(&second.name, 5, b"f");
        vec![first, second, third]
    }

    #[test]
    fn a_name_says_what_it_is_the_name_of() {
        for piece in three() {
            assert_eq!(Piece::parse(&piece.name), Some(piece.clone()));
            assert_eq!(Piece::parse(&piece.name.to_uppercase()), None);
            assert_eq!(Piece::parse(&format!("{}-", piece.name)), None);
            assert_eq!(Piece::parse(&piece.name[1..]), None);
        }
        assert_eq!(
            three()[1].name,
            "000000000003-00000002-\
             959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578-\
             c28e5402495f2177cd6ab81bfa3fae39"
        );
    }

    #[test]
    fn the_last_name_tells_which_pieces_count_among_all_that_lie_there() {
        let pieces = three();
        let last = &pieces[2].name;
        let late = Piece::after(&pieces[0].name, 3, b"DE");
        let later = Piece::after(&late.name, 5, b"F");
        let mut found = vec![later, pieces[2].clone(), late, pieces[0].clone()];
        assert_eq!(chain(found.clone(), last), None, "one is missing");
        found.push(pieces[1].clone());
        assert_eq!(chain(found.clone(), last), Some(pieces));
        assert_eq!(chain(found, ""), Some(Vec::new()));
    }

    #[test]
    fn a_manifest_is_of_its_upload_and_of_its_length() {
        let bytes = Manifest::new("u", &three()).to_bytes();
        assert_eq!(Manifest::parse(&bytes, "u", 6).unwrap(), three());
        assert!(Manifest::parse(&bytes, "u", 5).is_err());
        assert!(Manifest::parse(&bytes, "v", 6).is_err());
        assert!(Manifest::parse(&bytes[1..], "u", 6).is_err());
        let holed = Manifest::new("u", &[three()[0].clone(), three()[2].clone()]);
        assert!(Manifest::parse(&holed.to_bytes(), "u", 6).is_err());
        let empty = Manifest::new("u", &[]).to_bytes();
        assert_eq!(Manifest::parse(&empty, "u", 0).unwrap(), Vec::new());
    }
}
