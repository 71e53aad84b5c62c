//! Transparency logs as C2SP writes them down: signed notes, checkpoints,
//! cosignatures, tiles, the witness protocol and offline proofs
//! (docs/spec/log.md; c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature,
//! tlog-tiles, tlog-witness, tlog-proof).

mod checkpoint;
mod note;
mod policy;
mod proof;
#[cfg(test)]
mod tests;
mod text;
mod tile;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointProblem};
pub use note::{
    KeyName, LogKey, NoteKeyProblem, NoteProblem, NoteSignature, SignedNote, WitnessKey,
};
pub use policy::{Cosigned, Policy, PolicyProblem, Untrusted};
pub use proof::{LogProof, LogProofProblem};
pub use tile::{Tile, TileNodes, TilePath, WIDTH, bundle, bundle_entries};
pub use witness::{AddCheckpoint, Refused, Seen, judge};
