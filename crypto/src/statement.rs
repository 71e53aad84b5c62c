//! What the platform says under its own keys, so that clients need not take its
//! word later: receipts, acknowledgements, and the two lists that clients
//! insist on before they let go of a key (docs/spec/signatures.md).
//!
//! A statement's body is canonical JSON
//! `{"act":purpose,"nonce":hex,"statement":{...}}`, signed with Ed25519 over the
//! same framing as every act ([`crate::signature::message`]), and in a project of suite
//! `gm` a second time with SM2 over the very same message.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::canonical::{self, NotCanonical};
use crate::certificate::Millis;
use crate::digest::{Digest, lower_hex};
use crate::encoding::Base64;
use crate::platform_key::{PlatformKey, PlatformPublicKey};
use crate::rng::{self, Rng};
use crate::signature::{Algorithm, PublicKey, Signature, SignatureProblem, message};
use crate::signer::{Signer, SignerProblem};
use crate::verified::Verified;

/// "This bid came in." Signed with the receipt key, purpose `receipt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct Receipt {
    /// The bid digest.
    pub bid: Digest,
    /// The leaf hash of the event that holds the bid; where it is in the tree
    /// is not told before the deadline.
    pub leaf: Digest,
    pub lot: String,
    pub project: String,
    /// When the last verified byte was in, UTC milliseconds.
    pub received: Millis,
    /// The anchor that will hold it; 0 as long as there is no public log.
    pub tick: u64,
}

/// "Your secret came in, and it is the one the bid commits to." Signed with the
/// statement key, purpose `acknowledge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct UnlockAck {
    pub bid: Digest,
    pub lot: String,
    pub project: String,
    pub received: Millis,
    /// The digest of the unlock act's body.
    pub unlock: Digest,
}

/// "At the deadline these bids are live." Signed with the statement key,
/// purpose `closing`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct ClosingStatement {
    /// The deadline that has passed, UTC milliseconds.
    pub at: Millis,
    /// Each lot once, in ascending order.
    pub lots: Vec<LotBids>,
    pub project: String,
    /// The root of the project's tree at `size` leaves.
    pub root: Digest,
    /// The number of the event `deadline_reached`, from 1; the tree of `size`
    /// leaves holds it.
    pub shell_seq: u64,
    pub size: u64,
}

/// The live bids of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct LotBids {
    /// Bid digests, each once, in ascending order.
    pub bids: Vec<Digest>,
    pub lot: String,
}

/// "These bids of the lot are to be opened, and never others." Signed with the
/// statement key, purpose `accepted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(
    missing_docs,
    reason = "a comment becomes a description in the OpenAPI document"
)]
pub struct AcceptedStatement {
    /// When the set was fixed, UTC milliseconds.
    pub at: Millis,
    /// Bid digests, each once, in ascending order.
    pub bids: Vec<Digest>,
    /// The digest of the closing statement's body.
    pub closing: Digest,
    pub lot: String,
    pub project: String,
    pub root: Digest,
    pub size: u64,
}

/// One kind of statement.
pub trait Statement: Serialize + DeserializeOwned {
    /// The purpose it is signed for.
    const PURPOSE: &'static str;

    /// The project it is about, which is part of the signed message.
    fn project(&self) -> &str;

    /// Whether its lists are in their one order and its numbers possible.
    fn is_well_formed(&self) -> bool;
}

/// A statement as it travels and is stored: the body's exact bytes and the
/// signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedStatement {
    /// The body's canonical JSON, exactly as it was signed.
    pub body: String,
    /// Ed25519, by one of the platform's keys.
    pub signature: Signature,
    /// SM2, by the key of the platform's certificate, over the same message: in
    /// projects of suite `gm`, and in no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm2_signature: Option<Signature>,
}

/// By whom a statement must be signed, which a verifier knows from sealing terms or a
/// policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementKeys {
    /// The statement key, or the receipt key.
    pub ed25519: PlatformPublicKey,
    /// The key of the platform's SM2 certificate, where there is one to believe: then
    /// the second signature must be there and hold. Where there is none it is not asked.
    pub sm2: Option<PublicKey>,
}

impl From<PlatformPublicKey> for StatementKeys {
    fn from(ed25519: PlatformPublicKey) -> Self {
        Self { ed25519, sm2: None }
    }
}

impl From<&PlatformPublicKey> for StatementKeys {
    fn from(ed25519: &PlatformPublicKey) -> Self {
        Self::from(*ed25519)
    }
}

impl From<&Self> for StatementKeys {
    fn from(keys: &Self) -> Self {
        keys.clone()
    }
}

