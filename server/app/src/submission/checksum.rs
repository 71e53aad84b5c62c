//! The checksum of one piece of an upload (tus 1.0, extension "checksum").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

/// Why an `Upload-Checksum` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongChecksum {
    #[error("Upload-Checksum is not an algorithm and a base64 digest")]
    Form,
    #[error("the checksum's algorithm is not one of those announced")]
    Algorithm,
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
    /// [`WrongChecksum::Form`] or [`WrongChecksum::Algorithm`]; tus answers
    /// both with 400.
    pub fn parse(text: &str) -> Result<Self, WrongChecksum> {
        let (name, value) = text.trim().split_once(' ').ok_or(WrongChecksum::Form)?;
        let expected = STANDARD.decode(value).map_err(|_| WrongChecksum::Form)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha1" => Algorithm::Sha1,
            _ => return Err(WrongChecksum::Algorithm),
        };
        if expected.len() != algorithm.of_ring().output_len() {
            return Err(WrongChecksum::Form);
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

#[cfg(test)]
mod tests {
    use super::*;

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
            Err(WrongChecksum::Algorithm)
        );
        assert_eq!(
            Checksum::parse("sha256 kAFQmDzST7DWlj99KOF/cg=="),
            Err(WrongChecksum::Form)
        );
        assert_eq!(Checksum::parse("sha256"), Err(WrongChecksum::Form));
    }
}
