//! Merkle trees of RFC 6962, section 2.1, over SHA-256
//! (docs/spec/tree.md).
//!
//! leaf = H(0x00 || data), node = H(0x01 || left || right), empty tree = H("").

pub mod cut;
mod frontier;
mod proof;
mod tree;

pub use frontier::{Frontier, NotAFrontier};
pub use proof::{ConsistencyProof, InclusionProof, ProofProblem};
pub use tree::Tree;

use crate::digest::Digest;

/// The hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], data])
}

/// The hash of an inner node.
fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of the tree without leaves.
fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The largest power of two smaller than `size`, where a tree of `size` leaves
/// is split; `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, as the RFC writes it.
    fn root_by_definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn small_roots_are_those_of_other_implementations() {
        assert_eq!(
            empty_root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_and_no_other() {
        let all = leaves(40);
        let tree = Tree::from_leaves(all.iter().copied());
        let mut frontier = Frontier::new();
        for size in 0..=40u64 {
            let root = root_by_definition(&all[..size as usize]);
            assert_eq!(cut::root(&tree, size), Some(root));
            assert_eq!(frontier.root(), root);
            assert_eq!(frontier.size(), size);
            for index in 0..size {
                let proof = tree.inclusion(index, size).unwrap();
                assert_eq!(proof.verify(&all[index as usize], &root), Ok(()));
                for wrong in 0..size {
                    if wrong != index {
                        let moved = InclusionProof {
                            index: wrong,
                            ..proof.clone()
                        };
                        assert!(moved.verify(&all[index as usize], &root).is_err());
                        assert!(proof.verify(&all[wrong as usize], &root).is_err());
                    }
                }
            }
            assert_eq!(tree.inclusion(size, size), None);
            for old in 0..=size {
                let old_root = cut::root(&tree, old).unwrap();
                let proof = tree.consistency(old, size).unwrap();
                assert_eq!(proof.verify(&old_root, &root), Ok(()));
                if old != size && old != 0 {
                    assert!(proof.verify(&root, &root).is_err());
                    assert!(proof.verify(&old_root, &old_root).is_err());
                }
            }
            if size < 40 {
                frontier.append(all[size as usize]);
            }
        }
        assert_eq!(cut::root(&tree, 41), None);
        assert_eq!(tree.consistency(3, 41), None);
        assert_eq!(tree.consistency(4, 3), None);
    }

    proptest! {
        #[test]
        fn an_altered_proof_never_holds(
            size in 1u64..600, index in any::<u64>(), old in any::<u64>(),
            change in 0usize..4, at in any::<usize>(), bit in 0usize..256,
        ) {
            let index = index % size;
            let old = 1 + old % size;
            let all = leaves(size);
            let tree = Tree::from_leaves(all.iter().copied());
            let root = tree.root();
            let alter = |path: &mut Vec<Digest>| match change {
                0 if !path.is_empty() => { let at = at % path.len(); path.remove(at); }
                1 => path.push(leaf_hash(b"more")),
                2 => path.insert(at % (path.len() + 1), leaf_hash(b"more")),
                _ if !path.is_empty() => {
                    let at = at % path.len();
                    let mut bytes = path[at].into_bytes();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    path[at] = Digest::from_bytes(bytes);
                }
                _ => path.push(root),
            };
            let mut inclusion = tree.inclusion(index, size).unwrap();
            prop_assert_eq!(inclusion.verify(&all[index as usize], &root), Ok(()));
            alter(&mut inclusion.path);
            prop_assert!(inclusion.verify(&all[index as usize], &root).is_err());
            let old_root = cut::root(&tree, old).unwrap();
            let mut consistency = tree.consistency(old, size).unwrap();
            prop_assert_eq!(consistency.verify(&old_root, &root), Ok(()));
            alter(&mut consistency.path);
            prop_assert!(consistency.verify(&old_root, &root).is_err());
        }

        #[test]
        fn hostile_proofs_are_refused_without_harm(
            index in any::<u64>(), size in any::<u64>(), old in any::<u64>(),
            path in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
        ) {
            let path: Vec<Digest> = path.into_iter().map(Digest::from_bytes).collect();
            let leaf = leaf_hash(b"x");
            let inclusion = InclusionProof { index, size, path: path.clone() };
            prop_assert!(inclusion.verify(&leaf, &leaf_hash(b"y")).is_err());
            let consistency = ConsistencyProof { old, size, path };
            prop_assert!(consistency.verify(&leaf, &leaf_hash(b"y")).is_err());
        }
    }
}
