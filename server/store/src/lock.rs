//! One process per data directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::OpenError;

/// The lock on a data directory. It is released when dropped, and by the system
/// when the process ends, however it ends.
pub(crate) struct Lock(File);

impl Lock {
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
                dir: dir.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Releases the lock explicitly: closing the file is not enough while a child
    /// process that is just being started still holds a copy of it.
    pub fn release(&self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the data directory's lock could not be let go");
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}
