//! Acts: what a person does, signed under the act's own name
//! (docs/spec/signatures.md, docs/spec/acts.md).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::canonical::{self, NotCanonical};
use crate::certificate::{CertificateProblem, Grounds, Holder, Lists, Millis, Trust, Use};
use crate::digest::{Digest, lower_hex};
use crate::encoding::{Base64, Secret};
use crate::signature::{Algorithm, PublicKey, Signature, SignatureProblem, message};
use crate::signer::{Signer, SignerProblem};
use crate::verified::Verified;

/// The longest body of an act, in bytes.
const MAX_BODY: usize = 1 << 20;

/// An act as it is sent: the exact body that was signed, the signature where
/// the act wants one, and secrets that must never be part of a body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct SignedAct {
    /// Canonical JSON (RFC 8785) with the fields `act` and `nonce`.
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<ActSignature>,
    /// Base64 of 32-byte secrets (b, shares); the body holds their digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub secrets: Vec<Secret>,
}

/// A signature over an act, with the signer's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActSignature {
    /// `rsa-pkcs1-sha256`, `rsa-pss-sha256`, `ecdsa-p256-sha256`, `ed25519` or
    /// `sm2-sm3`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub algorithm: Algorithm,
    /// Base64 of the signature.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub value: Base64,
    /// Base64 DER certificates, the signer's first.
    // Empty where a key signs that is certified by other means, such as that
    // of a custodian's agent.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub chain: Vec<Base64>,
}

/// The wire form of an act less its secrets: what goes into details, terms and
/// records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct Signed {
    /// The body's canonical JSON, exactly as it was signed.
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<crate::openapi::Signature>)
    )]
    pub signature: Option<ActSignature>,
    /// What the judgement of the signer's certificate rested on, when the act
    /// was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
}

/// Where an act is done: the platform, and the project or "".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The platform's name for itself, as the sealing terms repeat it.
    pub origin: &'a str,
    /// The project's id, a lowercase UUID; empty outside a project.
    pub project: &'a str,
}

/// Why an act is refused before anybody looks at what it asks.
#[derive(Debug, thiserror::Error)]
pub enum ActProblem {
    /// `act-malformed`: the body is not canonical JSON of an act.
    #[error("the act's body is malformed: {0}")]
    Body(#[from] NotCanonical),
    /// `act-too-long`: the body is longer than [`MAX_BODY`].
    #[error("the act's body is longer than {MAX_BODY} bytes")]
    TooLong,
    /// `act-nonce`: there is no nonce, or not in its one spelling.
    #[error("the act's nonce is not 32 lowercase hexadecimal digits")]
    Nonce,
    /// `act-purpose`: the member `act` is missing or not kebab-case.
    #[error("the act names no purpose of its own")]
    Purpose,
    /// `act-unsigned`: a signature is wanted and there is none.
    #[error("the act is not signed")]
    Unsigned,
    /// `act-no-grounds`: nothing tells when and on what its signer was judged.
    #[error("the grounds of the judgement were not kept with the act")]
    NoGrounds,
    /// What is wrong with the signature, by its own code.
    #[error(transparent)]
    Signature(#[from] SignatureProblem),
    /// What is wrong with the signer's certificate, by its own code.
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
}

impl ActProblem {
    /// The stable code of the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Body(_) => "act-malformed",
            Self::TooLong => "act-too-long",
            Self::Nonce => "act-nonce",
            Self::Purpose => "act-purpose",
            Self::Unsigned => "act-unsigned",
            Self::NoGrounds => "act-no-grounds",
            Self::Signature(problem) => problem.code(),
            Self::Certificate(problem) => problem.code(),
        }
    }
}

/// What every body has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The purpose: kebab-case, at most 32 characters.
    pub act: String,
    /// 16 random bytes of the signer's, so that no two acts have one digest.
    pub nonce: [u8; 16],
}

/// An act whose signature holds, for its purpose, at its place.
#[derive(Debug, Clone)]
pub struct SignedBody {
    envelope: Envelope,
    body: Vec<u8>,
    holder: Option<Holder>,
}

