//! The public log and its witnesses.

use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::{Anchor, AnchorSalt};
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::merkle::{Tree, leaf_hash};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::tlog::{Checkpoint, LogKey, LogProof, SignedNote, WitnessKey};

use crate::cast::platform_key;

pub const ORIGIN: &str = "kaibiao.example";

/// The log, with all that was ever put in.
pub struct Log {
    key: PlatformKey,
    witnesses: Vec<PlatformKey>,
    /// How many of them cosign.
    pub signing: usize,
    tree: Tree,
}

impl Log {
    pub fn new() -> Self {
        let mut log = Self {
            key: platform_key("log"),
            witnesses: (1..=3)
                .map(|n| platform_key(&format!("witness {n}")))
                .collect(),
            signing: 2,
            tree: Tree::default(),
        };
        log.put(b"{\"kind\":\"of somebody else\"}");
        log
    }

    pub fn vkey(&self) -> String {
        LogKey::new(ORIGIN.parse().unwrap(), self.key.public_key()).to_string()
    }

    pub fn vkeys(&self) -> Vec<String> {
        (1..)
            .zip(&self.witnesses)
            .map(|(n, key)| WitnessKey::new(name(n), key.public_key()).to_string())
            .collect()
    }

    /// Puts an entry in; its place.
    pub fn put(&mut self, entry: &[u8]) -> u64 {
        self.tree.append(leaf_hash(entry));
        self.tree.size() - 1
    }

    /// The head, cosigned at this second.
    pub fn checkpoint(&self, second: u64) -> SignedNote {
        let checkpoint = Checkpoint {
            origin: ORIGIN.parse().unwrap(),
            size: self.tree.size(),
            root: self.tree.root(),
        };
        let mut note = checkpoint.sign(&self.key).unwrap();
        for (n, key) in (1..).zip(&self.witnesses).take(self.signing) {
            let line = WitnessKey::sign(name(n), key, second, note.text()).unwrap();
            note.add(line);
        }
        note
    }

    pub fn path(&self, index: u64) -> Vec<Digest> {
        self.tree.inclusion(index, self.tree.size()).unwrap().path
    }

    pub fn proof(&self, index: u64, second: u64) -> String {
        LogProof {
            extra: None,
            index,
            path: self.path(index),
            note: self.checkpoint(second),
        }
        .to_string()
    }
}

fn name(n: u32) -> kaibiao_crypto::tlog::KeyName {
    format!("witness.example/{n}").parse().unwrap()
}

/// The anchor of a tree, with a salt of its own.
pub fn anchor(project: &str, tick: u64, size: u64, root: Digest) -> Anchor {
    let salt = Digest::of(format!("anchor salt {tick}").as_bytes());
    Anchor {
        root,
        salt: AnchorSalt(salt.into_bytes()),
        size,
        stream: project.to_owned(),
        tick,
    }
}

pub fn key_of(key: &PlatformKey) -> String {
    to_base64(key.public_key().as_bytes())
}
