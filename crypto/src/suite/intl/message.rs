//! How signed messages (RFC 5652) and time stamps are hashed and signed in suite `intl`
//! by whoever makes them. Authorities of time have larger keys and longer digests
//! than the certificates of bidders.

use ring::digest;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::{EndEntityCert, ring as algorithms};

use crate::signature::SignatureProblem;
use crate::suite::{Hash, Scheme};

/// The digest of `bytes` by a hash function of this suite.
///
/// # Panics
/// By SM3, which is not.
pub(crate) fn digest(hash: Hash, bytes: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sm3 => unreachable!("SM3 is of the other suite"),
    };
    digest::digest(algorithm, bytes).as_ref().to_vec()
}

/// Whether `value` is a signature over `message` by the key of a certificate
/// (DER): RSA of 2048 to 8192 bits, P-256 or P-384.
pub(crate) fn check(
    scheme: Scheme,
    hash: Hash,
    certificate: &[u8],
    message: &[u8],
    value: &[u8],
) -> Result<(), SignatureProblem> {
    let certificate = CertificateDer::from(certificate);
    let certificate =
        EndEntityCert::try_from(&certificate).map_err(|_| SignatureProblem::WrongAlgorithm)?;
    let mut problem = SignatureProblem::WrongAlgorithm;
    for algorithm in candidates(scheme, hash) {
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
fn candidates(
    scheme: Scheme,
    hash: Hash,
) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
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
        Hash::Sha1 | Hash::Sm3 => return &[],
    };
    match (scheme, hash) {
        (Scheme::RsaPkcs1, _) => &PKCS1[at],
        (Scheme::RsaPss, _) => &PSS[at],
        (Scheme::Ecdsa, Hash::Sha256) => &ECDSA_SHA256,
        (Scheme::Ecdsa, Hash::Sha384) => &ECDSA_SHA384,
        // No library here has P-256 or P-384 with SHA-512.
        (Scheme::Ecdsa | Scheme::Sm2, _) => &[],
    }
}
