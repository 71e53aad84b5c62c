//! The platform stream's tree, so that a proof does not read every leaf.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Tree;

/// The tree as far as it was read; 64 bytes for each event.
#[derive(Default)]
pub struct Audit(Mutex<Tree>);

impl Audit {
    /// How many leaves are here.
    pub fn size(&self) -> u64 {
        self.held().size()
    }

    /// Adds leaves that follow the first `before`; those that are here stay.
    pub fn extend(&self, before: u64, leaves: &[Digest]) {
        let mut tree = self.held();
        let known = usize::try_from(tree.size().saturating_sub(before)).unwrap_or(usize::MAX);
        for leaf in leaves.iter().skip(known) {
            tree.append(*leaf);
        }
    }

    /// The path of an event in the tree of so many.
    pub fn path(&self, seq: u64, size: u64) -> Option<Vec<Digest>> {
        let proof = self.held().inclusion(seq.checked_sub(1)?, size)?;
        Some(proof.path)
    }

    fn held(&self) -> MutexGuard<'_, Tree> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
