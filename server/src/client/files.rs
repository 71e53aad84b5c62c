//! Files the client writes: whole or not at all, private ones for their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::{Failure, Outcome};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Everybody,
    /// Mode 0600: keys, cookies, unfinished work.
    Owner,
}

pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::file(path, &error))
}

pub fn read_text(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

/// Writes beside the target, flushes to disk, then renames over it.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Outcome<()> {
    let staged = beside(path, ".part");
    let result = (|| {
        let mut file = create(&staged, access)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&staged, path)
    })();
    result.map_err(|error| {
        let _ = fs::remove_file(&staged);
        Failure::file(path, &error)
    })
}

/// Creates or empties a file with the given access from its first moment on.
pub fn create(path: &Path, access: Access) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).read(true);
    #[cfg(unix)]
    if access == Access::Owner {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

/// `B.kbid` and `.receipt.json` give `B.kbid.receipt.json`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
