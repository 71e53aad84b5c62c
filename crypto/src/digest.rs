//! SHA-256 digests and the framing that everything hashed or signed uses.
//!
//! Integers are big-endian. `lp(x)` is `u32 length || x`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::suite::Sha256;

/// A digest: 32 bytes, 64 lowercase hexadecimal digits in text and JSON. No
/// other spelling is read.
///
/// What is made here is SHA-256 (FIPS 180-4), whatever the suite of a bid: trees
/// are those of RFC 6962 and C2SP's tlog-tiles, whose hash it is, and acts,
/// statements, certificates and events are named by it everywhere. Only what
/// belongs to one bid is hashed by the bid's own [`crate::Suite`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes 32 bytes that already are a digest.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }

    /// The digest of the parts one after the other, without framing: fixed
    /// lengths, labels or [`lp`] must keep the parts apart.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }

    /// The digest of everything that a reader gives, however much it is.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(reader: &mut impl std::io::Read) -> std::io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut piece = vec![0; 1 << 16];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(&piece[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// `H(label || parts[0] || parts[1] || ...)`, the form of every labelled
    /// digest ("kaibiao/1 bid", "kaibiao/1 facts", ...).
    pub fn labelled(label: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(label.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 32 bytes.
    pub const fn into_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Compares in constant time; for commitments of secrets.
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The beginning that several labelled digests have in common, hashed once.
pub struct LabelledPrefix(Sha256);

impl LabelledPrefix {
    /// `label || parts[0] || parts[1] || ...`
    pub fn new<'a>(label: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(label.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        Self(hasher)
    }

    /// The digest of the beginning and the rest.
    pub fn with(&self, rest: &[u8]) -> Digest {
        let mut hasher = self.0.clone();
        hasher.update(rest);
        hasher.finish()
    }
}

/// Appends `lp(bytes)`: the length as u32, then the bytes.
///
/// # Panics
/// When `bytes` is longer than 4 GiB; nothing that is signed comes near.
pub(crate) fn lp(into: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("what is framed is shorter than 4 GiB");
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(bytes);
}

/// The digest of confidential bytes: `H(label || salt || u64 length || bytes)`.
/// The salt, 32 random bytes, keeps short contents from being guessed.
pub(crate) fn salted(label: &str, salt: &[u8; 32], bytes: &[u8]) -> Digest {
    let length = (bytes.len() as u64).to_be_bytes();
    Digest::labelled(label, &[salt, &length, bytes])
}

/// Not 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lowercase hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        lower_hex(text).map(Self).ok_or(NotADigest)
    }
}

/// Reads exactly `N` bytes of lowercase hexadecimal.
pub fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_digest_of_abc_is_that_of_fips_180() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(Digest::of_parts(&[b"a", b"", b"bc"]), Digest::of(b"abc"));
        assert_eq!(Digest::labelled("a", &[b"b", b"c"]), Digest::of(b"abc"));
        let prefix = LabelledPrefix::new("a", [b"b".as_slice()]);
        assert_eq!(prefix.with(b"c"), Digest::of(b"abc"));
        assert_eq!(prefix.with(b""), Digest::of(b"ab"));
    }

    #[test]
    fn only_one_spelling_of_a_digest_is_read() {
        assert_eq!(ABC.parse(), Ok(Digest::of(b"abc")));
        assert_eq!(ABC.to_uppercase().parse::<Digest>(), Err(NotADigest));
        assert_eq!(ABC[2..].parse::<Digest>(), Err(NotADigest));
        assert_eq!(format!("{ABC}00").parse::<Digest>(), Err(NotADigest));
        assert!("é".repeat(32).parse::<Digest>().is_err());
    }

    #[test]
    fn json_holds_a_digest_as_text() {
        let json = serde_json::to_string(&Digest::of(b"abc")).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(
            serde_json::from_str::<Digest>(&json).unwrap(),
            Digest::of(b"abc")
        );
    }

    #[test]
    fn framing_is_a_big_endian_length_and_the_bytes() {
        let mut bytes = vec![9];
        lp(&mut bytes, b"hi");
        assert_eq!(bytes, [9, 0, 0, 0, 2, b'h', b'i']);
    }

    #[test]
    fn salt_length_and_label_all_count() {
        let one = salted("kaibiao/1 facts", &[1; 32], b"x");
        assert_ne!(one, salted("kaibiao/1 details", &[1; 32], b"x"));
        assert_ne!(one, salted("kaibiao/1 facts", &[2; 32], b"x"));
        let mut framed = b"kaibiao/1 facts".to_vec();
        framed.extend([1; 32]);
        framed.extend([0, 0, 0, 0, 0, 0, 0, 1, b'x']);
        assert_eq!(one, Digest::of(&framed));
    }
}
