//! One process per data directory.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The lock on a data directory. It is released when dropped, and by the system
/// when the process ends, however it ends.
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock, if no process has it.
    ///
    /// # Errors
    /// The directory is in use, or its lock cannot be opened.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
                dir: dir.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether this process can open a file of the directory now.
    pub(crate) fn is_reachable(&self) -> io::Result<()> {
        File::open(&self.path).map(drop)
    }

    /// Releases the lock explicitly: closing the file is not enough while a child
    /// process that is just being started still holds a copy of it.
    pub(crate) fn release(&self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the data directory's lock could not be let go");
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}
