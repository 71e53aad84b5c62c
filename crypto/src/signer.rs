//! Those who sign: a trait for any holder of a key, and keys in files.

use crate::encoding::Base64;
use crate::held::HolderProblem;
use crate::signature::{PublicKey, Signature};
use crate::suite::SigningKey;

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

impl<S: Signer + ?Sized> Signer for std::sync::Arc<S> {
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
    /// Neither RSA of 2048 to 4096 bits, nor P-256, Ed25519 or SM2, in PKCS #8.
    #[error("the private key is not PKCS #8 of RSA (2048 to 4096 bits), P-256, Ed25519 or SM2")]
    Key,
    /// The leaf of the chain holds another key.
    #[error("the certificate does not belong to the private key")]
    NotItsCertificate,
    /// The token that holds the key did not compute.
    #[error(transparent)]
    Holder(#[from] HolderProblem),
    /// The file refused; its own words.
    #[error("the key did not sign: {0}")]
    Refused(String),
}

/// A private key that was read from a file (PKCS #8, already decrypted), with
/// its certificates.
pub struct FileKey {
    key: SigningKey,
    chain: Vec<Vec<u8>>,
}

impl FileKey {
    /// Reads PKCS #8 (RFC 5958) and keeps the chain (DER, leaf first), whose
    /// leaf must hold the same key; an empty chain makes a bare key.
    pub fn from_pkcs8(pkcs8: &[u8], chain: Vec<Vec<u8>>) -> Result<Self, SignerProblem> {
        let signer = Self {
            key: SigningKey::from_pkcs8(pkcs8).ok_or(SignerProblem::Key)?,
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

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }
}

impl Signer for FileKey {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        let (algorithm, value) = self.key.sign(message).map_err(SignerProblem::Refused)?;
        Ok(Signature {
            algorithm,
            value: Base64(value),
        })
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}
