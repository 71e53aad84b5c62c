//! Proofs that a leaf is in a tree, and that a tree grew out of another.

use serde::{Deserialize, Serialize};

use super::{empty_root, node_hash};
use crate::digest::Digest;

/// That the leaf at `index` is in the tree of `size` leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The leaf's index, from 0.
    pub index: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Digest>,
}

/// That the tree of `old` leaves is a prefix of the tree of `size` leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// How many leaves the earlier tree has.
    pub old: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// In the order of RFC 6962, 2.1.2.
    pub path: Vec<Digest>,
}

/// The proof does not show what it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofProblem {
    /// The path has not as many hashes as the sizes ask for, or they are impossible.
    #[error("the proof has the wrong length or impossible sizes")]
    Shape,
    /// The path leads to another root than the one that is known.
    #[error("the proof leads to another root")]
    Root,
}

impl InclusionProof {
    /// Checks the proof (RFC 9162, 2.1.3.2) for a leaf hash and a root.
    pub fn verify(&self, leaf: &Digest, root: &Digest) -> Result<(), ProofProblem> {
        if self.index >= self.size {
            return Err(ProofProblem::Shape);
        }
        let mut index = self.index;
        let mut last = self.size - 1;
        let mut node = *leaf;
        for sibling in &self.path {
            if last == 0 {
                return Err(ProofProblem::Shape);
            }
            if index & 1 == 1 || index == last {
                node = node_hash(sibling, &node);
                // A node without a right sibling is carried up unchanged.
                while index & 1 == 0 && index != 0 {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                node = node_hash(&node, sibling);
            }
            index >>= 1;
            last >>= 1;
        }
        reached(last == 0, node == *root)
    }
}

impl ConsistencyProof {
    /// Checks the proof (RFC 9162, 2.1.4.2) for both roots.
    ///
    /// The tree without leaves is a prefix of every tree, by an empty proof.
    pub fn verify(&self, old_root: &Digest, root: &Digest) -> Result<(), ProofProblem> {
        if self.old > self.size {
            return Err(ProofProblem::Shape);
        }
        if self.old == 0 {
            return reached(self.path.is_empty(), *old_root == empty_root());
        }
        if self.old == self.size {
            return reached(self.path.is_empty(), old_root == root);
        }
        let mut path = self.path.iter();
        // A complete old tree is itself the first node; the proof leaves it out.
        let first = if self.old.is_power_of_two() {
            Some(old_root)
        } else {
            path.next()
        };
        let first = *first.ok_or(ProofProblem::Shape)?;
        let mut index = self.old - 1;
        let mut last = self.size - 1;
        let skip = index.trailing_ones();
        index >>= skip;
        last >>= skip;
        let (mut old_node, mut node) = (first, first);
        for sibling in path {
            if last == 0 {
                return Err(ProofProblem::Shape);
            }
            if index & 1 == 1 || index == last {
                old_node = node_hash(sibling, &old_node);
                node = node_hash(sibling, &node);
                while index & 1 == 0 && index != 0 {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                node = node_hash(&node, sibling);
            }
            index >>= 1;
            last >>= 1;
        }
        reached(last == 0, old_node == *old_root && node == *root)
    }
}

fn reached(shape: bool, roots: bool) -> Result<(), ProofProblem> {
    match (shape, roots) {
        (false, _) => Err(ProofProblem::Shape),
        (true, false) => Err(ProofProblem::Root),
        (true, true) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Tree, cut, leaf_hash};
    use super::*;
    use serde_json::Value;

    const LOGS: [(&str, &[&[u8]]); 2] = [
        (
            include_str!("../../vectors/tlog/vec3/meta.json"),
            &[include_bytes!(
                "../../vectors/tlog/vec3/tile/entries/000.p/3"
            )],
        ),
        (
            include_str!("../../vectors/tlog/vec257/meta.json"),
            &[
                include_bytes!("../../vectors/tlog/vec257/tile/entries/000"),
                include_bytes!("../../vectors/tlog/vec257/tile/entries/001.p/1"),
            ],
        ),
    ];

    /// Entries are u16 length || bytes.
    fn entries(bundles: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        let mut rest = bundles.concat();
        while !rest.is_empty() {
            let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            entries.push(rest[2..2 + length].to_vec());
            rest.drain(..2 + length);
        }
        entries
    }

    fn path(value: &Value) -> Vec<Digest> {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn trees_and_proofs_are_those_that_go_accepted() {
        for (meta, bundles) in LOGS {
            let meta: Value = serde_json::from_str(meta).unwrap();
            let number = |name: &str| meta[name].as_u64().unwrap();
            let digest = |name: &str| meta[name].as_str().unwrap().parse::<Digest>().unwrap();
            let entries = entries(bundles);
            let tree = Tree::from_leaves(entries.iter().map(|entry| leaf_hash(entry)));
            assert_eq!(tree.size(), number("size"));
            assert_eq!(tree.root(), digest("root"));
            assert_eq!(cut::root(&tree, number("old")), Some(digest("old_root")));
            let leaf = leaf_hash(meta["leaf"].as_str().unwrap().as_bytes());
            let inclusion = tree.inclusion(number("index"), number("size")).unwrap();
            assert_eq!(inclusion.path, path(&meta["incl"]));
            assert_eq!(inclusion.verify(&leaf, &tree.root()), Ok(()));
            let consistency = tree.consistency(number("old"), number("size")).unwrap();
            assert_eq!(consistency.path, path(&meta["cons"]));
            assert_eq!(
                consistency.verify(&digest("old_root"), &tree.root()),
                Ok(())
            );
        }
    }
}
