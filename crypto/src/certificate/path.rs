//! What a path has to be beside what webpki asks of it
//! (docs/spec/certificates.md, 2).

use rustls_pki_types::UnixTime;
use webpki::{Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};
use x509_parser::prelude::X509Certificate;

use super::fields::parse_x509;
use super::{CertificateProblem, Use};

/// What a certificate says about those that it may have issued. webpki reads
/// neither an issuer's key usage nor anything a root says.
#[derive(Debug)]
pub(super) struct Issuing {
    is_authority: bool,
    signs_certificates: bool,
    path_length: Option<u32>,
    constrains_names: bool,
}

impl Issuing {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Self, CertificateProblem> {
        let malformed = |_| CertificateProblem::Malformed;
        let basic = certificate.basic_constraints().map_err(malformed)?;
        let usage = certificate.key_usage().map_err(malformed)?;
        let names = certificate.name_constraints().map_err(malformed)?;
        Ok(Self {
            is_authority: basic.as_ref().is_some_and(|it| it.value.ca),
            signs_certificates: usage.is_none_or(|it| it.value.key_cert_sign()),
            path_length: basic.and_then(|it| it.value.path_len_constraint),
            constrains_names: names.is_some(),
        })
    }

    /// Whether it is a certificate of an authority at all.
    pub(super) fn is_authority(&self) -> bool {
        self.is_authority && self.signs_certificates
    }

    /// Whether a path may go on through it, with so many other authorities'
    /// certificates below.
    fn allows(&self, below: u32) -> Result<(), Error> {
        if !self.is_authority() {
            return Err(Error::EndEntityUsedAsCa);
        }
        if self.path_length.is_some_and(|length| below > length) {
            return Err(Error::PathLenConstraintViolated);
        }
        if self.constrains_names {
            return Err(Error::NameConstraintViolation);
        }
        Ok(())
    }
}

/// Checks the issuers of a path, from the leaf's upwards to the root.
pub(super) fn check(path: &VerifiedPath<'_>, root: &Issuing) -> Result<(), Error> {
    let mut below = 0;
    for issuer in path.intermediate_certificates() {
        let der = issuer.der();
        let read = parse_x509(der.as_ref()).and_then(|parsed| Issuing::of(&parsed));
        read.map_err(|_| Error::BadDer)?.allows(below)?;
        below += 1;
    }
    root.allows(below)
}

/// For whom the certificates of a path have to be, by their extended key usage.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Accepts every extended key usage except when all that is listed is for
    /// machines: servers, code, time stamps, status responses. Chinese
    /// authorities list client authentication, e-mail, document signing or
    /// nothing at all.
    People(Use),
    /// Accepts none at all, any, and time stamping. Of the certificate that
    /// signs a time stamp more is asked (RFC 3161, 2.3).
    TimeStamping,
}

impl Purpose {
    /// The use that a refusal names.
    fn usage(self) -> Use {
        match self {
            Self::People(usage) => usage,
            Self::TimeStamping => Use::Sign,
        }
    }
}

const TIME_STAMPING: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 8];
const ANY_PURPOSE: &[usize] = &[2, 5, 29, 37, 0];

const FOR_MACHINES: [&[usize]; 4] = [
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 3],
    TIME_STAMPING,
    &[1, 3, 6, 1, 5, 5, 7, 3, 9],
];

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut listed = 0;
        let mut fitting = 0;
        for purpose in purposes {
            let purpose = purpose?.to_decoded_oid();
            let fits = match self {
                Self::People(_) => !FOR_MACHINES.contains(&purpose.as_slice()),
                Self::TimeStamping => [TIME_STAMPING, ANY_PURPOSE].contains(&purpose.as_slice()),
            };
            listed += 1;
            fitting += u32::from(fits);
        }
        if listed == 0 || fitting > 0 {
            Ok(())
        } else {
            Err(Error::EmptyEkuExtension)
        }
    }
}

/// What a refusal of webpki's is here.
pub(super) fn problem(error: Error, purpose: Purpose) -> CertificateProblem {
    let usage = purpose.usage();
    let millis = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 1000) * 1000;
    match error {
        Error::CertExpired { not_after, .. } => CertificateProblem::Expired {
            not_after: millis(not_after),
        },
        Error::CertNotValidYet { not_before, .. } => CertificateProblem::NotYetValid {
            not_before: millis(not_before),
        },
        Error::CertRevoked => CertificateProblem::Revoked,
        // A wrong signature under a trusted name means that another authority
        // uses the name, so the issuer is unknown.
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            CertificateProblem::UnknownIssuer
        }
        Error::EmptyEkuExtension
        | Error::RequiredEkuNotFoundContext(_)
        | Error::CaUsedAsEndEntity => CertificateProblem::WrongUsage { wanted: usage },
        Error::UnknownRevocationStatus => CertificateProblem::CrlMissing,
        Error::CrlExpired { next_update, .. } => CertificateProblem::CrlStale {
            next_update: millis(next_update),
        },
        Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateProblem::CrlBroken
        }
        Error::BadDer
        | Error::BadDerTime
        | Error::TrailingData(_)
        | Error::MalformedExtensions
        | Error::InvalidSerialNumber
        | Error::InvalidCertValidity
        | Error::UnsupportedCertVersion
        | Error::ExtensionValueInvalid
        | Error::SignatureAlgorithmMismatch => CertificateProblem::Malformed,
        other => CertificateProblem::Chain(other.to_string()),
    }
}
