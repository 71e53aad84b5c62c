//! Files beside the database: blobs, uploads and sealed documents.
//!
//! Nothing is answered before it is on disk: a file's content is synced, then it
//! gets its name, then the directory that holds the name is synced.

pub mod blobs;
mod chunks;
pub mod documents;
pub(crate) mod durable;
pub(crate) mod upload_files;
pub mod upload_writer;
pub mod uploads;

use std::io;
use std::path::Path;

use crate::error::StoreError;

/// Runs file work on tokio's blocking threads.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
        Err(_) => Err(StoreError::Closed),
    }
}

/// The names and lengths of the files one folder down, where blobs and documents lie.
pub(crate) fn below(dir: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(dir)? {
        for file in std::fs::read_dir(folder?.path())? {
            let file = file?;
            if let Ok(name) = file.file_name().into_string() {
                found.push((name, file.metadata()?.len()));
            }
        }
    }
    Ok(found)
}
