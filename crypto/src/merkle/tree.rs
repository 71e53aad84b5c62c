//! A tree in memory.

use super::cut::{self, Nodes};
use super::{ConsistencyProof, InclusionProof, node_hash};
use crate::digest::Digest;

/// All complete subtrees of a tree: `levels[k][i]` is the root over the leaves
/// from `i * 2^k`, `2^k` of them. Twice the memory of the leaf hashes, and each
/// proof costs O(log size).
#[derive(Debug, Clone, Default)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Builds the tree over stored leaf hashes, in their order.
    pub fn from_leaves(leaves: impl IntoIterator<Item = Digest>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            tree.append(leaf);
        }
        tree
    }

    /// Appends a leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(node);
            match row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => node = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The hash of a leaf; `None` beyond the last.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        let leaves = self.levels.first()?;
        leaves.get(usize::try_from(index).ok()?).copied()
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        cut::root(self, self.size()).expect("a tree has its own nodes")
    }

    /// Proves that the leaf at `index` is in the tree of `size` leaves;
    /// `None` when there is no such leaf or size.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<InclusionProof> {
        (size <= self.size())
            .then(|| cut::inclusion(self, index, size))
            .flatten()
    }

    /// Proves that the tree of `old` leaves is a prefix of that of `size`;
    /// `None` when there are no such sizes.
    pub fn consistency(&self, old: u64, size: u64) -> Option<ConsistencyProof> {
        (size <= self.size())
            .then(|| cut::consistency(self, old, size))
            .flatten()
    }
}

impl Nodes for Tree {
    fn node(&self, level: u32, index: u64) -> Option<Digest> {
        let row = self.levels.get(usize::try_from(level).ok()?)?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}
