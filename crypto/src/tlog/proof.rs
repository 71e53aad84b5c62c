//! Proofs that are checked without the log (c2sp.org/tlog-proof).

use std::fmt;
use std::str::FromStr;

use super::note::SignedNote;
use super::policy::{Cosigned, Policy, Untrusted};
use super::text::{decimal, hash, hash_line, head};
use crate::digest::Digest;
use crate::encoding::{from_base64, to_base64};
use crate::merkle::{InclusionProof, ProofProblem};

const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// No proof of inclusion is longer.
const PATH_MAX: usize = 63;

/// "This entry is in the log, at this place, under this checkpoint."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// What goes with it and is proved by nothing.
    pub extra: Option<Vec<u8>>,
    /// The entry's place, from 0.
    pub index: u64,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Digest>,
    /// The checkpoint.
    pub note: SignedNote,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogProofProblem {
    /// Not of the form of a proof.
    #[error("not a proof of a log (c2sp.org/tlog-proof)")]
    Form,
    /// The checkpoint is not to be believed.
    #[error(transparent)]
    Checkpoint(#[from] Untrusted),
    /// The entry is not shown to be under the checkpoint's root.
    #[error(transparent)]
    Inclusion(#[from] ProofProblem),
}

impl LogProof {
    /// Checks that the entry with this leaf hash is in the log that the policy
    /// names.
    pub fn verify(&self, leaf: &Digest, policy: &Policy) -> Result<Cosigned, LogProofProblem> {
        let cosigned = policy.open(&self.note)?;
        let proof = InclusionProof {
            index: self.index,
            size: cosigned.checkpoint().size,
            path: self.path.clone(),
        };
        proof.verify(leaf, &cosigned.checkpoint().root)?;
        Ok(cosigned)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", hash_line(hash))?;
        }
        write!(f, "\n{}", self.note)
    }
}

impl FromStr for LogProof {
    type Err = LogProofProblem;

    fn from_str(text: &str) -> Result<Self, LogProofProblem> {
        read(text).ok_or(LogProofProblem::Form)
    }
}

fn read(text: &str) -> Option<LogProof> {
    let (lines, note) = head(text)?;
    let mut lines = lines.as_slice();
    lines = lines.strip_prefix(&[FIRST])?;
    let mut extra = None;
    if let [first, rest @ ..] = lines
        && let Some(bytes) = first.strip_prefix("extra ")
    {
        extra = Some(from_base64(bytes).ok()?);
        lines = rest;
    }
    let (index, path) = lines.split_first()?;
    if path.len() > PATH_MAX {
        return None;
    }
    Some(LogProof {
        extra,
        index: decimal(index.strip_prefix("index ")?)?,
        path: path.iter().map(|line| hash(line)).collect::<Option<_>>()?,
        note: note.parse().ok()?,
    })
}