impl ActSignature {
    /// The certificates that go along, leaf first, each in DER.
    fn chain(&self) -> Vec<&[u8]> {
        self.chain.iter().map(|der| der.0.as_slice()).collect()
    }
}

impl SignedAct {
    /// Builds and signs an act. `body` must serialise with `act` and `nonce`.
    pub fn sign<T: Serialize>(
        signer: &(impl Signer + ?Sized),
        place: Place<'_>,
        body: &T,
    ) -> Result<Self, SigningProblem> {
        let mut act = Self::unsigned(body)?;
        let purpose = act.envelope()?.act;
        let bytes = message(&purpose, place.origin, place.project, act.body.as_bytes());
        let Signature { algorithm, value } = signer.sign(&bytes)?;
        act.signature = Some(ActSignature {
            algorithm,
            value,
            chain: signer.chain().iter().cloned().map(Base64).collect(),
        });
        Ok(act)
    }

    /// Builds an act that needs no signature.
    pub fn unsigned<T: Serialize>(body: &T) -> Result<Self, SigningProblem> {
        let bytes = canonical::try_to_bytes(body)?;
        let act = Self {
            body: String::from_utf8(bytes).expect("canonical JSON is UTF-8"),
            signature: None,
            secrets: Vec::new(),
        };
        act.envelope()?;
        Ok(act)
    }

    /// The purpose and the nonce. The whole body is checked for its canonical
    /// form.
    pub fn envelope(&self) -> Result<Envelope, ActProblem> {
        if self.body.len() > MAX_BODY {
            return Err(ActProblem::TooLong);
        }
        let body: serde_json::Value = canonical::from_bytes(self.body.as_bytes())?;
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let act = text("act").filter(|act| is_purpose(act));
        let nonce = text("nonce").and_then(lower_hex);
        Ok(Envelope {
            act: act.ok_or(ActProblem::Purpose)?.to_owned(),
            nonce: nonce.ok_or(ActProblem::Nonce)?,
        })
    }

    /// The body, unverified. Its canonical form is checked.
    pub fn read<T: Serialize + DeserializeOwned>(&self) -> Result<T, ActProblem> {
        Ok(canonical::from_bytes(self.body.as_bytes())?)
    }

    /// The digest of the body's bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }

    /// Verifies the signature by the certificate that goes along, and the
    /// certificate by `trust` at `now`.
    pub fn verify(
        &self,
        place: Place<'_>,
        trust: &Trust,
        now: Millis,
    ) -> Result<Verified<SignedBody>, ActProblem> {
        let signature = self.signature.as_ref().ok_or(ActProblem::Unsigned)?;
        let holder = trust
            .judge(&signature.chain(), now, Use::Sign)?
            .into_inner();
        self.check(place, holder.certificate.public_key(), Some(holder.clone()))
    }

    /// The same although revocation lists have ended: for the act that lets them
    /// be relied on.
    pub fn verify_by_ended_lists(
        &self,
        place: Place<'_>,
        trust: &Trust,
        now: Millis,
    ) -> Result<Verified<SignedBody>, ActProblem> {
        let signature = self.signature.as_ref().ok_or(ActProblem::Unsigned)?;
        let chain: Vec<&[u8]> = signature.chain.iter().map(|der| der.0.as_slice()).collect();
        let holder = trust.judge_by_ended_lists(&chain, now, Use::Sign)?;
        let holder = holder.into_inner();
        self.check(place, holder.certificate.public_key(), Some(holder.clone()))
    }

    /// Verifies the signature by a key that is known by other means, such as a
    /// custodian's agent's.
    pub fn verify_by_key(
        &self,
        place: Place<'_>,
        key: &PublicKey,
    ) -> Result<Verified<SignedBody>, ActProblem> {
        self.check(place, key, None)
    }