/// Why a statement is not to be relied on.
#[derive(Debug, thiserror::Error)]
pub enum StatementProblem {
    /// Not canonical JSON of this kind of statement.
    #[error("the statement is malformed: {0}")]
    Body(#[from] NotCanonical),
    /// Signed for another purpose or project.
    #[error("the statement is of another kind or project")]
    Elsewhere,
    /// A list out of order, or a number that no tree has.
    #[error("the statement's lists or numbers are impossible")]
    Lists,
    /// The platform's signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureProblem),
    /// It is not signed with SM2 too, as it must be in this project.
    #[error("the platform's SM2 signature is missing")]
    NoSm2Signature,
    /// It is, and that signature does not hold.
    #[error("the platform's SM2 signature: {0}")]
    Sm2Signature(SignatureProblem),
    /// The accepted set names a bid, a tree or a closing that the closing statement does not.
    #[error("the accepted bids are not part of the closing statement")]
    NotWithinClosing,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<T> {
    act: String,
    nonce: String,
    statement: T,
}

impl SignedStatement {
    /// Signs a statement at the platform named `origin`.
    pub fn issue<T: Statement>(
        statement: &T,
        origin: &str,
        key: &PlatformKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, SignerProblem> {
        let body = canonical::to_bytes(&Body {
            act: T::PURPOSE.to_owned(),
            nonce: hex::encode(rng::bytes::<16>(rng)),
            statement,
        });
        let signature = key.sign(&message(T::PURPOSE, origin, statement.project(), &body))?;
        Ok(Self {
            body: String::from_utf8(body).expect("canonical JSON is UTF-8"),
            signature,
            sm2_signature: None,
        })
    }

    /// The same statement, signed a second time by the platform's SM2 key
    /// (docs/spec/signatures.md, 4).
    ///
    /// # Errors
    /// When the signer does not sign, or not with SM2.
    pub fn signed_with_sm2<T: Statement>(
        mut self,
        statement: &T,
        origin: &str,
        signer: &(impl Signer + ?Sized),
    ) -> Result<Self, SignerProblem> {
        let body = self.body.as_bytes();
        let signature = signer.sign(&message(T::PURPOSE, origin, statement.project(), body))?;
        if signature.algorithm != Algorithm::Sm2 {
            return Err(SignerProblem::Key);
        }
        self.sm2_signature = Some(signature);
        Ok(self)
    }

    /// A statement of the short form: the values of its signatures alone.
    pub fn from_short(body: String, signature: Base64, sm2_signature: Option<Base64>) -> Self {
        let by = |algorithm, value| Signature { algorithm, value };
        Self {
            body,
            signature: by(Algorithm::Ed25519, signature),
            sm2_signature: sm2_signature.map(|value| by(Algorithm::Sm2, value)),
        }
    }

    /// Verifies that the platform named `origin` said this of `project` under
    /// `keys`, which the caller knows from the sealing terms.
    pub fn verify<T: Statement>(
        &self,
        origin: &str,
        project: &str,
        keys: impl Into<StatementKeys>,
    ) -> Result<Verified<T>, StatementProblem> {
        let keys = keys.into();
        let body: Body<T> = canonical::from_bytes(self.body.as_bytes())?;
        if body.act != T::PURPOSE || body.statement.project() != project {
            return Err(StatementProblem::Elsewhere);
        }
        if lower_hex::<16>(&body.nonce).is_none() || !body.statement.is_well_formed() {
            return Err(StatementProblem::Lists);
        }
        let message = message(T::PURPOSE, origin, project, self.body.as_bytes());
        keys.ed25519
            .public_key()
            .verify(&message, &self.signature)?;
        if let Some(key) = &keys.sm2 {
            let signature = self.sm2_signature.as_ref();
            let signature = signature.ok_or(StatementProblem::NoSm2Signature)?;
            key.verify(&message, signature)
                .map_err(StatementProblem::Sm2Signature)?;
        }
        Ok(Verified::new(body.statement))
    }

    /// The digest of the body's bytes, by which other statements name it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }
}

impl ClosingStatement {
    /// The live bids of a lot; none when the lot is not named.
    pub fn bids_of(&self, lot: &str) -> &[Digest] {
        self.lots
            .iter()
            .find(|bids| bids.lot == lot)
            .map_or(&[], |bids| &bids.bids)
    }
}

/// Verifies both lists as a custodian must: the same keys, one project, and every
/// accepted bid among those that closed.
pub fn verify_lists(
    closing: &SignedStatement,
    accepted: &SignedStatement,
    origin: &str,
    project: &str,
    keys: impl Into<StatementKeys>,
) -> Result<(Verified<ClosingStatement>, Verified<AcceptedStatement>), StatementProblem> {
    let keys = keys.into();
    let closed: Verified<ClosingStatement> = closing.verify(origin, project, &keys)?;
    let fixed: Verified<AcceptedStatement> = accepted.verify(origin, project, &keys)?;
    let live = closed.bids_of(&fixed.lot);
    let within = fixed.bids.iter().all(|bid| live.binary_search(bid).is_ok());
    if !within
        || fixed.closing != closing.digest()
        || fixed.size < closed.size
        || (fixed.size == closed.size && fixed.root != closed.root)
        || fixed.at < closed.at
    {
        return Err(StatementProblem::NotWithinClosing);
    }
    Ok((closed, fixed))
}

impl Statement for Receipt {
    const PURPOSE: &'static str = "receipt";

    fn project(&self) -> &str {
        &self.project
    }

    fn is_well_formed(&self) -> bool {
        true
    }
}

impl Statement for UnlockAck {
    const PURPOSE: &'static str = "acknowledge";

    fn project(&self) -> &str {
        &self.project
    }

    fn is_well_formed(&self) -> bool {
        true
    }
}

impl Statement for ClosingStatement {
    const PURPOSE: &'static str = "closing";

    fn project(&self) -> &str {
        &self.project
    }

    fn is_well_formed(&self) -> bool {
        (1..=self.size).contains(&self.shell_seq)
            && self.lots.is_sorted_by(|one, other| one.lot < other.lot)
            && self.lots.iter().all(|lot| ascends(&lot.bids))
    }
}

impl Statement for AcceptedStatement {
    const PURPOSE: &'static str = "accepted";

    fn project(&self) -> &str {
        &self.project
    }

    fn is_well_formed(&self) -> bool {
        self.size > 0 && ascends(&self.bids)
    }
}

fn ascends(bids: &[Digest]) -> bool {
    bids.is_sorted_by(|one, other| one < other)
}

#[cfg(test)]
mod tests;
