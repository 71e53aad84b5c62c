//! A copy in a directory that nobody serves, of whatever there is.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Copied, CopyError, Progress, Site, copy};
use crate::files::durable::sync_parent;
use crate::keys::RootSecret;

/// Copies a store to the new directory `to`, whoever serves it meanwhile. What is copied
/// lies beside its place until all of it is there and durable, and is renamed then: a
/// directory of that name is a whole copy.
///
/// # Errors
/// The target is there and not empty, or something could not be copied; then nothing of
/// that name is there, and the same call goes on.
pub async fn backup(
    root: &RootSecret,
    from: &Site,
    to: &Path,
    progress: Progress,
) -> Result<Copied, CopyError> {
    if to.exists() && fs::read_dir(to)?.next().is_some() {
        return Err(CopyError::NotEmpty(to.display().to_string()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let site = Site::directory(part.clone());
    let copied = match copy(root, from, &site, None, progress.clone()).await {
        // It was whole, and was not renamed.
        Err(CopyError::NotEmpty(_)) => {
            fs::remove_dir_all(&part)?;
            copy(root, from, &site, None, progress).await?
        }
        copied => copied?,
    };
    // They are of a process that works here, and there is none.
    fs::remove_file(part.join("lock"))?;
    fs::remove_dir_all(part.join("temp"))?;
    fs::rename(&part, to)?;
    sync_parent(to)?;
    Ok(copied)
}
