//! Names of places: object identifiers, and the parts of a subject.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An object identifier in its dotted form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Oid(String);

/// A part of a subject: by its short name where it has a usual one, or by its
/// dotted object identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Attribute(String);

/// Neither a dotted object identifier nor a known name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an object identifier nor one of CN, O, OU, L, ST, C, serialNumber, ...")]
pub struct NotAPlace(String);

/// The parts that have a usual name.
pub(super) const NAMES: [(&str, &str); 14] = [
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("street", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("description", "2.5.4.13"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("UID", "0.9.2342.19200300.100.1.1"),
];

impl Oid {
    /// Its dotted form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Oid {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let arcs: Vec<&str> = text.split('.').collect();
        let is_arc = |arc: &&str| {
            !arc.is_empty()
                && arc.len() <= 18
                && arc.bytes().all(|byte| byte.is_ascii_digit())
                && (*arc == "0" || !arc.starts_with('0'))
        };
        if (2..=32).contains(&arcs.len()) && arcs.iter().all(is_arc) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPlace(text.to_owned()))
        }
    }
}

impl Attribute {
    pub(super) fn named(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// Its object identifier.
    pub fn oid(&self) -> &str {
        let named = NAMES.iter().find(|(name, _)| *name == self.0);
        named.map_or(&self.0, |(_, oid)| oid)
    }
}

impl FromStr for Attribute {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if !NAMES.iter().any(|(name, _)| *name == text) {
            text.parse::<Oid>()?;
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NotAPlace;

            fn try_from(text: String) -> Result<Self, NotAPlace> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

as_text!(Oid);
as_text!(Attribute);
