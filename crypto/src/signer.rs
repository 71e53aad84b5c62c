//! Those who sign: a trait for any holder of a key, and keys in files.
//!
//! Every signature made here is a function of key and message alone (PKCS #1
//! v1.5, RFC 6979, RFC 8032), so no source of randomness is needed. Tokens may
//! sign by RSA-PSS, which is accepted too.

use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};

use crate::encoding::Base64;
use crate::signature::{Algorithm, PublicKey, Signature};

/// Somebody who can sign: a key in a file, a token, a middleware.
pub trait Signer {
    /// Signs `message`, the bytes made by [`crate::signature::message`].
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem>;

    /// The certificates that go along, DER, leaf first; empty for a bare key.
    fn chain(&self) -> &[Vec<u8>];
}

impl<S: Signer + ?Sized> Signer for &S {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        (**self).sign(message)
    }

    fn chain(&self) -> &[Vec<u8>] {
        (**self).chain()
    }
}

impl<S: Signer + ?Sized> Signer for Box<S> {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        (**self).sign(message)
    }

    fn chain(&self) -> &[Vec<u8>] {
        (**self).chain()
    }
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerProblem {
    /// Neither RSA of 2048 to 4096 bits, nor P-256, nor Ed25519, in PKCS #8.
    #[error("the private key is not PKCS #8 of RSA (2048 to 4096 bits), P-256 or Ed25519")]
    Key,
    #[error("the certificate does not belong to the private key")]
    NotItsCertificate,
    /// The token or the file refused; its own words.
    #[error("the key did not sign: {0}")]
    Refused(String),
}

/// A private key that was read from a file (PKCS #8, already decrypted), with
/// its certificates.
pub struct FileKey {
    key: Key,
    chain: Vec<Vec<u8>>,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    P256(Box<p256::ecdsa::SigningKey>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl FileKey {
    /// Reads PKCS #8 (RFC 5958) and keeps the chain (DER, leaf first), whose
    /// leaf must hold the same key; an empty chain makes a bare key.
    pub fn from_pkcs8(pkcs8: &[u8], chain: Vec<Vec<u8>>) -> Result<Self, SignerProblem> {
        let signer = Self {
            key: Key::from_pkcs8(pkcs8).ok_or(SignerProblem::Key)?,
            chain,
        };
        if let Some(leaf) = signer.chain.first() {
            let leaf = crate::certificate::Certificate::parse(leaf)
                .map_err(|_| SignerProblem::NotItsCertificate)?;
            if leaf.public_key() != &signer.public_key() {
                return Err(SignerProblem::NotItsCertificate);
            }
        }
        Ok(signer)
    }

    /// A key without a certificate, such as that of a custodian's agent.
    pub fn bare(pkcs8: &[u8]) -> Result<Self, SignerProblem> {
        Self::from_pkcs8(pkcs8, Vec::new())
    }

    pub fn public_key(&self) -> PublicKey {
        match &self.key {
            Key::Rsa(key) => PublicKey::Rsa(key.public_key().as_ref().to_vec()),
            Key::P256(key) => {
                PublicKey::P256(key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Key::Ed25519(key) => {
                let mut bytes = [0; 32];
                bytes.copy_from_slice(key.public_key().as_ref());
                PublicKey::Ed25519(bytes)
            }
        }
    }
}

impl Signer for FileKey {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        let (algorithm, value) = match &self.key {
            Key::Rsa(key) => (Algorithm::RsaPkcs1, sign_rsa(key, message)?),
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key
                    .try_sign(message)
                    .map_err(|problem| SignerProblem::Refused(problem.to_string()))?;
                (
                    Algorithm::EcdsaP256,
                    signature.normalize_s().to_bytes().to_vec(),
                )
            }
            Key::Ed25519(key) => (Algorithm::Ed25519, key.sign(message).as_ref().to_vec()),
        };
        Ok(Signature {
            algorithm,
            value: Base64(value),
        })
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

impl Key {
    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        if let Ok(key) = RsaKeyPair::from_pkcs8(pkcs8) {
            return Some(Self::Rsa(Box::new(key)));
        }
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_der(pkcs8) {
            return Some(Self::P256(Box::new(key)));
        }
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()?;
        Some(Self::Ed25519(Box::new(key)))
    }
}

fn sign_rsa(key: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SignerProblem> {
    let mut value = vec![0; key.public().modulus_len()];
    // The signature of PKCS #1 v1.5 uses no randomness; ring's signature of the
    // function asks for a source all the same.
    let unused = ring::rand::SystemRandom::new();
    key.sign(
        &ring::signature::RSA_PKCS1_SHA256,
        &unused,
        message,
        &mut value,
    )
    .map_err(|_| SignerProblem::Refused("RSA".into()))?;
    Ok(value)
}
