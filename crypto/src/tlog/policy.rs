//! Whom to believe about a log: its key, its witnesses, and how many of them.

use super::checkpoint::{Checkpoint, CheckpointProblem};
use super::note::{LogKey, NoteProblem, SignedNote, WitnessKey};
use crate::platform_key::PlatformPublicKey;

/// A log's key, its witnesses, and how many of these must have cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    log: LogKey,
    witnesses: Vec<WitnessKey>,
    quorum: usize,
}

/// Why something is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// One key stands for two witnesses, or for the log and a witness.
    #[error("one key stands for two parties")]
    SameKey,
    /// The quorum is larger than the number of witnesses.
    #[error("the quorum is larger than the number of witnesses")]
    Quorum,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Its form is wrong, or a signature does not hold.
    #[error(transparent)]
    Note(#[from] NoteProblem),
    /// The note's text is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointProblem),
    /// It is another log's.
    #[error("the checkpoint is another log's")]
    Origin,
    /// The log did not sign it.
    #[error("the log has not signed the checkpoint")]
    Unsigned,
    /// Fewer witnesses cosigned it than must have.
    #[error("{signed} of {quorum} witnesses have cosigned the checkpoint")]
    Quorum {
        /// How many did.
        signed: usize,
        /// How many must have.
        quorum: usize,
    },
}

/// A checkpoint with its log's signature and as many cosignatures as the policy
/// asks for. Only [`Policy::open`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    checkpoint: Checkpoint,
    times: Vec<u64>,
}

impl Cosigned {
    /// The head of the log.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// When each witness cosigned, seconds since the epoch, in ascending order.
    pub fn times(&self) -> &[u64] {
        &self.times
    }
}

impl Policy {
    /// Puts a policy together.
    pub fn new(
        log: LogKey,
        witnesses: Vec<WitnessKey>,
        quorum: usize,
    ) -> Result<Self, PolicyProblem> {
        if quorum > witnesses.len() {
            return Err(PolicyProblem::Quorum);
        }
        let mut keys: Vec<&PlatformPublicKey> = witnesses.iter().map(WitnessKey::key).collect();
        keys.push(log.key());
        keys.sort_unstable_by_key(|key| key.as_bytes());
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(PolicyProblem::SameKey);
        }
        Ok(Self {
            log,
            witnesses,
            quorum,
        })
    }

    /// The log's key.
    pub fn log(&self) -> &LogKey {
        &self.log
    }

    /// How many witnesses must have cosigned.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// The one form of a note that is kept (docs/spec/bundle.md, 2): the log's
    /// signature, then of each witness in the policy's order its last cosignature, if
    /// it is of the second `since` of the epoch or later; and no other line. Answers
    /// how many cosignatures there are as well.
    ///
    /// # Errors
    /// [`Untrusted`] where the log has not signed, or a line of a key of the policy
    /// does not hold.
    pub fn normal(&self, note: &SignedNote, since: u64) -> Result<(SignedNote, usize), Untrusted> {
        let log = self.log.line_of(note)?.ok_or(Untrusted::Unsigned)?;
        let cosigned = self.witnesses.iter().map(|it| it.line_of(note));
        let cosigned = cosigned.filter_map(Result::transpose);
        let cosigned: Vec<_> = cosigned.collect::<Result<_, _>>()?;
        let timely = cosigned.iter().filter(|(time, _)| *time >= since);
        let lines: Vec<_> = timely.map(|(_, line)| *line).collect();
        let count = lines.len();
        let lines = std::iter::once(log).chain(lines);
        Ok((note.with(lines), count))
    }

    /// Opens a checkpoint: signatures by keys that the policy does not name are
    /// passed over, and each witness counts once.
    pub fn open(&self, note: &SignedNote) -> Result<Cosigned, Untrusted> {
        let checkpoint: Checkpoint = note.text().parse()?;
        if checkpoint.origin != *self.log.name() {
            return Err(Untrusted::Origin);
        }
        if !self.log.signed(note)? {
            return Err(Untrusted::Unsigned);
        }
        let times = self.witnesses.iter().map(|witness| witness.signed(note));
        let times: Result<Vec<_>, _> = times.filter_map(Result::transpose).collect();
        let mut times = times?;
        times.sort_unstable();
        if times.len() < self.quorum {
            return Err(Untrusted::Quorum {
                signed: times.len(),
                quorum: self.quorum,
            });
        }
        Ok(Cosigned { checkpoint, times })
    }
}
