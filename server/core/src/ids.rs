//! What things are called: projects, lots, parties, organisations, instants.

use std::fmt;
use std::str::FromStr;

pub use kaibiao_crypto::certificate::Organisation;
use kaibiao_crypto::digest::lower_hex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An instant: UTC milliseconds since 1970-01-01.
pub type Millis = i64;

/// A length of time in whole seconds.
pub type Seconds = u32;

/// The number of an event in its stream. The first event is number 1, and its
/// leaf in the stream's tree has index 0.
pub type Seq = u64;

/// Seconds as milliseconds.
pub fn millis(seconds: Seconds) -> Millis {
    Millis::from(seconds) * 1000
}

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct NotAnId(&'static str);

/// A project: a UUID of version 7 (RFC 9562) in its lowercase hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub uuid::Uuid);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ProjectId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId("a project's id (a lowercase UUID)");
        let uuid = uuid::Uuid::try_parse(text).map_err(|_| wrong.clone())?;
        let id = Self(uuid);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(wrong)
        }
    }
}

/// A lot within its project: 1 to 16 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotId(String);

impl LotId {
    /// Its text, as in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LotId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=16).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnId("a lot's id (1 to 16 of a-z, 0-9 and -)"))
        }
    }
}

/// The random handle of one organisation in one lot: what facts call it, so
/// that they can be public while its name is not. 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(pub [u8; 16]);

impl Party {
    /// What a masked organisation is called in public.
    pub fn code(&self) -> String {
        hex(&self.0[..4]).to_uppercase()
    }
}

/// What makes one signed body differ from every other: 16 random bytes of the
/// signer's own, 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

/// What keeps a sealed reference value from being guessed: 32 random bytes, 64
/// hexadecimal digits. It is secret until it is revealed, so it is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl FromStr for Salt {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId("a salt (64 lowercase hexadecimal digits)");
        lower_hex(text).map(Self).ok_or(wrong)
    }
}

macro_rules! sixteen_bytes {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                lower_hex(text).map(Self).ok_or(NotAnId($what))
            }
        }
    };
}

sixteen_bytes!(Party, "a party's handle (32 lowercase hexadecimal digits)");
sixteen_bytes!(Nonce, "a nonce (32 lowercase hexadecimal digits)");

macro_rules! text_in_json {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

text_in_json!(ProjectId LotId Party Nonce Salt);

macro_rules! text_in_openapi {
    ($($name:ident $pattern:literal $doc:literal,)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some($doc))
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

text_in_openapi! {
    ProjectId "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" "A project: a UUIDv7.",
    LotId "^[a-z0-9-]{1,16}$" "A lot within its project.",
    Party "^[0-9a-f]{32}$" "The random handle of one organisation in one lot.",
    Nonce "^[0-9a-f]{32}$" "Random bytes of the signer's own.",
    Salt "^[0-9a-f]{64}$" "Random bytes that keep a sealed value from being guessed.",
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = halves.map(|half| char::from(DIGITS[usize::from(half)]));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = "0192f0a1-7b3c-7def-8123-456789abcdef";
        assert_eq!(id.parse::<ProjectId>().unwrap().to_string(), id);
        assert!(id.to_uppercase().parse::<ProjectId>().is_err());
        assert!(id.replace('-', "").parse::<ProjectId>().is_err());
        assert!("a-1".parse::<LotId>().is_ok());
        for wrong in ["", "A", "标段", "12345678901234567", "a b", "a/b"] {
            assert!(wrong.parse::<LotId>().is_err(), "{wrong}");
        }
        assert!("ab".repeat(16).parse::<Party>().is_ok());
        assert!("AB".repeat(16).parse::<Party>().is_err());
    }
}
