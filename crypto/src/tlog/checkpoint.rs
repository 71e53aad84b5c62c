//! Checkpoints (c2sp.org/tlog-checkpoint): the head of a log, as a note's text.

use std::fmt;
use std::str::FromStr;

use super::note::{KeyName, LogKey, SignedNote};
use super::text::{decimal, hash, hash_line};
use crate::digest::Digest;
use crate::platform_key::PlatformKey;
use crate::signer::SignerProblem;

/// "The log of this name has so many entries, and this root." A log of ours
/// writes no extension lines and refuses them, since nobody could check them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, and of the key that signs for it.
    pub origin: KeyName,
    /// How many entries there are.
    pub size: u64,
    /// The root over them (RFC 6962).
    pub root: Digest,
}

/// Not the text of a checkpoint without extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint (c2sp.org/tlog-checkpoint)")]
pub struct CheckpointProblem;

impl Checkpoint {
    /// Signs the checkpoint as its log.
    pub fn sign(&self, key: &PlatformKey) -> Result<SignedNote, SignerProblem> {
        let text = self.to_string();
        let signature = LogKey::sign(self.origin.clone(), key, &text)?;
        Ok(SignedNote::new(text, signature))
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, root } = self;
        write!(f, "{origin}\n{size}\n{}\n", hash_line(root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointProblem;

    fn from_str(text: &str) -> Result<Self, CheckpointProblem> {
        let lines: Vec<_> = text.split('\n').collect();
        let [origin, size, root, ""] = lines[..] else {
            return Err(CheckpointProblem);
        };
        let size = decimal(size).filter(|size| i64::try_from(*size).is_ok());
        Ok(Self {
            origin: origin.parse().map_err(|_| CheckpointProblem)?,
            size: size.ok_or(CheckpointProblem)?,
            root: hash(root).ok_or(CheckpointProblem)?,
        })
    }
}
