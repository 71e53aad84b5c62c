//! One key of a session, as what the rest of the program knows: somebody who signs, and
//! somebody who opens wraps.

use std::sync::Arc;

use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::held::{HeldKey, HolderProblem, RsaText, Sm2Cipher};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::signature::{Signature, SignatureProblem};
use kaibiao_crypto::signer::{Signer, SignerProblem};
use kaibiao_crypto::{signature, wrap};
use zeroize::Zeroizing;

use crate::problem::{Outcome, TokenProblem};
use crate::token::{Entry, Session};

/// A key in a token that somebody has logged in to.
#[derive(Clone)]
pub struct TokenKey {
    session: Arc<dyn Session>,
    entry: Entry,
    chain: Vec<Vec<u8>>,
    signing: signature::PublicKey,
    /// `None` where nothing can be wrapped to a key of this kind.
    wrapping: Option<wrap::PublicKey>,
}

impl TokenKey {
    /// The key of an entry of this session; `above` are the certificates that issued its
    /// own, DER, without the root.
    ///
    /// # Errors
    /// [`TokenProblem::NoKey`] when the certificate cannot be read.
    pub fn new(session: Arc<dyn Session>, entry: &Entry, above: &[Vec<u8>]) -> Outcome<Self> {
        let certificate =
            Certificate::parse(&entry.certificate).map_err(|_| TokenProblem::NoKey)?;
        let mut chain = vec![entry.certificate.clone()];
        chain.extend_from_slice(above);
        Ok(Self {
            session,
            entry: entry.clone(),
            chain,
            signing: certificate.public_key().clone(),
            wrapping: wrap::PublicKey::from_certificate(&entry.certificate).ok(),
        })
    }

    /// What the token says of it.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Signs the bytes made by [`kaibiao_crypto::signature::message`], and checks with the
    /// certificate's key what the token returned.
    pub fn sign_message(&self, message: &[u8]) -> Outcome<Signature> {
        let digest = self.signing.digest_to_sign(message);
        let given = digest.as_ref().map_or(message, |digest| digest.as_bytes());
        let returned = self.session.sign(&self.entry.key, given)?;
        let signature = self.signing.signature_of_device(message, &returned);
        signature.map_err(|problem| match problem {
            SignatureProblem::Invalid => TokenProblem::NotItsCertificate {
                label: self.entry.label.clone(),
            },
            SignatureProblem::Form | SignatureProblem::WrongAlgorithm => {
                TokenProblem::Refused(problem.to_string())
            }
        })
    }

    /// The key as one that opens wraps; `None` where nothing can be wrapped to it.
    pub fn opener(&self) -> Option<wrap::PrivateKey> {
        self.wrapping.as_ref()?;
        Some(wrap::PrivateKey::Held(Arc::new(self.clone())))
    }
}

impl Signer for TokenKey {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        self.sign_message(message).map_err(|problem| match problem {
            TokenProblem::NotItsCertificate { .. } => SignerProblem::NotItsCertificate,
            other => SignerProblem::Holder(HolderProblem::from(&other)),
        })
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

impl HeldKey for TokenKey {
    fn public(&self) -> wrap::PublicKey {
        self.wrapping
            .clone()
            .expect("only a key that can be wrapped to is made an opener")
    }

    fn rsa(&self, value: &[u8]) -> Result<RsaText, HolderProblem> {
        told(self.session.rsa(&self.entry.key, value))
    }

    fn ecdh(&self, point: &[u8; 65]) -> Result<Secret, HolderProblem> {
        told(self.session.ecdh(&self.entry.key, point))
    }

    fn sm2_sm4_cbc(
        &self,
        key: &Sm2Cipher,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, HolderProblem> {
        told(self.session.sm2_sm4_cbc(&self.entry.key, key, iv, blocks))
    }
}

fn told<T>(outcome: Outcome<T>) -> Result<T, HolderProblem> {
    outcome.map_err(|problem| HolderProblem::from(&problem))
}
