//! Signatures by RSA (RFC 8017), ECDSA on P-256 (FIPS 186-5) and Ed25519
//! (RFC 8032), all but the last over SHA-256.
//!
//! Every signature made here is a function of key and message alone (PKCS #1
//! v1.5, RFC 6979, RFC 8032), so no source of randomness is needed. Tokens may
//! sign by RSA-PSS, which is accepted too.

use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use ring::signature as algorithms;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair, VerificationAlgorithm};

use crate::suite::signing::{Algorithm, PublicKey, SignatureProblem};

/// `key` is the DER of `RSAPublicKey`, of 2048 to 8192 bits; certificates have
/// narrower rules of their own. The same holds for [`rsa_pss`].
pub(crate) fn rsa_pkcs1(key: &[u8], message: &[u8], value: &[u8]) -> Result<(), SignatureProblem> {
    verify(&algorithms::RSA_PKCS1_2048_8192_SHA256, key, message, value)
}

pub(crate) fn rsa_pss(key: &[u8], message: &[u8], value: &[u8]) -> Result<(), SignatureProblem> {
    verify(&algorithms::RSA_PSS_2048_8192_SHA256, key, message, value)
}

/// `key` is an uncompressed point. Of the two values of s that verify, only the
/// smaller is a signature here, so that nobody can make a second signature out
/// of a first.
pub(crate) fn ecdsa_p256(key: &[u8], message: &[u8], value: &[u8]) -> Result<(), SignatureProblem> {
    let signature =
        p256::ecdsa::Signature::from_slice(value).map_err(|_| SignatureProblem::Form)?;
    if signature.normalize_s() != signature {
        return Err(SignatureProblem::Form);
    }
    verify(&algorithms::ECDSA_P256_SHA256_FIXED, key, message, value)
}

/// r || s with the smaller of the two values of s.
pub(crate) fn low_s(value: &[u8]) -> Option<Vec<u8>> {
    let signature = p256::ecdsa::Signature::from_slice(value).ok()?;
    Some(signature.normalize_s().to_bytes().to_vec())
}

pub(crate) fn ed25519(
    key: &[u8; 32],
    message: &[u8],
    value: &[u8],
) -> Result<(), SignatureProblem> {
    verify(&algorithms::ED25519, key, message, value)
}

/// The encodings of the points of small order of the Ed25519 curve, without the
/// sign of x: the orders 4, 1, 8, 8 and 2, and the two that spell a y of the
/// first ones beyond the field's modulus.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// Whether a signature by this key can be made for any text without a secret.
pub(crate) fn is_of_small_order(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&hex::encode(y).as_str())
}

fn verify(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    value: &[u8],
) -> Result<(), SignatureProblem> {
    algorithms::UnparsedPublicKey::new(algorithm, key)
        .verify(message, value)
        .map_err(|_| SignatureProblem::Invalid)
}

/// A private key that signs.
pub(crate) enum SigningKey {
    Rsa(Box<RsaKeyPair>),
    P256(Box<p256::ecdsa::SigningKey>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl SigningKey {
    /// Reads PKCS #8 (RFC 5958): RSA of 2048 to 4096 bits, P-256 or Ed25519.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        if let Ok(key) = RsaKeyPair::from_pkcs8(pkcs8) {
            return Some(Self::Rsa(Box::new(key)));
        }
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_der(pkcs8) {
            return Some(Self::P256(Box::new(key)));
        }
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()?;
        Some(Self::Ed25519(Box::new(key)))
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public_key().as_ref().to_vec()),
            Self::P256(key) => {
                PublicKey::P256(key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Self::Ed25519(key) => {
                let mut bytes = [0; 32];
                bytes.copy_from_slice(key.public_key().as_ref());
                PublicKey::Ed25519(bytes)
            }
        }
    }

    /// Signs `message`, or says in the library's words why not.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<(Algorithm, Vec<u8>), String> {
        match self {
            Self::Rsa(key) => {
                let value = sign_rsa(key, message).map_err(|_| "RSA".to_owned())?;
                Ok((Algorithm::RsaPkcs1, value))
            }
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key
                    .try_sign(message)
                    .map_err(|problem| problem.to_string())?;
                let value = signature.normalize_s().to_bytes().to_vec();
                Ok((Algorithm::EcdsaP256, value))
            }
            Self::Ed25519(key) => Ok((Algorithm::Ed25519, key.sign(message).as_ref().to_vec())),
        }
    }
}

fn sign_rsa(key: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
    let mut value = vec![0; key.public().modulus_len()];
    // The signature of PKCS #1 v1.5 uses no randomness; ring's signature of the
    // function asks for a source all the same.
    let unused = ring::rand::SystemRandom::new();
    key.sign(&algorithms::RSA_PKCS1_SHA256, &unused, message, &mut value)?;
    Ok(value)
}
