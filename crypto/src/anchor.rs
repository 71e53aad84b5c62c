//! What the public log holds of a stream, and proofs that rest on it
//! (docs/spec/evidence.md): salted commitments to a tree, which tell neither its
//! root nor its size until both are opened.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::canonical;
use crate::digest::{Digest, lower_hex, lp};
use crate::merkle;
use crate::tlog::{Cosigned, LogProof, LogProofProblem, Policy, Untrusted};

/// 32 bytes that nobody else can guess: 64 lowercase hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorSalt(pub [u8; 32]);

/// A stream's tree at some moment, as it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Anchor {
    /// The root over the first `size` events.
    pub root: Digest,
    /// What hides root and size in the log.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub salt: AnchorSalt,
    /// How many events the tree holds.
    pub size: u64,
    /// The stream's name.
    pub stream: String,
    /// Which of the stream's anchors it is, from 1.
    pub tick: u64,
}

#[derive(Serialize)]
struct AnchorEntry<'a> {
    anchor: Digest,
    kind: &'static str,
    stream: &'a str,
    tick: u64,
}

impl Anchor {
    /// `H("kaibiao/1 anchor" || lp(stream) || u64 tick || salt || u64 size || root)`.
    pub fn digest(&self) -> Digest {
        let mut stream = Vec::with_capacity(4 + self.stream.len());
        lp(&mut stream, self.stream.as_bytes());
        Digest::labelled(
            "kaibiao/1 anchor",
            &[
                &stream,
                &self.tick.to_be_bytes(),
                &self.salt.0,
                &self.size.to_be_bytes(),
                self.root.as_bytes(),
            ],
        )
    }

    /// The entry of the log that commits to it.
    pub fn entry(&self) -> Vec<u8> {
        canonical::to_bytes(&AnchorEntry {
            anchor: self.digest(),
            kind: "anchor",
            stream: &self.stream,
            tick: self.tick,
        })
    }
}

/// An entry of the log in the clear: that these are a lot's sealing terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsEntry<'a> {
    /// The lot's id.
    pub lot: &'a str,
    /// The project's id.
    pub project: &'a str,
    /// The terms digest.
    pub terms: Digest,
}

#[derive(Serialize)]
struct Written<'a> {
    kind: &'static str,
    lot: &'a str,
    project: &'a str,
    terms: Digest,
}

impl TermsEntry<'_> {
    /// The entry's bytes.
    pub fn entry(&self) -> Vec<u8> {
        canonical::to_bytes(&Written {
            kind: "terms",
            lot: self.lot,
            project: self.project,
            terms: self.terms,
        })
    }

    /// Checks by an offline proof ([`LogProof`]) that the entry is in the log
    /// (docs/spec/evidence.md, 5).
    ///
    /// # Errors
    /// [`AnchorProblem`] by the first step that fails, but never `Differs`.
    pub fn prove(&self, proof: &str, policy: &Policy) -> Result<Cosigned, AnchorProblem> {
        prove(&self.entry(), proof, 0, policy)
    }
}

/// An entry of the log in the clear: that this notice was signed for a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeEntry<'a> {
    /// SHA-256 of the signed act's body.
    pub act: Digest,
    /// Of a publication: SHA-256 of the published draft's canonical JSON.
    pub draft: Option<Digest>,
    /// The project's id.
    pub project: &'a str,
    /// The event's kind, such as `published`.
    pub what: &'a str,
}

#[derive(Serialize)]
struct WrittenNotice<'a> {
    act: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<Digest>,
    kind: &'static str,
    project: &'a str,
    what: &'a str,
}

impl NoticeEntry<'_> {
    /// The entry's bytes.
    pub fn entry(&self) -> Vec<u8> {
        canonical::to_bytes(&WrittenNotice {
            act: self.act,
            draft: self.draft,
            kind: "notice",
            project: self.project,
            what: self.what,
        })
    }

    /// Checks by an offline proof ([`LogProof`]) that the entry is in the log
    /// (docs/spec/evidence.md, 12).
    ///
    /// # Errors
    /// [`AnchorProblem`] by the first step that fails, but never `Differs`.
    pub fn prove(&self, proof: &str, policy: &Policy) -> Result<Cosigned, AnchorProblem> {
        prove(&self.entry(), proof, 0, policy)
    }
}

