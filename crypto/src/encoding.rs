//! Binary inside JSON: standard base64 with padding (RFC 4648, section 4), in
//! its one canonical spelling.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Not standard base64 in its canonical spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64 (RFC 4648, section 4, with padding)")]
pub struct NotBase64;

/// Writes base64.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64; refuses missing padding, stray bits, white space and the URL
/// alphabet.
pub fn from_base64(text: &str) -> Result<Vec<u8>, NotBase64> {
    let bytes = STANDARD.decode(text).map_err(|_| NotBase64)?;
    // The decoder is strict by its configuration; this holds it to that.
    if to_base64(&bytes) == text {
        Ok(bytes)
    } else {
        Err(NotBase64)
    }
}

/// Bytes that are base64 text in JSON.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Base64(pub Vec<u8>);

impl std::ops::Deref for Base64 {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        from_base64(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// Secret bytes on their way through JSON: wiped when dropped, never printed.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes that are to be wiped.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for whoever has to use them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(to_base64(&self.0)))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        from_base64(&text)
            .map(Self::new)
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(from_base64("+/8="), Ok(vec![0xfb, 0xff]));
        for other in [
            "+/8", "-_8=", "+/9=", "+/8=\n", " +/8=", "+/8==", "=", "+/8=AA==",
        ] {
            assert_eq!(from_base64(other), Err(NotBase64), "{other:?}");
        }
        assert_eq!(from_base64(""), Ok(vec![]));
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret: Secret = serde_json::from_str("\"c2VjcmV0\"").unwrap();
        assert_eq!(secret.expose(), b"secret");
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"c2VjcmV0\"");
    }
}
