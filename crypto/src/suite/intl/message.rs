//! How signed messages (RFC 5652) and time stamps may be hashed and signed by
//! whoever makes them. Authorities of time have larger keys and longer digests
//! than the certificates of bidders.

use ring::digest;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::{EndEntityCert, ring as algorithms};

use crate::signature::SignatureProblem;

/// A hash function (FIPS 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
    /// Only where a certificate is named by its digest (RFC 2634, 5.4).
    Sha1,
}

/// A signature scheme, without its hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1,
    /// RSASSA-PSS with MGF1 of the same hash function and a salt as long as its
    /// digest (RFC 8017, 8.1).
    RsaPss,
    /// ECDSA on P-256 or P-384 (FIPS 186-5), the DER of r and s.
    Ecdsa,
}

impl Hash {
    /// The digest of `bytes`.
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    /// The length of a digest, in bytes.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Scheme {
    /// Whether `value` is a signature over `message` by the key of a certificate
    /// (DER): RSA of 2048 to 8192 bits, P-256 or P-384.
    pub(crate) fn check(
        self,
        hash: Hash,
        certificate: &[u8],
        message: &[u8],
        value: &[u8],
    ) -> Result<(), SignatureProblem> {
        let certificate = CertificateDer::from(certificate);
        let certificate =
            EndEntityCert::try_from(&certificate).map_err(|_| SignatureProblem::WrongAlgorithm)?;
        let mut problem = SignatureProblem::WrongAlgorithm;
        for algorithm in self.candidates(hash) {
            match certificate.verify_signature(*algorithm, message, value) {
                Ok(()) => return Ok(()),
                Err(webpki::Error::InvalidSignatureForPublicKey) => {
                    problem = SignatureProblem::Invalid;
                }
                Err(_) => {}
            }
        }
        Err(problem)
    }

    /// One for each kind of key, so that at most one goes with a certificate's.
    fn candidates(self, hash: Hash) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        static ECDSA_SHA256: [&dyn SignatureVerificationAlgorithm; 2] =
            [algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256];
        static ECDSA_SHA384: [&dyn SignatureVerificationAlgorithm; 2] =
            [algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384];
        static PKCS1: [&dyn SignatureVerificationAlgorithm; 3] = [
            algorithms::RSA_PKCS1_2048_8192_SHA256,
            algorithms::RSA_PKCS1_2048_8192_SHA384,
            algorithms::RSA_PKCS1_2048_8192_SHA512,
        ];
        static PSS: [&dyn SignatureVerificationAlgorithm; 3] = [
            algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
            algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        ];
        let at = match hash {
            Hash::Sha256 => 0..1,
            Hash::Sha384 => 1..2,
            Hash::Sha512 => 2..3,
            Hash::Sha1 => return &[],
        };
        match (self, hash) {
            (Self::RsaPkcs1, _) => &PKCS1[at],
            (Self::RsaPss, _) => &PSS[at],
            (Self::Ecdsa, Hash::Sha256) => &ECDSA_SHA256,
            (Self::Ecdsa, Hash::Sha384) => &ECDSA_SHA384,
            // No library here has P-256 or P-384 with SHA-512.
            (Self::Ecdsa, Hash::Sha512 | Hash::Sha1) => &[],
        }
    }
}
