//! Signed messages (CMS, RFC 5652, and the same of GM/T 0010): strict reading of one
//! with one signer, and detached signatures (.p7s) that other people's tools check
//! (docs/spec/cms.md).
//!
//! Time stamps (RFC 3161) are such messages too: see [`crate::timestamp`].

mod algorithm;
mod attributes;
mod detached;
pub(crate) mod element;
mod normal;
pub(crate) mod oid;
mod read;

pub use detached::{
    Detached, Draft, MAX_CARRIED, sign, verify_carried, verify_detached, verify_detached_again,
};

pub(crate) use algorithm::{Identifier, of_hash};
pub(crate) use element::NotDer;
pub(crate) use read::{MAX_DER, Naming, SignedData};

use crate::certificate::CertificateProblem;
use crate::signature::SignatureProblem;

/// Why a signed message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CmsProblem {
    /// Not DER, something missing, twice, unknown or left over, or too long. The
    /// part in which it is.
    #[error("the signed message is malformed in {0}")]
    Malformed(&'static str),
    /// Another content than the one that is asked for, or a content where the
    /// signature is to stand apart from it, or none where it is to hold one.
    #[error("the signed message is not over the kind of content that is asked for")]
    Content,
    /// No signer, or several.
    #[error("the message has {0} signers; one is asked for")]
    Signers(usize),
    /// A hash function or signature scheme that is not accepted, or two that do
    /// not go together.
    #[error("the message is hashed or signed by an algorithm that is not accepted")]
    Algorithm,
    /// The signer's certificate is not in the message.
    #[error("the signer's certificate does not come with the message")]
    NoCertificate,
    /// Another certificate has signed than that of the act which carries the message.
    #[error("the message is by another certificate than the act that carries it")]
    OtherCertificate,
    /// No attribute names the certificate, or one names another.
    #[error("the signed attributes do not name the signer's certificate")]
    SigningCertificate,
    /// The content is not the one that was signed.
    #[error("the content is not the one that was signed")]
    Digest,
    /// The signature does not hold.
    #[error("the message's signature does not hold: {0}")]
    Signature(SignatureProblem),
    /// The certificate of the signer is not believed.
    #[error("the signer's certificate is not believed: {0}")]
    Certificate(#[from] CertificateProblem),
}

impl CmsProblem {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "cms-malformed",
            Self::Content => "cms-content",
            Self::Signers(_) => "cms-signers",
            Self::Algorithm => "cms-algorithm",
            Self::NoCertificate => "cms-no-certificate",
            Self::OtherCertificate => "cms-other-certificate",
            Self::SigningCertificate => "cms-signing-certificate",
            Self::Digest => "cms-digest",
            Self::Signature(_) => "cms-signature",
            Self::Certificate(problem) => problem.code(),
        }
    }
}
