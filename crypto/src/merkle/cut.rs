//! Roots and proofs, cut from wherever the nodes of a tree are kept.

use super::{ConsistencyProof, InclusionProof, empty_root, node_hash, split};
use crate::digest::Digest;

/// The complete subtrees of a tree.
pub trait Nodes {
    /// The root over the `2^level` leaves from `index * 2^level`; `None` when
    /// it is not kept here.
    fn node(&self, level: u32, index: u64) -> Option<Digest>;
}

/// The root that the tree had at `size` leaves.
pub fn root(nodes: &impl Nodes, size: u64) -> Option<Digest> {
    range_root(nodes, 0, size)
}

/// Proves that the leaf at `index` is in the tree of `size` leaves (RFC 6962,
/// 2.1.1); `None` when there is no such leaf, or a node is not kept.
pub fn inclusion(nodes: &impl Nodes, index: u64, size: u64) -> Option<InclusionProof> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Some(InclusionProof { index, size, path })
}

/// Proves that the tree of `old` leaves is a prefix of that of `size` (RFC
/// 6962, 2.1.2); `None` when `old` is larger, or a node is not kept.
pub fn consistency(nodes: &impl Nodes, old: u64, size: u64) -> Option<ConsistencyProof> {
    if old > size {
        return None;
    }
    let mut path = Vec::new();
    if 0 < old && old < size {
        let (mut start, mut end) = (0, size);
        // The old tree is the left part `start..old` of what is looked at; its
        // root is known to the verifier as long as start is 0.
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                path.push(range_root(nodes, middle, end)?);
                end = middle;
            } else {
                path.push(range_root(nodes, start, middle)?);
                start = middle;
            }
        }
        if start != 0 {
            path.push(range_root(nodes, start, end)?);
        }
        path.reverse();
    }
    Some(ConsistencyProof { old, size, path })
}

/// The root over the leaves from `start` up to `end`, a range that the RFC's
/// recursion meets: its complete subtrees are aligned.
fn range_root(nodes: &impl Nodes, start: u64, end: u64) -> Option<Digest> {
    let size = end - start;
    if size == 0 {
        return Some(empty_root());
    }
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return nodes.node(level, start >> level);
    }
    let middle = start + split(size);
    Some(node_hash(
        &range_root(nodes, start, middle)?,
        &range_root(nodes, middle, end)?,
    ))
}
