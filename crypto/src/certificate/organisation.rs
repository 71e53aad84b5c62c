//! Which organisation a certificate speaks for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x509_parser::prelude::X509Certificate;

use super::CertificateProblem;

/// An organisation, which is its unified social credit code (统一社会信用代码,
/// GB 32100-2015): 18 characters, the last a check character. Whichever
/// authority vouches for the code, it is the same legal person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Organisation(String);

/// GB 32100-2015, table 1: no I, O, S, V, Z.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Organisation {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Completes 17 characters with their check character; for making
    /// demonstration certificates.
    pub fn complete(first_17: &str) -> Result<Self, CertificateProblem> {
        let check = check_character(first_17).ok_or(CertificateProblem::BadOrganisationCode)?;
        Ok(Self(format!("{first_17}{}", char::from(check))))
    }
}

impl FromStr for Organisation {
    type Err = CertificateProblem;

    fn from_str(text: &str) -> Result<Self, CertificateProblem> {
        let (first_17, check) = text
            .split_at_checked(17)
            .ok_or(CertificateProblem::BadOrganisationCode)?;
        match check_character(first_17) {
            Some(right) if check.as_bytes() == [right] => Ok(Self(text.to_owned())),
            _ => Err(CertificateProblem::BadOrganisationCode),
        }
    }
}

/// The check character of the first 17: weights are the powers of 3 modulo 31
/// (GB 32100-2015, 4.6; ISO 7064).
fn check_character(first_17: &str) -> Option<u8> {
    if first_17.len() != 17 {
        return None;
    }
    let mut weight = 1;
    let mut sum = 0;
    for byte in first_17.bytes() {
        let value = CHARACTERS.iter().position(|character| *character == byte)?;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    Some(CHARACTERS[(31 - sum % 31) % 31])
}

impl fmt::Display for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Organisation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Organisation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where one authority puts the organisation's code. Part of the configuration
/// of each authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationRule {
    /// The field that holds it.
    pub source: Source,
    /// Which part of the field it is.
    #[serde(default, skip_serializing_if = "Take::is_whole")]
    pub take: Take,
}

/// The field: an attribute of the subject, or an extension whose value is one
/// DER string. Each by its dotted object identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An attribute of the subject.
    Subject(String),
    /// An extension.
    Extension(String),
}

/// Which part of the field is the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// All of it.
    #[default]
    Whole,
    /// What follows this prefix; fields without it do not count.
    After(String),
    /// The part at `index`, from 0, of the field split at `separator`.
    Part {
        /// What stands between the parts.
        separator: char,
        /// Which part, from 0.
        index: u8,
    },
}

impl Take {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    fn of<'a>(&self, field: &'a str) -> Option<&'a str> {
        match self {
            Self::Whole => Some(field),
            Self::After(prefix) => field.strip_prefix(prefix.as_str()),
            Self::Part { separator, index } => field.split(*separator).nth(usize::from(*index)),
        }
    }
}

impl OrganisationRule {
    /// organizationIdentifier (2.5.4.97, X.520): where the demonstration
    /// authority puts the code.
    pub fn organisation_identifier() -> Self {
        Self {
            source: Source::Subject("2.5.4.97".into()),
            take: Take::Whole,
        }
    }

    /// The code in this certificate. Exactly one field must match, because with
    /// two nobody could say which one the authority means.
    pub(super) fn apply(
        &self,
        certificate: &X509Certificate<'_>,
    ) -> Result<Organisation, CertificateProblem> {
        let fields = match &self.source {
            Source::Subject(oid) => subject_fields(certificate, oid),
            Source::Extension(oid) => extension_fields(certificate, oid),
        };
        let mut codes = fields.iter().filter_map(|field| self.take.of(field));
        match (codes.next(), codes.next()) {
            (Some(code), None) => code.parse(),
            _ => Err(CertificateProblem::NoOrganisation),
        }
    }
}

fn subject_fields(certificate: &X509Certificate<'_>, oid: &str) -> Vec<String> {
    certificate
        .subject()
        .iter_attributes()
        .filter(|attribute| attribute.attr_type().to_id_string() == oid)
        .filter_map(|attribute| super::fields::text_of(attribute.attr_value()))
        .collect()
}

fn extension_fields(certificate: &X509Certificate<'_>, oid: &str) -> Vec<String> {
    certificate
        .extensions()
        .iter()
        .filter(|extension| extension.oid.to_id_string() == oid)
        .filter_map(|extension| super::fields::der_text(extension.value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_real_organisations_pass() {
        for code in [
            "91350100M000100Y43", // the example of GB 32100-2015
            "91110000802100433B",
            "91440300708461136T",
            "914403001922038216",
            "911100007109310534",
        ] {
            assert_eq!(code.parse::<Organisation>().unwrap().as_str(), code);
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in [
            "",
            "91350100M000100Y44",
            "91350100m000100y43",
            "91350100M000100Y4",
            "91350100M000100Y433",
            "91350100I000100Y43",
            "一二三四五六七八九十一二三四五六七八",
        ] {
            assert_eq!(
                text.parse::<Organisation>(),
                Err(CertificateProblem::BadOrganisationCode),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_noticed(
            first in "[0-9A-HJ-NP-RTUW-Y]{17}", at in 0usize..18, with in 0usize..31,
        ) {
            let code = Organisation::complete(&first).unwrap();
            prop_assert_eq!(code.as_str().parse::<Organisation>().unwrap(), code.clone());
            let mut wrong = code.as_str().as_bytes().to_vec();
            prop_assume!(wrong[at] != CHARACTERS[with]);
            wrong[at] = CHARACTERS[with];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert!(wrong.parse::<Organisation>().is_err());
        }
    }

    #[test]
    fn a_rule_takes_the_part_that_it_names() {
        assert_eq!(Take::Whole.of("x"), Some("x"));
        assert_eq!(Take::After("VATCN-".into()).of("VATCN-9"), Some("9"));
        assert_eq!(Take::After("VATCN-".into()).of("9"), None);
        let part = Take::Part {
            separator: '@',
            index: 2,
        };
        assert_eq!(part.of("051@Company@9@1"), Some("9"));
        assert_eq!(part.of("051@Company"), None);
    }

    #[test]
    fn a_rule_is_configuration() {
        let rule: OrganisationRule = serde_json::from_str(
            r#"{"source":{"extension":"1.2.86.11.7.10"},"take":{"part":{"separator":"@","index":2}}}"#,
        )
        .unwrap();
        assert_eq!(rule.source, Source::Extension("1.2.86.11.7.10".into()));
    }
}
