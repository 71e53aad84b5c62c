//! What a certificate says.

use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::X509Version;

use super::oid::NAMES;
use super::text::text_of;
use super::{CertificateProblem, Millis, Use};
use crate::digest::Digest;
use crate::suite::signing::{KeyAlgorithm, PublicKey, SpkiProblem};

/// The longest certificate that is read, in bytes of DER.
pub(super) const MAX_DER: usize = 16 * 1024;

/// A certificate that was read, not yet believed: see [`super::judge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    common_name: Option<String>,
    organisation_name: Option<String>,
    issuer: String,
    serial: String,
    not_before: Millis,
    not_after: Millis,
    spki: Vec<u8>,
    public_key: PublicKey,
    key_algorithm: KeyAlgorithm,
    signs: bool,
    encrypts: bool,
}

impl Certificate {
    /// Reads one DER certificate with nothing after it.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateProblem> {
        let parsed = parse_x509(der)?;
        let key = PublicKey::from_spki(parsed.public_key());
        let (public_key, key_algorithm) = key.map_err(|problem| match problem {
            SpkiProblem::Malformed => CertificateProblem::Malformed,
            SpkiProblem::Weak => CertificateProblem::WeakKey,
        })?;
        // Without the extension a key may do anything (RFC 5280, 4.2.1.3). Here
        // it may do nothing, because an authority has to say what a key is for.
        let usage = parsed
            .key_usage()
            .map_err(|_| CertificateProblem::Malformed)?
            .map(|extension| *extension.value);
        Ok(Self {
            subject: name_text(parsed.subject()),
            common_name: first_text(parsed.subject(), "2.5.4.3"),
            organisation_name: first_text(parsed.subject(), "2.5.4.10"),
            issuer: name_text(parsed.issuer()),
            serial: hex::encode(parsed.raw_serial()),
            not_before: millis(parsed.validity().not_before.timestamp())?,
            not_after: millis(parsed.validity().not_after.timestamp())?,
            spki: parsed.public_key().raw.to_vec(),
            public_key,
            key_algorithm,
            signs: usage.is_some_and(|usage| usage.digital_signature()),
            encrypts: usage.is_some_and(|usage| {
                usage.key_encipherment() || usage.data_encipherment() || usage.key_agreement()
            }),
            der: der.to_vec(),
        })
    }

    /// The bytes that were read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER: the certificate's identity everywhere.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// The subject's attributes, `C=CN, O=..., CN=...`, for people to read.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The subject's CN.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The subject's O.
    pub fn organisation_name(&self) -> Option<&str> {
        self.organisation_name.as_deref()
    }

    /// The issuer's attributes, as in [`Self::subject`].
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number, lowercase hexadecimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The first second of validity, UTC milliseconds.
    pub fn not_before(&self) -> Millis {
        self.not_before
    }

    /// The last second of validity.
    pub fn not_after(&self) -> Millis {
        self.not_after
    }

    /// The DER of SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key that its holder signs with.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The kind of that key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// Whether the authority lets the key be used so.
    pub fn allows(&self, usage: Use) -> bool {
        match usage {
            Use::Sign => self.signs,
            Use::Encrypt => self.encrypts,
        }
    }
}

/// Reads one certificate strictly: DER with nothing after it, version 3, no
/// unique identifiers, every extension once, a validity that has not ended
/// before it begins.
pub(super) fn parse_x509(der: &[u8]) -> Result<X509Certificate<'_>, CertificateProblem> {
    if der.len() > MAX_DER {
        return Err(CertificateProblem::Malformed);
    }
    let Ok(([], certificate)) = X509Certificate::from_der(der) else {
        return Err(CertificateProblem::Malformed);
    };
    let validity = certificate.validity();
    let is_strict = certificate.version() == X509Version::V3
        && certificate.issuer_uid.is_none()
        && certificate.subject_uid.is_none()
        && certificate.extensions_map().is_ok()
        && validity.not_before.timestamp() <= validity.not_after.timestamp();
    if is_strict {
        Ok(certificate)
    } else {
        Err(CertificateProblem::Malformed)
    }
}

fn millis(seconds: i64) -> Result<Millis, CertificateProblem> {
    seconds
        .checked_mul(1000)
        .ok_or(CertificateProblem::Malformed)
}

fn name_text(name: &x509_parser::x509::X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_attributes()
        .map(|attribute| {
            let oid = attribute.attr_type().to_id_string();
            let named = NAMES.iter().find(|(_, named)| *named == oid);
            let key = named.map_or(oid.as_str(), |(name, _)| name);
            let value = text_of(attribute.attr_value()).unwrap_or_else(|| "?".into());
            format!("{key}={value}")
        })
        .collect();
    parts.join(", ")
}

fn first_text(name: &x509_parser::x509::X509Name<'_>, oid: &str) -> Option<String> {
    name.iter_attributes()
        .find(|attribute| attribute.attr_type().to_id_string() == oid)
        .and_then(|attribute| text_of(attribute.attr_value()))
}
