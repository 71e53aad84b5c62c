//! Suite `intl`: the algorithms that the world's libraries and browsers have.

pub(super) mod aead;
pub(super) mod digest;
pub(super) mod hpke_p256;
pub(super) mod kdf;
pub(super) mod rsa_oaep;
pub(super) mod segment;
pub(super) mod signature;
pub(super) mod spki;

use rustls_pki_types::SignatureVerificationAlgorithm;

/// How certificates and revocation lists may be signed.
pub(crate) fn certificate_signatures() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    webpki::ALL_VERIFICATION_ALGS
}
