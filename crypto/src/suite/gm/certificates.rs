//! How certificates and revocation lists are signed in suite `gm`: SM2 with SM3, by
//! keys in either spelling (docs/spec/suite-gm.md, 8).

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use super::sm2::signature;

/// One spelling of the key with one of the signature's algorithm.
#[derive(Debug)]
struct Sm2WithSm3 {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

/// id-ecPublicKey, and the curve 1.2.156.10197.1.301.
const ON_CURVE: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55,
    0x01, 0x82, 0x2d,
]);
/// 1.2.156.10197.1.301 itself.
const BY_ITSELF: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]);
/// The same with NULL.
const WITH_NULL: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x05, 0x00,
]);

/// 1.2.156.10197.1.501, SM2 with SM3.
const SIGNED: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75]);
/// The same with NULL.
const SIGNED_WITH_NULL: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75, 0x05, 0x00,
]);

const fn pair(key: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Sm2WithSm3 {
    Sm2WithSm3 { key, signature }
}

/// The algorithms with which certificates and revocation lists may be signed.
pub(crate) static SIGNATURES: [&dyn SignatureVerificationAlgorithm; 6] = [
    &pair(ON_CURVE, SIGNED),
    &pair(ON_CURVE, SIGNED_WITH_NULL),
    &pair(BY_ITSELF, SIGNED),
    &pair(BY_ITSELF, SIGNED_WITH_NULL),
    &pair(WITH_NULL, SIGNED),
    &pair(WITH_NULL, SIGNED_WITH_NULL),
];

impl SignatureVerificationAlgorithm for Sm2WithSm3 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        signature::verify(public_key, message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}
