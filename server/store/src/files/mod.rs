//! Files beside the database: blobs, uploads and sealed documents.
//!
//! ```text
//! blobs, documents, uploads     digests, keys, rows, claims
//!           place               the port
//!    directory     s3
//! ```
//!
//! Nothing is answered before it is durable. In a directory a file's content is synced,
//! then it gets its name, then the directory that holds the name is synced; a bucket has
//! answered that an object is there.

pub mod blobs;
mod chunks;
pub(crate) mod directory;
pub mod documents;
pub(crate) mod durable;
pub(crate) mod place;
pub mod s3;
pub(crate) mod upload_files;
pub mod upload_writer;
pub mod uploads;

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
