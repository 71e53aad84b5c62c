//! Receipts, and the proofs that they turn into from T0 on (docs/spec/receipts.md):
//! whether what the platform promised of a bid was kept, by what a bidder has in hand.

use kaibiao_crypto::anchor::{AnchorProblem, Anchored};
use kaibiao_crypto::canonical::{self, NotCanonical};
use kaibiao_crypto::encoding::{Base64, from_base64, to_base64};
use kaibiao_crypto::merkle::{InclusionProof, leaf_hash};
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::statement::{Receipt, SignedStatement, StatementKeys, StatementProblem};
use kaibiao_crypto::tlog::{Cosigned, Policy};
use kaibiao_crypto::{Digest, Verified};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::anchored::ProvedEvent;
use crate::event::{Facts, What};
use crate::ids::{Millis, Seq};
use crate::role::By;
use crate::terms::Trust;

/// The `format` of a proof.
pub const FORMAT: &str = "kaibiao/1 receipt proof";

/// A receipt in the short form of docs/spec/signatures.md, 4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedReceipt {
    /// The statement's exact body.
    pub body: String,
    /// Base64 of the Ed25519 signature.
    pub signature: String,
    /// Base64 of the SM2 signature, DER: in projects of suite "gm".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm2_signature: Option<String>,
}

/// What shows that a receipt's promise was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptProof {
    /// That the tree with the event is anchored in the public log.
    pub anchored: Anchored,
    /// The event that the receipt names.
    pub event: ProvedEvent,
    /// [`FORMAT`].
    pub format: String,
    /// The promise.
    pub receipt: SignedReceipt,
}

/// What a bidder has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptFile {
    /// What is given at once.
    Receipt(SignedReceipt),
    /// What there is from T0 on.
    Proof(Box<ReceiptProof>),
}

/// Whom a checker believes, which it never has from the file.
#[derive(Debug, Clone)]
pub struct Believed {
    /// The platform's name.
    pub origin: String,
    /// Whose signatures a promise bears.
    pub receipt_keys: StatementKeys,
    /// Whom to believe about the public log; none where no proof can be checked.
    pub log: Option<Policy>,
    /// Whose bid it must be, where the checker knows.
    pub project: Option<String>,
}

/// What a file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The platform has signed for the bid.
    Promised(Verified<Receipt>),
    /// And has kept its word.
    Proved(Proved),
}

/// A promise that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// What was promised.
    pub receipt: Verified<Receipt>,
    /// The number of the event.
    pub seq: Seq,
    /// The anchor that holds it.
    pub tick: u64,
    /// The checkpoint under which that is proved, and who has cosigned it when.
    pub cosigned: Cosigned,
}

/// Why a file shows nothing, or what it shows against the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptProblem {
    /// Not a promise or proof by its form.
    #[error("the file is neither a receipt nor the proof of one")]
    Malformed,
    /// Of another project.
    #[error("the receipt is of another project")]
    Foreign,
    /// Not signed by the key, or not at the platform, that are believed.
    #[error("the receipt's signature does not hold under this key and platform")]
    Signature,
    /// Not signed by the SM2 certificate that is believed.
    #[error(
        "the receipt's SM2 signature is missing, or does not hold under the platform's certificate"
    )]
    Sm2Signature,
    /// Nobody can be asked about the log.
    #[error("no public log is known by which this could be checked")]
    NoLog,
    /// The event is not the one that the receipt names, or not as it is shown.
    #[error("the event shown is not the one that the receipt names")]
    Event,
    /// The event that the receipt names is about something else.
    #[error("the event that the receipt names is not the receipt of this bid")]
    Differs,
    /// It is not in the tree in which it was to be.
    #[error("the anchor by which the bid was to be held does not hold it")]
    Late,
    /// T0 is past, and there is no proof; or the event is not in the tree.
    #[error("the platform shows no proof of a bid that it signed for")]
    Missing,
    /// It is not anchored as it must be.
    #[error(transparent)]
    Anchor(#[from] AnchorProblem),
}

