//! Looking a store over: what an operator asks after a fault, and of a backup.
//!
//! Each check reads what is stored and compares it with what seals or names it;
//! streams are looked over by [`Store::verify`].

use crate::Store;
use crate::error::StoreError;
use crate::files::blocking;
use crate::files::uploads::Upload;
use crate::keys::Row;
use crate::stream::StreamId;

/// A sealed row beside the streams: what it is, its place, and its bytes.
pub(crate) type SealedRow = (Row, Vec<u8>, Vec<u8>);

impl Store {
    /// What the database's engine finds wrong with its own file; empty when nothing.
    ///
    /// # Errors
    /// The database cannot be read at all.
    pub async fn engine_faults(&self) -> Result<Vec<String>, StoreError> {
        self.reader().await?.faults().await
    }

    /// The names of all streams, whatever state they are in.
    ///
    /// # Errors
    /// The database fails.
    pub async fn streams(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.reader().await?.streams().await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// Opens every sealed row beside the streams; answers which do not open.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sealed_faults(&self) -> Result<Vec<String>, StoreError> {
        let keys = &self.shared().keys;
        let mut faults = Vec::new();
        for (row, place, sealed) in self.reader().await?.sealed().await? {
            if keys.open(row, &place, &sealed).is_err() {
                faults.push(format!("{} {}", row.name(), hex::encode(place)));
            }
        }
        for name in self.streams().await? {
            let Some(stream) = StreamId::new(&name) else {
                faults.push(format!("stream {name}"));
                continue;
            };
            if let Err(StoreError::Corrupt(problem)) = self.secret_names(&stream).await {
                faults.push(format!("stream {name}: {problem}"));
            }
        }
        Ok(faults)
    }

    /// Compares what lies of uploads with their rows; answers which are shorter than
    /// their clients were told. One that became a blob under its bid's name is none.
    ///
    /// # Errors
    /// The database or the file system fails.
    pub async fn upload_faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        let uploads: Vec<Upload<serde_json::Value>> = self.uploads().all().await?;
        for upload in uploads {
            let place = std::sync::Arc::clone(&self.upload_files().place);
            let (id, reached) = (upload.id.clone(), upload.reached());
            let found = match blocking(move || place.found(&id, &reached)).await? {
                Some(found) => found,
                None if upload.is_complete() => continue,
                None => 0,
            };
            if found < upload.offset {
                let (id, offset) = (upload.id, upload.offset);
                faults.push(format!("upload {id}: {found} of {offset} bytes"));
            }
        }
        Ok(faults)
    }
}
