//! X.509 certificates (RFC 5280): what one says, to which organisation it
//! belongs, and whether it is to be believed.
//!
//! x509-parser reads the fields, rustls-webpki builds and checks paths, and what
//! it leaves alone is checked here. docs/spec/certificates.md says what is
//! accepted.

mod fields;
mod grounds;
mod oid;
mod organisation;
mod path;
mod revocation;
mod rules;
mod stamping;
mod text;
mod trust;

pub use crate::suite::signing::KeyAlgorithm;
pub use fields::Certificate;
pub use grounds::{Grounds, Lists};
pub use oid::{Attribute, NotAPlace, Oid};
pub use organisation::Organisation;
pub use revocation::{CrlFacts, RevocationPolicy};
pub use rules::{Alternative, Place, Rules, Source, Take};
pub(crate) use stamping::{Named, named};
pub use stamping::{TimeAuthorities, TimeAuthority};
pub use trust::{Ca, Holder, ListStanding, ListState, Pair, Trust, TrustProblem};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// What a certificate's key is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Signing acts: key usage digitalSignature.
    Sign,
    /// Wrapping a secret to it: keyEncipherment, dataEncipherment or
    /// keyAgreement.
    Encrypt,
}

/// Why a certificate is not accepted. Each has its own code, for the closed
/// list of refusals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Not one strict DER certificate (X.509 v3), or a chain too long.
    #[error("the certificate is malformed")]
    Malformed,
    /// Its validity is over.
    #[error("the certificate has expired")]
    Expired {
        /// The last second of validity, UTC milliseconds.
        not_after: Millis,
    },
    /// Its validity is still to come.
    #[error("the certificate is not valid yet")]
    NotYetValid {
        /// The first second of validity, UTC milliseconds.
        not_before: Millis,
    },
    /// It stands in a list of its authority's.
    #[error("the certificate has been revoked")]
    Revoked,
    /// No chain leads to an authority that is trusted.
    #[error("the certificate does not come from a trusted authority")]
    UnknownIssuer,
    /// Its key usage, or its extended key usage, does not allow this.
    #[error("the certificate may not be used for this")]
    WrongUsage {
        /// What it was to be used for.
        wanted: Use,
    },
    /// Neither RSA of 2048, 3072 or 4096 bits with e = 65537, nor P-256, nor SM2.
    #[error("the certificate's key is too weak or of a kind that is not accepted")]
    WeakKey,
    /// The authority's rule finds no code in it.
    #[error("the certificate names no organisation where its authority puts it")]
    NoOrganisation,
    /// What the rule finds is not a code of GB 32100-2015.
    #[error("the certificate's organisation code is not a unified social credit code")]
    BadOrganisationCode,
    /// The rule finds two codes that differ.
    #[error("the certificate names two organisations")]
    TwoOrganisations,
    /// A pair of certificates of two organisations.
    #[error("the signing and the encryption certificate belong to different organisations")]
    DifferentOrganisations,
    /// The policy requires a list, and there is none of this issuer's.
    #[error("there is no revocation list for the certificate")]
    CrlMissing,
    /// The policy requires a current list.
    #[error("the revocation list is out of date")]
    CrlStale {
        /// When the next list was due, UTC milliseconds.
        next_update: Millis,
    },
    /// The list's own signature or form is wrong.
    #[error("the revocation list cannot be relied on")]
    CrlBroken,
    /// Anything else that webpki refuses: constraints, path length, critical
    /// extensions. Its own word goes along.
    #[error("the certificate's chain is not acceptable: {0}")]
    Chain(String),
}

impl CertificateProblem {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "certificate-malformed",
            Self::Expired { .. } => "certificate-expired",
            Self::NotYetValid { .. } => "certificate-not-yet-valid",
            Self::Revoked => "certificate-revoked",
            Self::UnknownIssuer => "certificate-unknown-issuer",
            Self::WrongUsage { .. } => "certificate-wrong-usage",
            Self::WeakKey => "certificate-weak-key",
            Self::NoOrganisation => "certificate-no-organisation",
            Self::BadOrganisationCode => "certificate-bad-organisation-code",
            Self::TwoOrganisations => "certificate-two-organisations",
            Self::DifferentOrganisations => "certificate-different-organisations",
            Self::CrlMissing => "certificate-crl-missing",
            Self::CrlStale { .. } => "certificate-crl-stale",
            Self::CrlBroken => "certificate-crl-broken",
            Self::Chain(_) => "certificate-chain",
        }
    }
}
