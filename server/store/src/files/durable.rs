//! Names and contents that survive a power cut.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::keys::random;

/// Makes a directory, readable by its owner alone, and its name durable.
pub fn make_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)?;
    sync_parent(path)
}

/// Makes a rename, creation or removal in the directory that holds `path` durable.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)?.sync_all()
}

/// Gives a finished, synced file its final name. It takes the place of an existing
/// file of that name, which ought to hold the same content, but nobody has looked.
pub fn persist(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        make_dir(parent)?;
    }
    fs::rename(from, to)?;
    sync_parent(to)?;
    sync_parent(from)
}

/// Writes a whole file under a temporary name, then persists it.
pub fn write(temp: &Path, to: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, path) = temporary(temp)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| persist(&path, to));
    if written.is_err() {
        // What is left of it would only take room; it is swept at the next start.
        let _ = fs::remove_file(&path);
    }
    written
}

/// A new file of a random name, readable by its owner alone.
pub fn temporary(dir: &Path) -> io::Result<(File, PathBuf)> {
    let path = dir.join(random_name().map_err(io::Error::other)?);
    Ok((create(&path)?, path))
}

pub fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Removes a file if it is there, durably.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_parent(path),
    }
}

/// 128 random bits in 32 hexadecimal digits.
pub fn random_name() -> Result<String, crate::StoreError> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(hex::encode(bytes))
}
