//! Authorities of time, and the certificates with which they sign
//! (docs/spec/timestamps.md, 4).

use serde::{Deserialize, Serialize};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::fields::parse_x509;
use super::path::Purpose;
use super::trust::{Basis, ReadyCa};
use super::{Ca, CertificateProblem, Grounds, Millis, RevocationPolicy, Rules, TrustProblem, Use};
use crate::digest::Digest;
use crate::encoding::Base64;

/// The root under which an authority of time has its certificate, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAuthority {
    /// The id by which findings name it.
    pub id: String,
    /// The root certificate, DER.
    pub root: Base64,
    /// Intermediate certificates that its tokens may leave out, DER.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intermediates: Vec<Base64>,
    /// Revocation lists, DER. One that is there is obeyed, and a missing one is
    /// done without: a token is to be judged for as long as anybody asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<Base64>,
}

/// Authorities of time, read and ready.
#[derive(Debug, Default)]
pub struct TimeAuthorities(Vec<ReadyCa>);

impl TimeAuthorities {
    /// Reads the certificates and lists.
    pub fn new(authorities: &[TimeAuthority]) -> Result<Self, TrustProblem> {
        let mut ready = Vec::with_capacity(authorities.len());
        for (at, authority) in authorities.iter().enumerate() {
            if authorities[..at].iter().any(|it| it.id == authority.id) {
                return Err(TrustProblem::Duplicate(authority.id.clone()));
            }
            ready.push(ReadyCa::new(&Ca {
                id: authority.id.clone(),
                root: authority.root.clone(),
                intermediates: authority.intermediates.clone(),
                // Nobody asks for which organisation such a certificate speaks.
                rules: Rules::usual(),
                revocation: RevocationPolicy::BestEffort,
                crls: authority.crls.clone(),
            })?);
        }
        Ok(Self(ready))
    }

    /// SHA-256 of each configured certificate.
    pub fn certificates(&self) -> impl Iterator<Item = Digest> {
        self.0.iter().flat_map(ReadyCa::certificates)
    }

    /// Judges the certificate that signed a time stamp, at the time stamped.
    pub(crate) fn judge(
        &self,
        leaf: &[u8],
        others: &[&[u8]],
        at: Millis,
    ) -> Result<Stamper, CertificateProblem> {
        stamps_times(&parse_x509(leaf)?)?;
        let mut problem = CertificateProblem::UnknownIssuer;
        for authority in &self.0 {
            match authority.judge(leaf, others, at, Purpose::TimeStamping, Basis::Own) {
                Ok(grounds) => return Ok(Stamper::of(grounds, leaf, others)),
                Err(CertificateProblem::UnknownIssuer) => {}
                Err(other) => problem = other,
            }
        }
        Err(problem)
    }
}

/// Who stamped, as it was judged.
pub(crate) struct Stamper {
    /// The id of the authority that knows the certificate.
    pub(crate) authority: String,
    /// SHA-256 of each certificate of its path, root last.
    pub(crate) path: Vec<Digest>,
    /// The path's certificates below the root, DER, leaf first.
    pub(crate) certificates: Vec<Vec<u8>>,
}

impl Stamper {
    fn of(grounds: Grounds, leaf: &[u8], others: &[&[u8]]) -> Self {
        let mut known: Vec<&[u8]> = vec![leaf];
        known.extend(others);
        known.extend(grounds.added());
        let below = grounds
            .path
            .split_last()
            .map_or(&[][..], |(_, below)| below);
        let of = |digest: &Digest| known.iter().find(|der| Digest::of(der) == *digest);
        let certificates = below.iter().filter_map(of).map(|der| der.to_vec());
        Self {
            certificates: certificates.collect(),
            authority: grounds.ca,
            path: grounds.path,
        }
    }
}

/// Extended key usage: there, critical, time stamping and nothing else
/// (RFC 3161, 2.3). Key usage: absent, or of signatures and nothing else.
fn stamps_times(certificate: &X509Certificate<'_>) -> Result<(), CertificateProblem> {
    let wrong = CertificateProblem::WrongUsage { wanted: Use::Sign };
    let malformed = |_| CertificateProblem::Malformed;
    let purposes = certificate.extended_key_usage().map_err(malformed)?;
    let alone = purposes.is_some_and(|it| {
        let purposes = it.value;
        let others = purposes.any
            || purposes.server_auth
            || purposes.client_auth
            || purposes.code_signing
            || purposes.email_protection
            || purposes.ocsp_signing
            || !purposes.other.is_empty();
        it.critical && purposes.time_stamping && !others
    });
    let usage = certificate.key_usage().map_err(malformed)?;
    let signs = usage.is_none_or(|it| {
        let usage = it.value;
        let others = usage.key_encipherment()
            || usage.data_encipherment()
            || usage.key_agreement()
            || usage.key_cert_sign()
            || usage.crl_sign()
            || usage.encipher_only()
            || usage.decipher_only();
        (usage.digital_signature() || usage.non_repudiation()) && !others
    });
    if alone && signs { Ok(()) } else { Err(wrong) }
}

/// By what others name a certificate: parts of its DER as they stand in it.
pub(crate) struct Named<'a> {
    /// Name, with its own header.
    pub(crate) subject: Vec<u8>,
    /// Name, with its own header.
    pub(crate) issuer: Vec<u8>,
    /// The content of the INTEGER.
    pub(crate) serial: &'a [u8],
    /// The content of the subject key identifier.
    pub(crate) key_identifier: Option<&'a [u8]>,
    /// GeneralNames, with their own header.
    pub(crate) alternatives: Option<&'a [u8]>,
}

/// Reads by what others name this certificate.
pub(crate) fn named(der: &[u8]) -> Result<Named<'_>, CertificateProblem> {
    let parsed = parse_x509(der)?;
    let mut key_identifier = None;
    let mut alternatives = None;
    for extension in parsed.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => {
                key_identifier = Some(identifier.0);
            }
            ParsedExtension::SubjectAlternativeName(_) => alternatives = Some(extension.value),
            _ => {}
        }
    }
    Ok(Named {
        subject: parsed.subject().as_raw().to_vec(),
        issuer: parsed.issuer().as_raw().to_vec(),
        serial: parsed.raw_serial(),
        key_identifier,
        alternatives,
    })
}
