//! What a witness is asked, and what it answers (c2sp.org/tlog-witness). Where
//! it keeps what it has seen, and its clock, are its caller's.

use std::fmt;
use std::str::FromStr;

use super::checkpoint::Checkpoint;
use super::note::{LogKey, SignedNote};
use super::text::{decimal, hash, hash_line, head};
use crate::digest::Digest;
use crate::merkle::ConsistencyProof;

/// No proof of consistency is longer.
const PROOF_MAX: usize = 63;

/// "You have seen so many entries of this log; here is what it has now, and the
/// proof that the one grew out of the other."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// How many entries the witness has seen, as far as the log knows.
    pub old: u64,
    /// The proof, in the order of RFC 6962, 2.1.2.
    pub path: Vec<Digest>,
    /// The new checkpoint.
    pub note: SignedNote,
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.path {
            writeln!(f, "{}", hash_line(hash))?;
        }
        write!(f, "\n{}", self.note)
    }
}

impl FromStr for AddCheckpoint {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        read(text).ok_or(Refused::Malformed)
    }
}

fn read(text: &str) -> Option<AddCheckpoint> {
    let (lines, note) = head(text)?;
    let (old, path) = lines.split_first()?;
    if path.len() > PROOF_MAX {
        return None;
    }
    Some(AddCheckpoint {
        old: decimal(old.strip_prefix("old ")?)?,
        path: path.iter().map(|line| hash(line)).collect::<Option<_>>()?,
        note: note.parse().ok()?,
    })
}

/// The head of a log that a witness has cosigned last; nothing is the tree
/// without entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How many entries there were.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// Why a witness does not cosign, each with its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// 400: not of the protocol's form, or the old size is larger than the new.
    #[error("malformed request")]
    Malformed,
    /// 404: the witness does not know the log.
    #[error("unknown log")]
    UnknownLog,
    /// 403: the log has not signed, or its signature does not hold.
    #[error("no valid signature of the log")]
    Unsigned,
    /// 409: the witness has seen another size, which is the answer's body.
    #[error("the latest checkpoint has {0} entries")]
    Conflict(u64),
    /// 422: the proof does not hold, or one size has two roots.
    #[error("the checkpoint does not follow from the latest one")]
    Inconsistent,
}

/// Judges a request by what the witness has seen of the log whose key is `log`;
/// what it returns may be kept, and then cosigned.
///
/// # Errors
/// In the protocol's order; the log is unknown where its name is another.
pub fn judge(
    request: &AddCheckpoint,
    log: &LogKey,
    seen: Option<Seen>,
) -> Result<Checkpoint, Refused> {
    let checkpoint: Checkpoint = request
        .note
        .text()
        .parse()
        .map_err(|_| Refused::Malformed)?;
    if checkpoint.origin != *log.name() {
        return Err(Refused::UnknownLog);
    }
    if !log.signed(&request.note).unwrap_or(false) {
        return Err(Refused::Unsigned);
    }
    if request.old > checkpoint.size {
        return Err(Refused::Malformed);
    }
    let seen = seen.unwrap_or(Seen {
        size: 0,
        root: Digest::of(b""),
    });
    if request.old != seen.size {
        return Err(Refused::Conflict(seen.size));
    }
    let proof = ConsistencyProof {
        old: seen.size,
        size: checkpoint.size,
        path: request.path.clone(),
    };
    let empty = checkpoint.size > 0 || checkpoint.root == seen.root;
    match proof.verify(&seen.root, &checkpoint.root) {
        Ok(()) if empty => Ok(checkpoint),
        _ => Err(Refused::Inconsistent),
    }
}
