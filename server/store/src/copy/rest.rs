//! What else lies in a data directory: whose it is, the public log's files, the trusted
//! roots.
//!
//! It is copied before the rows: of the public log's head, which is kept in both, the copy's
//! file must not be ahead of its database.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::StoreError;
use crate::files::durable;
use crate::moved::MARK;
use crate::open::Places;

/// What the rows or the files are, or what belongs to a process.
const LEFT_OUT: [&str; 10] = [
    "lock",
    "temp",
    "blobs",
    "lists",
    "documents",
    "uploads",
    "kaibiao.db",
    "kaibiao.db-wal",
    "kaibiao.db-shm",
    "kaibiao.db-journal",
];

/// What an operator lays out before there is a store.
const LAID_OUT: [&str; 2] = ["trust", "lost+found"];

/// What a start leaves that was refused.
const REFUSED: [&str; 1] = ["platform.json"];

/// What a data directory holds of a store already.
pub(super) fn holds(places: &Places) -> Result<Option<String>, StoreError> {
    for entry in fs::read_dir(&places.root)? {
        let name = entry?.file_name();
        let is = |others: &[&str]| others.iter().any(|other| name == *other);
        if !is(&LEFT_OUT) && !is(&LAID_OUT) && !is(&REFUSED) {
            return Ok(Some(places.root.join(name).display().to_string()));
        }
    }
    Ok(None)
}

/// Copies the rest of a data directory. Trusted roots that are laid out stay.
pub(super) fn copy(from: &Path, to: &Places) -> Result<(), StoreError> {
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let is = |others: &[&str]| others.iter().any(|other| name == *other);
        let target = to.root.join(&name);
        if name == MARK || is(&LEFT_OUT) || (is(&LAID_OUT) && target.exists()) {
            continue;
        }
        tree(&from.join(&name), &target, &to.temp)?;
    }
    Ok(())
}

/// A file, or a folder with all that is in it. A link is followed: what it leads to belongs
/// to the copy. What goes meanwhile was not to stay.
fn tree(from: &Path, to: &Path, temp: &Path) -> io::Result<()> {
    let copied = if fs::metadata(from)?.is_dir() {
        durable::make_dir(to)?;
        fs::read_dir(from)?.try_for_each(|entry| {
            let name = entry?.file_name();
            match tree(&from.join(&name), &to.join(&name), temp) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                copied => copied,
            }
        })
    } else {
        durable::write(temp, to, &fs::read(from)?)
    };
    match copied {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        copied => copied,
    }
}
