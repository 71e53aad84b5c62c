//! The log's files: tiles and bundles of entries under `log` in the data directory,
//! as they are served (docs/spec/log.md, 4). They follow from the entries in the
//! store, and are made again where they are missing.
//!
//! Beside them lies a copy of the newest checkpoint, which follows from nothing: it
//! tells a store that has lost its end.

use std::fs;
use std::io;
use std::path::PathBuf;

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::cut::Nodes;
use kaibiao_crypto::merkle::{self, Tree};
use kaibiao_crypto::tlog::{Tile, TileNodes, TilePath, WIDTH, bundle};
use kaibiao_os::files::{self, Readers};

use crate::App;

/// The folder in the data directory.
const FOLDER: &str = "log";

/// The copy of the newest checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// The files of the log.
#[derive(Debug, Clone)]
pub struct Files(pub(super) PathBuf);

impl Files {
    /// Those of this service.
    pub fn of(app: &App) -> Self {
        Self(app.config.data.join(FOLDER))
    }

    /// A file's bytes; none where it does not exist.
    pub fn read(&self, path: TilePath) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.place(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The copy of the last checkpoint that was signed; none where there is none.
    pub fn checkpoint(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.0.join(CHECKPOINT)) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a checkpoint in the copy's place, durably.
    pub fn keep_checkpoint(&self, note: &str) -> io::Result<()> {
        files::directory_durably(&self.0)?;
        files::write(&self.0.join(CHECKPOINT), note.as_bytes(), Readers::Owner)
    }

    /// The nodes of the log at a size, read from its tiles.
    pub fn nodes(&self, size: u64) -> TileNodes<impl Fn(Tile) -> Option<Vec<u8>>> {
        let files = self.clone();
        TileNodes::new(size, move |tile| files.read(tile.path()).ok().flatten())
    }

    /// Writes a tile of the lowest level, and the bundle of the entries under it.
    pub fn write_entries(&self, tile: Tile, entries: &[Vec<u8>]) -> io::Result<()> {
        let bytes = bundle(entries.iter().map(Vec::as_slice));
        let bytes =
            bytes.ok_or_else(|| io::Error::other("an entry is longer than 65,535 bytes"))?;
        self.write(tile.entries(), &bytes)?;
        let hashes = entries.iter().map(|entry| merkle::leaf_hash(entry));
        let hashes: Vec<u8> = hashes.flat_map(|hash| *hash.as_bytes()).collect();
        self.write(tile.path(), &hashes)
    }

    /// Writes a tile of a higher level from the full ones below it.
    pub fn write_above(&self, tile: Tile) -> io::Result<()> {
        let missing = || io::Error::other(format!("a tile below {} is missing", tile.path()));
        let bytes = tile.bytes(&Below(self)).ok_or_else(missing)?;
        self.write(tile.path(), &bytes)
    }

    /// Removes what a full tile has made superfluous: readers take the full one.
    pub fn sweep(&self, tile: Tile) -> io::Result<()> {
        if u64::from(tile.width) < WIDTH {
            return Ok(());
        }
        let mut paths = vec![tile.path()];
        if tile.level == 0 {
            paths.push(tile.entries());
        }
        for path in paths {
            match fs::remove_dir_all(files::beside(&self.place(path), ".p")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn write(&self, path: TilePath, bytes: &[u8]) -> io::Result<()> {
        let place = self.place(path);
        if let Some(folder) = place.parent() {
            files::directory_durably(folder)?;
        }
        files::write(&place, bytes, Readers::Owner)
    }

    fn place(&self, path: TilePath) -> PathBuf {
        self.0.join(path.to_string())
    }
}

/// The nodes at the foot of each level, computed from the full tiles of the level below.
struct Below<'a>(&'a Files);

impl Nodes for Below<'_> {
    fn node(&self, level: u32, index: u64) -> Option<Digest> {
        let below = Tile {
            level: u8::try_from(level / 8).ok()?.checked_sub(1)?,
            index,
            width: 256,
        };
        let bytes = self.0.read(below.path()).ok().flatten()?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let hashes = hashes.iter().map(|hash| Digest::from_bytes(*hash));
        Some(Tree::from_leaves(hashes).root())
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_crypto::merkle::cut;

    use super::*;

    #[test]
    fn the_files_of_every_size_lead_to_the_root_over_its_entries() {
        let made = tempfile::tempdir().unwrap();
        let files = Files(made.path().join("log"));
        let entries: Vec<Vec<u8>> = (0..600u32).map(|n| n.to_be_bytes().to_vec()).collect();
        let mut tree = Tree::default();
        let mut written = 0;
        for size in [1, 2, 255, 256, 257, 512, 513, 600] {
            for tile in Tile::added(written, size) {
                if tile.level == 0 {
                    let first = usize::try_from(tile.index * WIDTH).unwrap();
                    let under = &entries[first..first + usize::from(tile.width)];
                    files.write_entries(tile, under).unwrap();
                } else {
                    files.write_above(tile).unwrap();
                }
                files.sweep(tile).unwrap();
            }
            for entry in &entries[usize::try_from(written).unwrap()..usize::try_from(size).unwrap()]
            {
                tree.append(merkle::leaf_hash(entry));
            }
            written = size;
            assert_eq!(
                cut::root(&files.nodes(size), size),
                Some(tree.root()),
                "{size}"
            );
        }
        assert!(!made.path().join("log/tile/0/000.p").exists());
        assert!(!made.path().join("log/tile/entries/001.p").exists());
        assert!(made.path().join("log/tile/0/002.p/88").exists());
    }
}
