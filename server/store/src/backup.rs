//! A copy of a data directory, taken while it is in use.
//!
//! The database comes first, as of one instant. Files are never changed and are
//! there before any row tells of them, so those copied afterwards hold all that
//! the copied database refers to. An upload may have grown meanwhile; it is cut
//! back to its row when it goes on.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::Store;
use crate::error::StoreError;
use crate::files::blocking;
use crate::files::durable::make_dir;
use crate::open::Places;

/// # Errors
/// When the target exists and is not empty, or a file cannot be copied.
pub(crate) async fn copy(store: &Store, places: &Places, to: &Path) -> Result<(), StoreError> {
    let (from, to) = (places.clone(), Places::of(to));
    make_dir(&to.root)?;
    if fs::read_dir(&to.root)?.next().is_some() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    store.shared().ledger.copy(&to.root).await?;
    blocking(move || {
        copy_tree(&from.blobs, &to.blobs)?;
        copy_tree(&from.lists, &to.lists)?;
        copy_tree(&from.documents, &to.documents)?;
        copy_tree(&from.uploads, &to.uploads)?;
        Ok(File::open(&to.root)?.sync_all()?)
    })
    .await
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    make_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
            continue;
        }
        match fs::copy(entry.path(), &target) {
            Ok(_) => File::open(&target)?.sync_all()?,
            // The upload has ended meanwhile, and its file is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    File::open(to)?.sync_all()
}