/// A root of a stream's tree with the proof that it was anchored, as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Anchored {
    /// The anchor, opened.
    pub anchor: Anchor,
    /// The offline proof of its entry ([`LogProof`]).
    pub proof: String,
}

/// Why a root is not proved to be anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnchorProblem {
    /// It is of another stream or tree.
    #[error("the anchor is not that of what is to be proved")]
    Differs,
    /// The proof is not of its form.
    #[error("the proof is malformed")]
    Malformed,
    /// The checkpoint is not the log's, or bears a signature that does not hold.
    #[error("the log has not signed the checkpoint")]
    Unsigned,
    /// Fewer witnesses than the quorum have cosigned it in time.
    #[error("{signed} of {quorum} witnesses have cosigned since then")]
    Quorum {
        /// How many did.
        signed: usize,
        /// How many must have.
        quorum: usize,
    },
    /// The entry is not shown to be in the log.
    #[error("the entry is not in the log")]
    Inclusion,
}

impl AnchorProblem {
    /// The code by which clients say so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Differs => "anchor-differs",
            Self::Malformed => "anchor-malformed",
            Self::Unsigned => "log-unsigned",
            Self::Quorum { .. } => "log-quorum",
            Self::Inclusion => "log-inclusion",
        }
    }
}

impl Anchored {
    /// Checks that the tree of `size` events of a stream has this root by a
    /// checkpoint that the policy believes, and that its quorum cosigned from the
    /// second `since` of the epoch on (docs/spec/evidence.md, 4, steps 1 to 5).
    ///
    /// # Errors
    /// [`AnchorProblem`] by the first step that fails.
    pub fn verify(
        &self,
        tree: (&str, u64, &Digest),
        since: u64,
        policy: &Policy,
    ) -> Result<Cosigned, AnchorProblem> {
        let Anchor {
            stream, size, root, ..
        } = &self.anchor;
        if (stream.as_str(), *size, root) != tree || self.anchor.tick == 0 {
            return Err(AnchorProblem::Differs);
        }
        prove(&self.anchor.entry(), &self.proof, since, policy)
    }
}

/// Checks that an entry is in the log.
fn prove(
    entry: &[u8],
    proof: &str,
    since: u64,
    policy: &Policy,
) -> Result<Cosigned, AnchorProblem> {
    let proof: LogProof = proof.parse().map_err(|_| AnchorProblem::Malformed)?;
    if proof.extra.is_some() {
        return Err(AnchorProblem::Malformed);
    }
    let leaf = merkle::leaf_hash(entry);
    let cosigned = proof
        .verify(&leaf, policy)
        .map_err(|problem| match problem {
            LogProofProblem::Form => AnchorProblem::Malformed,
            LogProofProblem::Inclusion(_) => AnchorProblem::Inclusion,
            LogProofProblem::Checkpoint(Untrusted::Quorum { signed, quorum }) => {
                AnchorProblem::Quorum { signed, quorum }
            }
            LogProofProblem::Checkpoint(_) => AnchorProblem::Unsigned,
        })?;
    let signed = cosigned
        .times()
        .iter()
        .filter(|time| **time >= since)
        .count();
    let quorum = policy.quorum();
    if signed < quorum {
        return Err(AnchorProblem::Quorum { signed, quorum });
    }
    Ok(cosigned)
}

impl fmt::Display for AnchorSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Not 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a salt: 64 lowercase hexadecimal digits")]
pub struct NotASalt;

impl FromStr for AnchorSalt {
    type Err = NotASalt;

    fn from_str(text: &str) -> Result<Self, NotASalt> {
        lower_hex(text).map(Self).ok_or(NotASalt)
    }
}

impl Serialize for AnchorSalt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AnchorSalt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
