//! Where one authority puts an organisation's code and name
//! (docs/spec/certificates.md, 3).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use x509_parser::der_parser::asn1_rs::Any;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::X509Name;

use super::text::{der_text, is_seen, octets, text_of, utf16};
use super::{Attribute, CertificateProblem, Oid, Organisation};

/// The places of one authority. Part of the configuration of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Where the unified social credit code stands. Every source is asked, and
    /// all that find a code must find the same one.
    pub code: Vec<Source>,
    /// Where the organisation's name stands; the first that can be read counts.
    #[serde(default = "Rules::usual_name")]
    pub name: Vec<Source>,
}

/// One place, and how to get at what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where to look.
    pub place: Place,
    /// Whether only the first of several counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
    /// What is done with it, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take: Vec<Take>,
}

/// A place in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A part of the subject.
    Subject(Attribute),
    /// A subject alternative name.
    AlternativeName(Alternative),
    /// An extension's value.
    Extension(Oid),
}

/// A kind of subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Alternative {
    /// An e-mail address.
    Email,
    /// An address of the web.
    Uri,
    /// A part of a directory name.
    Directory(Attribute),
    /// The value of an otherName of this type.
    Other(Oid),
}

/// One step from what stands in a place to what is wanted. A step that does not
/// fit what it is given finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Octets are one DER string: its text.
    Der,
    /// Octets are text as they are.
    Raw,
    /// Octets are UTF-16, the lower half of each pair first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// Text is base64 of octets.
    Base64,
    /// What follows this prefix.
    After(String),
    /// The text without any of these characters.
    Drop(String),
    /// The n-th part, from 0, of the text split by a character.
    Split {
        /// What stands between the parts: one character.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        by: char,
        /// Which part, from 0.
        nth: u8,
    },
    /// Capital letters of small ones.
    Upper,
    /// ASCII of full-width characters.
    Narrow,
}

/// What a step is given.
enum Found {
    Text(String),
    Octets(Vec<u8>),
}

impl Rules {
    /// organizationIdentifier (2.5.4.97, X.520) and O: where the demonstration
    /// authority puts them.
    pub fn usual() -> Self {
        Self::of_subject(Attribute::named("organizationIdentifier"))
    }

    /// The code in this part of the subject, the name in O.
    pub fn of_subject(code: Attribute) -> Self {
        Self {
            code: vec![Source::of(code)],
            name: Self::usual_name(),
        }
    }

    /// The name in O.
    pub fn usual_name() -> Vec<Source> {
        vec![Source::of(Attribute::named("O"))]
    }

    /// The code in this certificate. With two different ones nobody could say
    /// for whom the certificate speaks.
    pub(super) fn code(
        &self,
        certificate: &X509Certificate<'_>,
    ) -> Result<Organisation, CertificateProblem> {
        let texts = self.code.iter().flat_map(|it| it.texts(certificate));
        let mut problem = CertificateProblem::NoOrganisation;
        let mut found = None;
        for text in texts {
            match (text.parse::<Organisation>(), &found) {
                (Ok(code), Some(other)) if code != *other => {
                    return Err(CertificateProblem::TwoOrganisations);
                }
                (Ok(code), _) => found = Some(code),
                (Err(_), _) => problem = CertificateProblem::BadOrganisationCode,
            }
        }
        found.ok_or(problem)
    }

    /// The name in this certificate, where one can be read.
    pub(super) fn name(&self, certificate: &X509Certificate<'_>) -> Option<String> {
        let mut texts = self.name.iter().flat_map(|it| it.texts(certificate));
        texts.find(|text| is_seen(text))
    }
}

impl Source {
    /// All of a part of the subject.
    pub fn of(attribute: Attribute) -> Self {
        Self {
            place: Place::Subject(attribute),
            first: false,
            take: Vec::new(),
        }
    }

    fn texts(&self, certificate: &X509Certificate<'_>) -> Vec<String> {
        let mut found = self.place.find(certificate);
        if self.first {
            found.truncate(1);
        }
        found
            .into_iter()
            .filter_map(|found| {
                let taken = self.take.iter().try_fold(found, |it, take| take.of(it));
                taken?.text().filter(|text| !text.is_empty())
            })
            .collect()
    }
}

impl Place {
    fn find(&self, certificate: &X509Certificate<'_>) -> Vec<Found> {
        match self {
            Self::Subject(attribute) => parts(certificate.subject(), attribute),
            Self::AlternativeName(kind) => {
                let names = certificate.subject_alternative_name().ok().flatten();
                let names = names.map(|it| it.value.general_names.as_slice());
                let names = names.unwrap_or_default().iter();
                names.flat_map(|name| kind.find(name)).collect()
            }
            Self::Extension(oid) => certificate
                .extensions()
                .iter()
                .filter(|extension| extension.oid.to_id_string() == oid.as_str())
                .map(|extension| Found::Octets(extension.value.to_vec()))
                .collect(),
        }
    }
}

fn parts(name: &X509Name<'_>, attribute: &Attribute) -> Vec<Found> {
    name.iter_attributes()
        .filter(|part| part.attr_type().to_id_string() == attribute.oid())
        .map(|part| {
            let value = part.attr_value();
            text_of(value).map_or_else(|| Found::Octets(value.data.to_vec()), Found::Text)
        })
        .collect()
}

impl Alternative {
    fn find(&self, name: &GeneralName<'_>) -> Vec<Found> {
        match (self, name) {
            (Self::Email, GeneralName::RFC822Name(text)) | (Self::Uri, GeneralName::URI(text)) => {
                vec![Found::Text((*text).to_owned())]
            }
            (Self::Directory(attribute), GeneralName::DirectoryName(name)) => {
                parts(name, attribute)
            }
            (Self::Other(oid), GeneralName::OtherName(kind, value))
                if kind.to_id_string() == oid.as_str() =>
            {
                // The value stands in an explicit [0].
                let inner = Any::from_der(value).ok().map(|(_, any)| any.data.to_vec());
                inner.into_iter().map(Found::Octets).collect()
            }
            (Self::Email | Self::Uri | Self::Directory(_) | Self::Other(_), _) => Vec::new(),
        }
    }
}

/// Base64 whose padding may be left out, as some authorities do.
const LOOSE_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Found {
    fn octets(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Octets(octets) => octets,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Octets(_) => None,
        }
    }
}

impl Take {
    fn of(&self, found: Found) -> Option<Found> {
        let text = match self {
            Self::Base64 => {
                let octets = LOOSE_BASE64.decode(found.text()?).ok()?;
                return Some(Found::Octets(octets));
            }
            Self::Der => der_text(&found.octets())?,
            Self::Raw => octets(&found.octets())?,
            Self::Utf16Le => utf16(&found.octets(), u16::from_le_bytes)?,
            Self::After(prefix) => found.text()?.strip_prefix(prefix.as_str())?.to_owned(),
            Self::Drop(characters) => {
                let text = found.text()?;
                text.chars()
                    .filter(|it| !characters.contains(*it))
                    .collect()
            }
            Self::Split { by, nth } => {
                let text = found.text()?;
                text.split(*by).nth(usize::from(*nth))?.to_owned()
            }
            Self::Upper => found.text()?.to_ascii_uppercase(),
            Self::Narrow => found.text()?.chars().map(narrow).collect(),
        };
        Some(Found::Text(text))
    }
}

/// U+FF01 to U+FF5E are the full-width forms of `!` to `~`; U+3000 is a space.
fn narrow(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}
