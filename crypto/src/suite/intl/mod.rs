//! Suite `intl`: the algorithms that the world's libraries and browsers have.

pub(super) mod aead;
pub(super) mod decap;
pub(super) mod digest;
pub(super) mod hpke_p256;
pub(super) mod kdf;
pub(super) mod keyfile;
pub(super) mod message;
pub(super) mod oaep;
pub(super) mod rsa_oaep;
pub(super) mod segment;
pub(super) mod signature;
pub(super) mod spki;

use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::ring;

/// How certificates and revocation lists may be signed: RSASSA-PKCS1-v1_5 with
/// keys of 2048 to 8192 bits, and ECDSA on P-256 and P-384.
static CERTIFICATE_SIGNATURES: [&dyn SignatureVerificationAlgorithm; 10] = [
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    ring::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    ring::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
];

/// The algorithms with which certificates and revocation lists may be signed.
pub(crate) fn certificate_signatures() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    &CERTIFICATE_SIGNATURES
}
