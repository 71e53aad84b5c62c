use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::digest::Digest;
use crate::merkle::cut::{self, Nodes as _};
use crate::merkle::{Tree, leaf_hash};
use crate::platform_key::PlatformKey;
use crate::test_rng::TestRng;

/// A log that golang.org/x/mod/sumdb wrote, accepted and cosigned.
struct Vector {
    meta: &'static str,
    checkpoint: &'static str,
    request: &'static str,
    proof: &'static str,
    tiles: &'static [(&'static str, &'static [u8])],
}

macro_rules! written {
    ($($path:literal),*) => { &[$(($path, include_bytes!(concat!("../../vectors/tlog/", $path)))),*] };
}

macro_rules! vector {
    ($name:literal, $tiles:expr) => {
        Vector {
            meta: include_str!(concat!("../../vectors/tlog/", $name, "/meta.json")),
            checkpoint: include_str!(concat!("../../vectors/tlog/", $name, "/checkpoint")),
            request: include_str!(concat!("../../vectors/tlog/", $name, "/add-checkpoint.req")),
            proof: include_str!(concat!("../../vectors/tlog/", $name, "/proof.tlog-proof")),
            tiles: $tiles,
        }
    };
}

const VECTORS: [Vector; 2] = [
    vector!(
        "vec3",
        written!("vec3/tile/0/000.p/3", "vec3/tile/entries/000.p/3")
    ),
    vector!(
        "vec257",
        written!(
            "vec257/tile/0/000",
            "vec257/tile/0/001.p/1",
            "vec257/tile/1/000.p/1",
            "vec257/tile/entries/000",
            "vec257/tile/entries/001.p/1"
        )
    ),
];

impl Vector {
    fn meta(&self, name: &str) -> Value {
        serde_json::from_str::<Value>(self.meta).unwrap()[name].clone()
    }

    fn text(&self, name: &str) -> String {
        self.meta(name).as_str().unwrap().to_owned()
    }

    fn number(&self, name: &str) -> u64 {
        self.meta(name).as_u64().unwrap()
    }

    fn digest(&self, name: &str) -> Digest {
        self.text(name).parse().unwrap()
    }

    fn log(&self) -> LogKey {
        self.text("log_vkey").parse().unwrap()
    }

    fn policy(&self, quorum: usize) -> Policy {
        let witness = self.text("witness_vkey").parse().unwrap();
        Policy::new(self.log(), vec![witness], quorum).unwrap()
    }

    /// Files by their path under the log's prefix.
    fn files(&self) -> BTreeMap<&str, &[u8]> {
        let under = |(path, bytes): &(&'static str, &'static [u8])| {
            (path.split_once('/').unwrap().1, *bytes)
        };
        self.tiles.iter().map(under).collect()
    }

    fn entries(&self) -> Vec<&[u8]> {
        let files = self.files();
        let size = self.number("size");
        let tiles = Tile::added(0, size).filter(|tile| tile.level == 0);
        tiles
            .flat_map(|tile| bundle_entries(files[&*tile.entries().to_string()]).unwrap())
            .collect()
    }
}

#[test]
fn what_go_wrote_is_read_believed_and_written_again() {
    for vector in VECTORS {
        let key = vector.text("log_vkey");
        assert_eq!(key.parse::<LogKey>().unwrap().to_string(), key);
        assert!(key.parse::<WitnessKey>().is_err());
        let note: SignedNote = vector.checkpoint.parse().unwrap();
        assert_eq!(note.to_string(), vector.checkpoint);
        let cosigned = vector.policy(1).open(&note).unwrap();
        assert_eq!(cosigned.checkpoint().size, vector.number("size"));
        assert_eq!(cosigned.checkpoint().root, vector.digest("root"));
        assert_eq!(cosigned.checkpoint().to_string(), note.text());
        assert_eq!(cosigned.times(), [0x6921_73c0]);

        let proof: LogProof = vector.proof.parse().unwrap();
        assert_eq!(proof.to_string(), vector.proof);
        let leaf = leaf_hash(vector.text("leaf").as_bytes());
        assert_eq!(proof.verify(&leaf, &vector.policy(1)), Ok(cosigned));

        let request: AddCheckpoint = vector.request.parse().unwrap();
        assert_eq!(request.to_string(), vector.request);
        let seen = Seen {
            size: vector.number("old"),
            root: vector.digest("old_root"),
        };
        let judged = judge(&request, &vector.log(), Some(seen)).unwrap();
        assert_eq!(judged.root, vector.digest("root"));
    }
}

