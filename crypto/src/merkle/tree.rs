//! A tree in memory, from which proofs are cut.

use super::{ConsistencyProof, InclusionProof, empty_root, node_hash, split};
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
        self.range_root(0, self.size())
    }

    /// The root the tree had at `size` leaves; `None` when it is not that
    /// large.
    #[cfg(test)]
    pub(super) fn root_at(&self, size: u64) -> Option<Digest> {
        (size <= self.size()).then(|| self.range_root(0, size))
    }

    /// Proves that the leaf at `index` is in the tree of `size` leaves
    /// (RFC 6962, 2.1.1); `None` when there is no such leaf or size.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<InclusionProof> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.range_root(middle, end));
                end = middle;
            } else {
                path.push(self.range_root(start, middle));
                start = middle;
            }
        }
        path.reverse();
        Some(InclusionProof { index, size, path })
    }

    /// Proves that the tree of `old` leaves is a prefix of that of `size`
    /// (RFC 6962, 2.1.2); `None` when there are no such sizes.
    pub fn consistency(&self, old: u64, size: u64) -> Option<ConsistencyProof> {
        if old > size || size > self.size() {
            return None;
        }
        let mut path = Vec::new();
        if 0 < old && old < size {
            let (mut start, mut end) = (0, size);
            // The old tree is the left part `start..old` of what is looked at;
            // its root is known to the verifier as long as start is 0.
            while end != old {
                let middle = start + split(end - start);
                if old <= middle {
                    path.push(self.range_root(middle, end));
                    end = middle;
                } else {
                    path.push(self.range_root(start, middle));
                    start = middle;
                }
            }
            if start != 0 {
                path.push(self.range_root(start, end));
            }
            path.reverse();
        }
        Some(ConsistencyProof { old, size, path })
    }

    /// The root over the leaves from `start` up to `end`, a range that the
    /// RFC's recursion meets: its complete subtrees are aligned.
    fn range_root(&self, start: u64, end: u64) -> Digest {
        let size = end - start;
        if size == 0 {
            return empty_root();
        }
        if size.is_power_of_two() {
            let level = size.trailing_zeros();
            let at = usize::try_from(start >> level).expect("its leaves are in memory");
            return self.levels[level as usize][at];
        }
        let middle = start + split(size);
        node_hash(
            &self.range_root(start, middle),
            &self.range_root(middle, end),
        )
    }
}
