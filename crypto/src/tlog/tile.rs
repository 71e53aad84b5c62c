//! Tiles and entry bundles (c2sp.org/tlog-tiles): a log as files that never
//! change.

use std::fmt;
use std::str::FromStr;

use super::text::decimal;
use crate::digest::Digest;
use crate::merkle::cut::{self, Nodes};

/// How many hashes a full tile has, and how many entries a full bundle.
pub const WIDTH: u64 = 256;

/// A run of hashes: hash `i` of the tile is the root over the `256^level`
/// leaves from `(index * 256 + i) * 256^level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// 0 for leaf hashes; each level above has the roots of full tiles below.
    pub level: u8,
    /// Which tile of the level, from 0.
    pub index: u64,
    /// How many hashes there are, 1 to 256; fewer than 256 make a partial tile.
    pub width: u16,
}

impl Tile {
    /// The tile in which a log of `size` entries keeps hash `at` of a level, as
    /// wide as it is at that size; `None` when there is no such hash.
    fn holding(level: u8, at: u64, size: u64) -> Option<Self> {
        let index = at / WIDTH;
        let hashes = hashes(level, size);
        let width = hashes.saturating_sub(index * WIDTH).min(WIDTH);
        (at < hashes).then_some(Self {
            level,
            index,
            width: u16::try_from(width).ok()?,
        })
    }

    /// The tiles that a log of `size` entries has and one of `old` had not, or
    /// not as wide; level by level, in ascending order.
    pub fn added(old: u64, size: u64) -> impl Iterator<Item = Self> {
        (0..8u8).flat_map(move |level| {
            let (before, now) = (hashes(level, old), hashes(level, size));
            let from = if now > before { before / WIDTH } else { now };
            (from..now.div_ceil(WIDTH))
                .filter_map(move |index| Self::holding(level, index * WIDTH, size))
        })
    }

    /// The tile's bytes, 32 for each hash, from wherever the nodes are kept.
    pub fn bytes(&self, nodes: &impl Nodes) -> Option<Vec<u8>> {
        let first = self.index * WIDTH;
        let mut bytes = Vec::with_capacity(usize::from(self.width) * 32);
        for at in first..first + u64::from(self.width) {
            let node = nodes.node(u32::from(self.level) * 8, at)?;
            bytes.extend_from_slice(node.as_bytes());
        }
        Some(bytes)
    }

    /// Where the tile is under a log's prefix.
    pub fn path(&self) -> TilePath {
        TilePath {
            entries: false,
            tile: *self,
        }
    }

    /// Where the entries are whose hashes a tile of level 0 has.
    pub fn entries(&self) -> TilePath {
        TilePath {
            entries: true,
            tile: Self { level: 0, ..*self },
        }
    }
}

/// How many hashes a level has: full tiles below it count, partial ones do not.
fn hashes(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0)
}

/// The path of a tile, `tile/<L>/<N>[.p/<W>]`, or of a bundle,
/// `tile/entries/<N>[.p/<W>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    /// Whether it is the bundle of the entries under the tile of level 0.
    pub entries: bool,
    /// The tile.
    pub tile: Tile,
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tile {
            level,
            index,
            width,
        } = self.tile;
        if self.entries {
            f.write_str("tile/entries/")?;
        } else {
            write!(f, "tile/{level}/")?;
        }
        let digits = index.to_string();
        let long = digits.len().div_ceil(3) * 3;
        let digits = format!("{digits:0>long$}");
        for at in (0..digits.len()).step_by(3) {
            let group = &digits[at..at + 3];
            if at + 3 < digits.len() {
                write!(f, "x{group}/")?;
            } else {
                f.write_str(group)?;
            }
        }
        if u64::from(width) < WIDTH {
            write!(f, ".p/{width}")?;
        }
        Ok(())
    }
}

/// Not the path of a tile or bundle, in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile (c2sp.org/tlog-tiles)")]
pub struct NotATilePath;

impl FromStr for TilePath {
    type Err = NotATilePath;

    fn from_str(path: &str) -> Result<Self, NotATilePath> {
        read_path(path)
            .filter(|read| read.to_string() == path)
            .ok_or(NotATilePath)
    }
}

fn read_path(path: &str) -> Option<TilePath> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        None => (rest, WIDTH),
        Some((index, width)) => (index, decimal(width).filter(|w| (1..WIDTH).contains(w))?),
    };
    let mut digits = String::new();
    for group in index.split('/') {
        digits.push_str(group.strip_prefix('x').unwrap_or(group));
    }
    let entries = level == "entries";
    let tile = Tile {
        level: if entries {
            0
        } else {
            level.parse().ok().filter(|level| *level < 64)?
        },
        index: digits.parse().ok()?,
        width: u16::try_from(width).ok()?,
    };
    Some(TilePath { entries, tile })
}

/// The nodes of a log of `size` entries whose tiles `read` knows. What it gives
/// is believed as it is: who did not write the tiles compares the root with a
/// checkpoint ([`cut::root`]) and checks the proofs that were cut.
pub struct TileNodes<R> {
    size: u64,
    read: R,
}

impl<R: Fn(Tile) -> Option<Vec<u8>>> TileNodes<R> {
    /// Reads tiles of a log by `read`, as wide as the size makes them.
    pub fn new(size: u64, read: R) -> Self {
        Self { size, read }
    }
}

impl<R: Fn(Tile) -> Option<Vec<u8>>> Nodes for TileNodes<R> {
    fn node(&self, level: u32, index: u64) -> Option<Digest> {
        let (row, height) = (u8::try_from(level / 8).ok()?, level % 8);
        let count = 1usize << height;
        let first = index.checked_mul(count as u64)?;
        let tile = Tile::holding(row, first + count as u64 - 1, self.size)?;
        let bytes = (self.read)(tile)?;
        if bytes.len() != usize::from(tile.width) * 32 {
            return None;
        }
        let at = usize::try_from(first % WIDTH).ok()? * 32;
        let hashes = bytes.get(at..at + count * 32)?;
        let hashes = hashes.chunks_exact(32).map(|hash| {
            Digest::from_bytes(hash.try_into().expect("chunks of 32 bytes are 32 bytes"))
        });
        let below = crate::merkle::Tree::from_leaves(hashes);
        cut::root(&below, count as u64)
    }
}

/// A bundle: u16 length || entry, one after the other; `None` when an entry is
/// longer than its u16 length can say.
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).ok()?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Some(bundle)
}

/// The entries of a bundle; `None` when it ends within one, or has more than
/// 256.
pub fn bundle_entries(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bundle = rest;
    }
    (entries.len() as u64 <= WIDTH).then_some(entries)
}