#[test]
fn the_files_of_a_log_are_those_that_go_wrote() {
    for vector in VECTORS {
        let entries = vector.entries();
        let tree = Tree::from_leaves(entries.iter().map(|entry| leaf_hash(entry)));
        let mut written = BTreeMap::new();
        for tile in Tile::added(0, tree.size()) {
            written.insert(tile.path().to_string(), tile.bytes(&tree).unwrap());
            if tile.level == 0 {
                let from = usize::try_from(tile.index * WIDTH).unwrap();
                let those = &entries[from..from + usize::from(tile.width)];
                let bytes = bundle(those.iter().copied()).unwrap();
                written.insert(tile.entries().to_string(), bytes);
            }
        }
        let files = vector.files();
        assert!(written.keys().eq(files.keys()), "{:?}", written.keys());
        for (path, bytes) in written {
            assert_eq!(bytes, files[&*path], "{path}");
            assert_eq!(path.parse::<TilePath>().unwrap().to_string(), path);
        }
    }
}

#[test]
fn paths_have_one_spelling() {
    let tile = |level, index, width| Tile {
        level,
        index,
        width,
    };
    for (tile, path) in [
        (tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (tile(1, 0, 17), "tile/1/000.p/17"),
        (tile(2, 999, 1), "tile/2/999.p/1"),
        (tile(0, 1000, 256), "tile/0/x001/000"),
    ] {
        assert_eq!(tile.path().to_string(), path);
        assert_eq!(path.parse::<TilePath>().unwrap().tile, tile);
    }
    for other in [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/64/000",
        "tile/0/../000",
        "tile/0/+01",
        "tile/0/x001/000/",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "/tile/0/000",
        "tile/entries/00a",
    ] {
        assert!(other.parse::<TilePath>().is_err(), "{other}");
    }
}

/// A log and a witness of the tests.
struct World {
    log: PlatformKey,
    witness: PlatformKey,
}

const LOG: &str = "log.example.cn/2026";
const WITNESS: &str = "witness.example.cn/w1";
const TIME: u64 = 1_795_000_000;

impl World {
    fn new() -> Self {
        let mut rng = TestRng::new("log");
        let mut key = || PlatformKey::generate(&mut rng).0;
        Self {
            log: key(),
            witness: key(),
        }
    }

    fn log(&self) -> LogKey {
        LogKey::new(LOG.parse().unwrap(), self.log.public_key())
    }

    fn witness(&self, name: &str) -> WitnessKey {
        WitnessKey::new(name.parse().unwrap(), self.witness.public_key())
    }

    fn checkpoint(&self, tree: &Tree) -> Checkpoint {
        Checkpoint {
            origin: LOG.parse().unwrap(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    fn note(&self, tree: &Tree) -> SignedNote {
        self.checkpoint(tree).sign(&self.log).unwrap()
    }

    fn cosign(&self, time: u64, note: &mut SignedNote) {
        let name = WITNESS.parse().unwrap();
        let line = WitnessKey::sign(name, &self.witness, time, note.text()).unwrap();
        note.add(line);
    }
}

fn tree(size: u64) -> Tree {
    Tree::from_leaves((0..size).map(|n| leaf_hash(&n.to_be_bytes())))
}

#[test]
fn a_quorum_counts_each_key_once_and_only_those_it_names() {
    let world = World::new();
    let policy = |quorum| Policy::new(world.log(), vec![world.witness(WITNESS)], quorum).unwrap();
    let mut note = world.note(&tree(7));
    assert!(policy(0).open(&note).is_ok());
    let missing = Err(Untrusted::Quorum {
        signed: 0,
        quorum: 1,
    });
    assert_eq!(policy(1).open(&note), missing);
    world.cosign(TIME, &mut note);
    world.cosign(TIME + 5, &mut note);
    assert_eq!(policy(1).open(&note).unwrap().times(), [TIME + 5]);
    // The same line twice is one cosignature.
    let line = note.to_string().lines().last().unwrap().to_owned() + "\n";
    let doubled: SignedNote = format!("{note}{line}").parse().unwrap();
    assert_eq!(policy(1).open(&doubled).unwrap().times(), [TIME + 5]);
    // A stranger's line is passed over, under a known name too.
    let mut rng = TestRng::new("stranger");
    let stranger = PlatformKey::generate(&mut rng).0;
    let mut foreign = world.note(&tree(7));
    let name = WITNESS.parse().unwrap();
    foreign.add(WitnessKey::sign(name, &stranger, TIME, foreign.text()).unwrap());
    assert_eq!(policy(1).open(&foreign), missing);
    assert!(policy(0).open(&foreign).is_ok());

    let twice = vec![world.witness(WITNESS), world.witness("w2")];
    assert_eq!(
        Policy::new(world.log(), twice, 2),
        Err(PolicyProblem::SameKey)
    );
    let own = WitnessKey::new(WITNESS.parse().unwrap(), world.log.public_key());
    let own = Policy::new(world.log(), vec![own], 1);
    assert_eq!(own, Err(PolicyProblem::SameKey));
    let beyond = Policy::new(world.log(), vec![], 1);
    assert_eq!(beyond, Err(PolicyProblem::Quorum));
}

#[test]
fn a_kept_note_has_one_form() {
    let world = World::new();
    let mut rng = TestRng::new("another");
    let another = PlatformKey::generate(&mut rng).0;
    let second = WitnessKey::new("w2".parse().unwrap(), another.public_key());
    let policy = Policy::new(world.log(), vec![second, world.witness(WITNESS)], 1).unwrap();
    let plain = world.note(&tree(7));
    let mut note = plain.clone();
    world.cosign(TIME, &mut note);
    let one = note.clone();
    let line = |time| {
        WitnessKey::sign("w2".parse().unwrap(), &another, time, plain.text())
            .unwrap()
            .to_string()
    };
    let stranger = TestRng::new("stranger");
    let stranger = PlatformKey::generate(&mut { stranger }).0;
    let name = "w3".parse().unwrap();
    note.add(WitnessKey::sign(name, &stranger, TIME, note.text()).unwrap());
    // The second witness twice, at times of which the later one counts.
    let note = format!("{note}{}{}", line(TIME + 1), line(TIME));
    let note: SignedNote = note.parse().unwrap();
    let (normal, count) = policy.normal(&note, TIME).unwrap();
    let expected = one.to_string();
    let at = expected.rfind('\u{2014}').unwrap();
    let expected = format!("{}{}{}", &expected[..at], line(TIME + 1), &expected[at..]);
    assert_eq!((normal.to_string(), count), (expected, 2));
    assert_eq!(policy.normal(&normal, TIME), Ok((normal.clone(), 2)));
    // What was cosigned too early is left out.
    assert_eq!(policy.normal(&note, TIME + 2), Ok((plain.clone(), 0)));
    let foreign = world.checkpoint(&tree(7)).sign(&another).unwrap();
    assert_eq!(policy.normal(&foreign, 0), Err(Untrusted::Unsigned));
}

#[test]
fn another_logs_checkpoint_is_not_believed() {
    let world = World::new();
    let policy = Policy::new(world.log(), vec![], 0).unwrap();
    let note = world.note(&tree(3));
    let other = LogKey::new("other".parse().unwrap(), world.log.public_key());
    let other = Policy::new(other, vec![], 0).unwrap();
    assert_eq!(other.open(&note), Err(Untrusted::Origin));
    // The witness's key under the log's name is not the log's key.
    let forged = world.checkpoint(&tree(3)).sign(&world.witness).unwrap();
    assert_eq!(policy.open(&forged), Err(Untrusted::Unsigned));
}

#[test]
fn notes_of_another_form_are_not_read() {
    let note = World::new().note(&tree(3)).to_string();
    let (text, line) = note.rsplit_once("\n\n").unwrap();
    for other in [
        String::new(),
        text.to_owned(),
        format!("{text}\n\n"),
        format!("{text}\n{line}"),
        note.trim_end().to_owned(),
        format!("{note}\n"),
        note.replace('\u{2014}', "-"),
        note.replace('\n', "\r\n"),
        format!("{text}\0\n\n{line}"),
        format!("{text}\n\n\u{2014} name AAAA\n"),
        format!("{text}\n\n\u{2014} na+me AAAAAAA=\n"),
        format!("{text}\n\n\u{2014} name AAAAAAB=\n"),
        format!("{text}\n\n\u{2014} name  AAAAAAA=\n"),
        format!("{text}\n\n{}", line.repeat(101)),
    ] {
        assert!(other.parse::<SignedNote>().is_err(), "{other:?}");
    }
    assert!(
        format!("{text}\n\n{}", line.repeat(100))
            .parse::<SignedNote>()
            .is_ok()
    );
}

#[test]
fn checkpoints_have_one_spelling() {
    let text = World::new().checkpoint(&tree(30)).to_string();
    assert!(text.parse::<Checkpoint>().is_ok());
    for other in [
        text.replace("30", "030"),
        text.replace("30", "+30"),
        text.replace("30", ""),
        text.replace("30", "9223372036854775808"),
        format!("{text}extension\n"),
        format!("{text}\n"),
        text.replacen(LOG, "", 1),
        text.replace("=\n", "\n"),
        text.trim_end().to_owned(),
    ] {
        assert!(other.parse::<Checkpoint>().is_err(), "{other:?}");
    }
}

#[test]
fn a_witness_never_goes_back_nor_aside() {
    let world = World::new();
    let (old, new) = (tree(5), tree(9));
    let seen = Some(Seen {
        size: 5,
        root: old.root(),
    });
    let request = |from: u64, tree: &Tree| AddCheckpoint {
        old: from,
        path: tree.consistency(from, tree.size()).unwrap().path,
        note: world.note(tree),
    };
    let judged = |request: &AddCheckpoint, seen| judge(request, &world.log(), seen);
    assert!(judged(&request(0, &old), None).is_ok());
    assert!(judged(&request(5, &new), seen).is_ok());
    assert!(judged(&request(5, &old), seen).is_ok());
    assert_eq!(judged(&request(3, &new), seen), Err(Refused::Conflict(5)));
    assert_eq!(judged(&request(0, &new), seen), Err(Refused::Conflict(5)));
    assert_eq!(judged(&request(5, &new), None), Err(Refused::Conflict(0)));
    assert_eq!(
        judged(&request(3, &tree(4)), seen),
        Err(Refused::Conflict(5))
    );

    let mut smaller = request(4, &tree(4));
    smaller.old = 5;
    assert_eq!(judged(&smaller, seen), Err(Refused::Malformed));
    let other = Tree::from_leaves((0..9u64).map(|n| leaf_hash(&[7, n as u8])));
    assert_eq!(
        judged(&request(5, &other), seen),
        Err(Refused::Inconsistent)
    );
    let other = Tree::from_leaves((0..5u64).map(|n| leaf_hash(&[7, n as u8])));
    assert_eq!(
        judged(&request(5, &other), seen),
        Err(Refused::Inconsistent)
    );
    let mut long = request(0, &old);
    long.path.push(old.root());
    assert_eq!(judged(&long, None), Err(Refused::Inconsistent));
    let mut empty = world.checkpoint(&tree(0));
    let of = |checkpoint: &Checkpoint| AddCheckpoint {
        old: 0,
        path: vec![],
        note: checkpoint.sign(&world.log).unwrap(),
    };
    assert!(judged(&of(&empty), None).is_ok());
    empty.root = old.root();
    assert_eq!(judged(&of(&empty), None), Err(Refused::Inconsistent));

    // What follows an empty line is the note, and this one is no checkpoint.
    let early = request(5, &new).to_string().replacen("=\n", "=\n\n", 1);
    let early = judged(&early.parse().unwrap(), seen);
    assert_eq!(early, Err(Refused::Malformed));

    let mut forged = request(5, &new);
    forged.note = world.checkpoint(&new).sign(&world.witness).unwrap();
    assert_eq!(judged(&forged, seen), Err(Refused::Unsigned));
    let foreign = LogKey::new("other".parse().unwrap(), world.log.public_key());
    let foreign = judge(&request(5, &new), &foreign, seen);
    assert_eq!(foreign, Err(Refused::UnknownLog));
}

#[test]
fn requests_and_proofs_have_one_form() {
    for vector in VECTORS {
        let (request, proof) = (vector.request, vector.proof);
        for other in [
            request.replacen("old ", "old  ", 1),
            request.replacen("old ", "old 0", 1),
            request.replacen("old ", "new ", 1),
            request.replacen("=\n", "=\r\n", 1),
            format!("\n{request}"),
            format!("old 1\n{}\n{request}", "AAAA\n".repeat(3)),
        ] {
            assert!(other.parse::<AddCheckpoint>().is_err(), "{other}");
        }
        for other in [
            proof.replacen("@v1", "@v2", 1),
            proof.replacen("index ", "index 0", 1),
            proof.replacen("index ", "extra AAB=\nindex ", 1),
            proof.replacen("index ", "extra \nextra \nindex ", 1),
            proof.replacen("=\n", "\n", 1),
        ] {
            assert!(other.parse::<LogProof>().is_err(), "{other}");
        }
        let extra = proof.replacen("index ", "extra AAAA\nindex ", 1);
        let read: LogProof = extra.parse().unwrap();
        assert_eq!(read.extra.as_deref(), Some(&[0, 0, 0][..]));
        assert_eq!(read.to_string(), extra);
    }
}

#[test]
fn a_proof_with_one_bit_changed_proves_nothing() {
    let [vector, _] = VECTORS;
    let leaf = leaf_hash(vector.text("leaf").as_bytes());
    let policy = vector.policy(1);
    let bytes = vector.proof.as_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = String::from_utf8(flipped).ok();
        let read = read.and_then(|text| text.parse::<LogProof>().ok());
        let holds = read.is_some_and(|proof| proof.verify(&leaf, &policy).is_ok());
        assert!(!holds, "bit {bit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Tiles written size by size answer as the whole tree does.
    #[test]
    fn tiles_are_the_tree(steps in proptest::collection::vec(1..600u64, 1..5), at in any::<u64>()) {
        let mut tree = Tree::default();
        let mut files: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
        let mut size = 0;
        for step in steps {
            for n in size..size + step {
                tree.append(leaf_hash(&n.to_be_bytes()));
            }
            for tile in Tile::added(size, size + step) {
                files.insert(tile, tile.bytes(&tree).unwrap());
            }
            let old = size;
            size += step;
            let nodes = TileNodes::new(size, |tile| files.get(&tile).cloned());
            prop_assert_eq!(cut::root(&nodes, size), Some(tree.root()));
            let index = at % size;
            prop_assert_eq!(cut::inclusion(&nodes, index, size), tree.inclusion(index, size));
            prop_assert_eq!(cut::consistency(&nodes, old, size), tree.consistency(old, size));
            prop_assert_eq!(nodes.node(0, size), None);
        }
    }

    #[test]
    fn bundles_end_where_their_entries_end(entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let bytes = bundle(entries.iter().map(Vec::as_slice)).unwrap();
        let read = bundle_entries(&bytes).unwrap();
        prop_assert!(read.iter().eq(entries.iter()));
        if !bytes.is_empty() {
            let cut = bundle_entries(&bytes[..bytes.len() - 1]);
            prop_assert_ne!(cut, Some(read));
        }
    }
}
