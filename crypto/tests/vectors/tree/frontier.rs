//! `tree/frontier.json`: a tree that grows, leaf by leaf, and goes on from what was
//! stored.

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::{Frontier, leaf_hash};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `accepted` or `refused`.
    expect: String,
    /// The frontier as it was stored.
    frontier: Value,
    /// Its root, where it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<Digest>,
    /// What is appended, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The bytes of the leaf, in UTF-8.
    shell: String,
    leaf: Digest,
    /// The frontier afterwards, and its root.
    frontier: Value,
    root: Digest,
}

#[test]
#[ignore = "writes the vectors"]
fn write_frontier_vectors() {
    let node = |n: usize| Digest::of(format!("node {n}").as_bytes());
    let nodes = |count| (0..count).map(node).collect::<Vec<_>>();
    let mut cases = vec![accepted(
        "from nothing",
        json!({"nodes": [], "size": 0}),
        20,
    )];
    for (name, size) in [
        ("from 1023 leaves: all nodes fold into one", 1023u64),
        ("from 1024 leaves", 1024),
        ("from 2^32 - 1 leaves", (1 << 32) - 1),
        ("from 2^53 - 2 leaves", (1 << 53) - 2),
    ] {
        let nodes = nodes(size.count_ones() as usize);
        let steps = if size < 1 << 33 { 3 } else { 1 };
        cases.push(accepted(name, json!({"nodes": nodes, "size": size}), steps));
    }
    for (name, frontier) in [
        (
            "a node without leaves",
            json!({"nodes": nodes(1), "size": 0}),
        ),
        ("no node of one leaf", json!({"nodes": [], "size": 1})),
        (
            "two nodes of two leaves",
            json!({"nodes": nodes(2), "size": 2}),
        ),
        (
            "one node of three leaves",
            json!({"nodes": nodes(1), "size": 3}),
        ),
        (
            "a member too many",
            json!({"nodes": [], "root": node(0), "size": 0}),
        ),
        (
            "a node in capitals",
            json!({"nodes": [node(0).to_string().to_uppercase()], "size": 1}),
        ),
        (
            "a node of 31 bytes",
            json!({"nodes": [&node(0).to_string()[2..]], "size": 1}),
        ),
        ("a negative size", json!({"nodes": [], "size": -1})),
        ("no size", json!({"nodes": []})),
    ] {
        cases.push(Case {
            name: name.into(),
            expect: "refused".into(),
            frontier,
            root: None,
            steps: vec![],
        });
    }
    write("tree/frontier.json", &cases);
}

fn accepted(name: &str, stored: Value, steps: usize) -> Case {
    let mut frontier: Frontier = serde_json::from_value(stored.clone()).unwrap();
    let root = Some(frontier.root());
    let steps = (0..steps).map(|n| {
        let shell = format!("{{\"seq\":{}}}", n + 1);
        let leaf = leaf_hash(shell.as_bytes());
        frontier.append(leaf);
        Step {
            shell,
            leaf,
            frontier: serde_json::to_value(&frontier).unwrap(),
            root: frontier.root(),
        }
    });
    Case {
        name: name.into(),
        expect: "accepted".into(),
        frontier: stored,
        root,
        steps: steps.collect(),
    }
}

#[test]
fn frontiers_have_the_outcome_that_their_vector_names() {
    for case in read::<Case>("tree/frontier.json") {
        let stored = serde_json::from_value::<Frontier>(case.frontier);
        assert_eq!(stored.is_ok(), case.expect == "accepted", "{}", case.name);
        let Ok(mut frontier) = stored else {
            continue;
        };
        assert_eq!(Some(frontier.root()), case.root, "{}", case.name);
        for step in case.steps {
            let size = frontier.size();
            assert_eq!(leaf_hash(step.shell.as_bytes()), step.leaf, "{}", case.name);
            assert_eq!(frontier.append(step.leaf), size);
            assert_eq!(serde_json::to_value(&frontier).unwrap(), step.frontier);
            assert_eq!(frontier.root(), step.root, "{}", case.name);
        }
    }
}