impl ReceiptProblem {
    /// The code by which checkers say so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "receipt-malformed",
            Self::Foreign => "receipt-foreign",
            Self::Signature => "receipt-signature",
            Self::Sm2Signature => "receipt-sm2-signature",
            Self::NoLog => "terms-log",
            Self::Event => "event-differs",
            Self::Differs => "receipt-differs",
            Self::Late => "receipt-late",
            Self::Missing => "receipt-missing",
            Self::Anchor(problem) => problem.code(),
        }
    }

    /// Whether the platform has signed what is not so. Everything else shows nothing
    /// against anybody.
    pub fn is_against_platform(&self) -> bool {
        matches!(self, Self::Differs | Self::Late | Self::Missing)
    }
}

impl Believed {
    /// Whom sealing terms, or a policy, say to believe.
    ///
    /// # Errors
    /// [`ReceiptProblem::NoLog`] for keys, witnesses or a quorum that nobody can be.
    pub fn of(trust: &Trust, project: Option<String>) -> Result<Self, ReceiptProblem> {
        let keys = trust.receipt_keys();
        Ok(Self {
            origin: trust.origin.clone(),
            receipt_keys: keys.map_err(|_| ReceiptProblem::NoLog)?,
            log: trust.policy().map_err(|_| ReceiptProblem::NoLog)?,
            project,
        })
    }
}

impl From<SignedStatement> for SignedReceipt {
    fn from(signed: SignedStatement) -> Self {
        Self {
            signature: to_base64(&signed.signature.value),
            sm2_signature: signed.sm2_signature.map(|it| to_base64(&it.value)),
            body: signed.body,
        }
    }
}

impl ReceiptFile {
    /// Reads a file: a proof in its one spelling, or a promise in any.
    ///
    /// # Errors
    /// [`ReceiptProblem::Malformed`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptProblem> {
        if let Ok(promise) = serde_json::from_slice(bytes) {
            return Ok(Self::Receipt(promise));
        }
        let proof: ReceiptProof =
            canonical::from_bytes(bytes).map_err(|_| ReceiptProblem::Malformed)?;
        if proof.format == FORMAT {
            Ok(Self::Proof(Box::new(proof)))
        } else {
            Err(ReceiptProblem::Malformed)
        }
    }

    /// Its promise.
    pub fn promise(&self) -> &SignedReceipt {
        match self {
            Self::Receipt(promise) => promise,
            Self::Proof(proof) => &proof.receipt,
        }
    }

    /// Checks everything that there is to check of it without asking anybody.
    ///
    /// # Errors
    /// [`ReceiptProblem`] by the first check that fails (docs/spec/receipts.md, 4).
    pub fn check(&self, believed: &Believed) -> Result<Shown, ReceiptProblem> {
        match self {
            Self::Receipt(promise) => promise.check(believed).map(Shown::Promised),
            Self::Proof(proof) => proof.check(believed).map(Shown::Proved),
        }
    }
}

impl SignedReceipt {
    /// Checks that the platform has made it (steps 1 to 3).
    ///
    /// # Errors
    /// [`ReceiptProblem`] by the first check that fails.
    pub fn check(&self, believed: &Believed) -> Result<Verified<Receipt>, ReceiptProblem> {
        let project = self.project().ok_or(ReceiptProblem::Malformed)?;
        // A signature that is none holds for nothing, and is told after the body's form.
        let value = |text: &String| Base64(from_base64(text).unwrap_or_default());
        let signed = SignedStatement::from_short(
            self.body.clone(),
            value(&self.signature),
            self.sm2_signature.as_ref().map(value),
        );
        let receipt = signed
            .verify(&believed.origin, &project, &believed.receipt_keys)
            .map_err(|problem| match problem {
                StatementProblem::Signature(_) => ReceiptProblem::Signature,
                StatementProblem::NoSm2Signature | StatementProblem::Sm2Signature(_) => {
                    ReceiptProblem::Sm2Signature
                }
                StatementProblem::Body(_)
                | StatementProblem::Elsewhere
                | StatementProblem::Lists
                | StatementProblem::NotWithinClosing => ReceiptProblem::Malformed,
            })?;
        let is_other = |asked: &String| *asked != project;
        if believed.project.as_ref().is_some_and(is_other) {
            return Err(ReceiptProblem::Foreign);
        }
        Ok(receipt)
    }

