//! A party's own files, with failures that name the file and say what to do.

use std::path::Path;

pub use kaibiao_os::files::{Readers, beside, create};

use crate::failure::{Failure, Outcome};

/// Reads a file.
///
/// # Errors
/// Names the file and the system's reason.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| Failure::file(path, &error))
}

/// Reads a text file.
///
/// # Errors
/// Names the file and the system's reason.
pub fn read_text(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

/// Makes a directory and those above it, so that they are there after a crash.
///
/// # Errors
/// Names the directory and the system's reason.
pub fn directory(path: &Path) -> Outcome<()> {
    let made = kaibiao_os::files::directory_durably(path);
    made.map_err(|error| Failure::file(path, &error))
}

/// Writes a file whole or not at all.
///
/// # Errors
/// Names the file and the system's reason; the file is then as it was.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Outcome<()> {
    kaibiao_os::files::write(path, bytes, readers).map_err(|error| Failure::file(path, &error))
}
