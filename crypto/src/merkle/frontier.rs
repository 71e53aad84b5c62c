//! The right edge of a growing tree: all that is needed to append and to know
//! the root.

use serde::{Deserialize, Serialize};

use super::{empty_root, node_hash};
use crate::digest::Digest;

/// The roots of the complete subtrees that make up a tree, largest first: one
/// for each bit set in the size.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Frontier {
    size: u64,
    nodes: Vec<Digest>,
}

/// A stored frontier whose nodes do not go with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frontier has one node for each bit set in its size")]
pub struct NotAFrontier;

impl Frontier {
    /// The frontier of the tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash ([`super::leaf_hash`]); returns its index.
    pub fn append(&mut self, leaf: Digest) -> u64 {
        let index = self.size;
        let mut node = leaf;
        for _ in 0..index.trailing_ones() {
            let left = self
                .nodes
                .pop()
                .expect("there is a node for each bit of the size");
            node = node_hash(&left, &node);
        }
        self.nodes.push(node);
        self.size += 1;
        index
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else {
            return empty_root();
        };
        nodes.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    size: u64,
    nodes: Vec<Digest>,
}

impl TryFrom<Stored> for Frontier {
    type Error = NotAFrontier;

    fn try_from(stored: Stored) -> Result<Self, NotAFrontier> {
        if stored.nodes.len() == stored.size.count_ones() as usize && stored.size < u64::MAX {
            Ok(Self {
                size: stored.size,
                nodes: stored.nodes,
            })
        } else {
            Err(NotAFrontier)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::leaf_hash;
    use super::*;

    #[test]
    fn a_stored_frontier_goes_on_where_it_was() {
        let mut whole = Frontier::new();
        let mut stored = Frontier::new();
        for n in 0..100u64 {
            let leaf = leaf_hash(&n.to_be_bytes());
            assert_eq!(whole.append(leaf), n);
            let json = serde_json::to_string(&stored).unwrap();
            stored = serde_json::from_str(&json).unwrap();
            stored.append(leaf);
            assert_eq!(stored.root(), whole.root());
        }
    }

    #[test]
    fn a_frontier_with_nodes_too_many_or_few_is_refused() {
        let node = leaf_hash(b"");
        for (size, count) in [(0, 1), (1, 0), (2, 2), (3, 1)] {
            let nodes = vec![node; count];
            let json = serde_json::json!({ "size": size, "nodes": nodes });
            assert!(serde_json::from_value::<Frontier>(json).is_err());
        }
    }
}