    /// The project that the body names, which is proved by nothing yet.
    fn project(&self) -> Option<String> {
        let body: Value = canonical::from_bytes(self.body.as_bytes()).ok()?;
        body["statement"]["project"].as_str().map(str::to_owned)
    }
}

impl ReceiptProof {
    /// Its one spelling.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(self)
    }

    /// Checks that the promise was kept.
    ///
    /// # Errors
    /// [`ReceiptProblem`] by the first check that fails.
    pub fn check(&self, believed: &Believed) -> Result<Proved, ReceiptProblem> {
        let receipt = self.receipt.check(believed)?;
        let policy = believed.log.as_ref().ok_or(ReceiptProblem::NoLog)?;
        let event = &self.event;
        if leaf_hash(event.shell.as_bytes()) != receipt.leaf {
            return Err(ReceiptProblem::Event);
        }
        let (shell, facts) = event.open().ok_or(ReceiptProblem::Event)?;
        let facts = serde_json::from_value(facts).map_err(|_| ReceiptProblem::Differs)?;
        is_of(&receipt, shell.time, &facts)?;
        let anchor = &self.anchored.anchor;
        if anchor.tick > receipt.tick {
            return Err(AnchorProblem::Differs.into());
        }
        let tree = (receipt.project.as_str(), anchor.size, &anchor.root);
        let since = u64::try_from(receipt.received.div_euclid(1_000)).unwrap_or(0);
        let cosigned = self.anchored.verify(tree, since, policy)?;
        holds(&receipt, shell.seq, (anchor.tick, anchor.size))?;
        let inclusion = InclusionProof {
            index: shell.seq.checked_sub(1).ok_or(ReceiptProblem::Event)?,
            size: anchor.size,
            path: event.path.clone(),
        };
        let proved = inclusion.verify(&receipt.leaf, &anchor.root);
        proved.map_err(|_| ReceiptProblem::Event)?;
        Ok(Proved {
            receipt,
            seq: shell.seq,
            tick: anchor.tick,
            cosigned,
        })
    }
}

impl ProvedEvent {
    /// Shell and facts, where the one commits to the other.
    fn open(&self) -> Option<(Shell, Value)> {
        let shell = Shell::from_bytes(self.shell.as_bytes()).ok()?;
        let facts = self.facts.as_bytes();
        let facts = shell
            .holds_facts(&self.salt.0, facts)
            .then(|| canonical::from_bytes(facts));
        let facts: Result<Value, NotCanonical> = facts?;
        Some((shell, facts.ok()?))
    }
}

/// Whether the event with a receipt's leaf says what the receipt says.
///
/// # Errors
/// [`ReceiptProblem::Differs`].
pub fn is_of(receipt: &Receipt, time: Millis, facts: &Facts) -> Result<(), ReceiptProblem> {
    let is_same = matches!(
        &facts.what,
        What::BidReceived { lot, bid, .. } if lot.as_str() == receipt.lot && *bid == receipt.bid
    );
    if is_same && facts.by == By::Bidder && time == receipt.received {
        Ok(())
    } else {
        Err(ReceiptProblem::Differs)
    }
}

/// Whether the tree of an anchor, by its tick and size, holds the event with this number
/// as the receipt promised.
///
/// # Errors
/// [`ReceiptProblem::Late`] of the very anchor that was promised; of another one that
/// says nothing [`AnchorProblem::Differs`].
pub fn holds(receipt: &Receipt, seq: Seq, (tick, size): (u64, u64)) -> Result<(), ReceiptProblem> {
    if seq <= size && tick <= receipt.tick {
        Ok(())
    } else if tick == receipt.tick {
        Err(ReceiptProblem::Late)
    } else {
        Err(AnchorProblem::Differs.into())
    }
}

/// The number of the event that a receipt names, among all leaves of a tree.
///
/// # Errors
/// [`ReceiptProblem::Missing`].
pub fn find(receipt: &Receipt, leaves: &[Digest]) -> Result<Seq, ReceiptProblem> {
    let found = (1..)
        .zip(leaves)
        .find_map(|(seq, leaf)| (*leaf == receipt.leaf).then_some(seq));
    found.ok_or(ReceiptProblem::Missing)
}