    fn check(
        &self,
        place: Place<'_>,
        key: &PublicKey,
        holder: Option<Holder>,
    ) -> Result<Verified<SignedBody>, ActProblem> {
        let signature = self.signature.as_ref().ok_or(ActProblem::Unsigned)?;
        let envelope = self.envelope()?;
        let bytes = message(
            &envelope.act,
            place.origin,
            place.project,
            self.body.as_bytes(),
        );
        let signature = Signature {
            algorithm: signature.algorithm,
            value: signature.value.clone(),
        };
        key.verify(&bytes, &signature)?;
        Ok(Verified::new(SignedBody {
            envelope,
            body: self.body.clone().into_bytes(),
            holder,
        }))
    }
}

impl Signed {
    /// SHA-256 of the body's bytes: what facts call this act, and what a later
    /// submission names as `previous` when this one is a withdrawal.
    pub fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }

    /// An act as it is kept: without its secrets, with the grounds on which its
    /// signer was believed.
    pub fn on(act: &SignedAct, grounds: Option<Grounds>) -> Self {
        Self {
            body: act.body.clone(),
            signature: act.signature.clone(),
            grounds,
        }
    }

    /// Verifies an accepted act again, as of the moment when it was accepted:
    /// see [`Trust::judge_again`].
    pub fn verify_again(
        &self,
        place: Place<'_>,
        trust: &Trust,
        lists: &Lists,
    ) -> Result<Verified<SignedBody>, ActProblem> {
        let act = SignedAct::from(self);
        let signature = act.signature.as_ref().ok_or(ActProblem::Unsigned)?;
        let grounds = self.grounds.as_ref().ok_or(ActProblem::NoGrounds)?;
        let holder = trust.judge_again(&signature.chain(), grounds, lists, Use::Sign)?;
        let holder = holder.into_inner();
        act.check(place, holder.certificate.public_key(), Some(holder.clone()))
    }

    /// What has become since of a signer's certificate that was judged: what
    /// would be said of it at `now`, by the lists of `trust`.
    pub fn since(&self, trust: &Trust, now: Millis) -> Option<CertificateProblem> {
        let signature = self.signature.as_ref()?;
        let grounds = self.grounds.as_ref()?;
        let judged = trust.judge_since(&signature.chain(), grounds, now, Use::Sign);
        judged.err()
    }

    /// Whether a signer's certificate that was judged had ended at a later instant, as
    /// far as the lists of `trust` tell today.
    pub fn ended_by(&self, trust: &Trust, at: Millis) -> Option<CertificateProblem> {
        let signature = self.signature.as_ref()?;
        let grounds = self.grounds.as_ref()?;
        trust.ended_by(&signature.chain(), grounds, at, Use::Sign)
    }
}

impl From<&Signed> for SignedAct {
    /// The act as it can be verified again; its secrets were not kept.
    fn from(signed: &Signed) -> Self {
        Self {
            body: signed.body.clone(),
            signature: signed.signature.clone(),
            secrets: Vec::new(),
        }
    }
}

impl SignedBody {
    /// The purpose it was signed for, which is its member `act`.
    pub fn purpose(&self) -> &str {
        &self.envelope.act
    }

    /// The nonce of the body.
    pub fn nonce(&self) -> &[u8; 16] {
        &self.envelope.nonce
    }

    /// The bytes that were signed as the body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// SHA-256 of the body's bytes, by which others name the act.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.body)
    }

    /// Who signed; `None` when a bare key did.
    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// Reads the body as `T`, strictly.
    pub fn read<T: Serialize + DeserializeOwned>(&self) -> Result<T, ActProblem> {
        Ok(canonical::from_bytes(&self.body)?)
    }
}

/// Why an act could not be built.
#[derive(Debug, thiserror::Error)]
pub enum SigningProblem {
    /// The body is none that an act can have.
    #[error(transparent)]
    Act(#[from] ActProblem),
    /// Whoever holds the key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerProblem),
}

impl From<NotCanonical> for SigningProblem {
    fn from(problem: NotCanonical) -> Self {
        Self::Act(problem.into())
    }
}

/// A purpose is kebab-case ASCII.
fn is_purpose(act: &str) -> bool {
    (1..=32).contains(&act.len())
        && act.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
