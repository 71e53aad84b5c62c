//! Uploads under way (tus): a file that grows, and a row that says how far it is
//! durable.
//!
//! The file is synced before the row says so, and the row is committed before a
//! client is told. After a kill the file may be longer than the row says; it is
//! cut back when the upload goes on.

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use kaibiao_crypto::Digest;

use super::upload_writer::UploadWriter;
use super::{blocking, durable};
use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::Row;
use crate::ledger::{Change, UploadRow};

/// An upload as last durable.
#[derive(Debug, Clone)]
pub struct Upload<A> {
    /// 32 hexadecimal digits, random.
    pub id: String,
    /// Bytes announced.
    pub length: u64,
    /// Bytes on disk.
    pub offset: u64,
    /// When it may be swept, UTC ms.
    pub expires: Millis,
    /// Whose it is and what for; sealed at rest.
    pub about: A,
    /// State of the running digests at `offset`, as given to
    /// [`UploadWriter::commit`]; empty at the start.
    pub checker: Vec<u8>,
}

impl<A> Upload<A> {
    /// Whether its last byte is on disk. One that is complete and not removed was
    /// interrupted while it was being completed, or refused.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.offset == self.length
    }
}

/// The uploads of a store.
pub struct Uploads<'a>(pub(crate) &'a Store);

impl Uploads<'_> {
    /// Begins an upload of `length` bytes, durably; answers its id. `about` says
    /// whose it is and what for.
    ///
    /// # Errors
    /// The file or the row could not be written; a file without a row is swept at
    /// the next start.
    pub async fn create<A: Serialize>(
        &self,
        about: &A,
        length: u64,
        expires: Millis,
    ) -> Result<String, StoreError> {
        let id = durable::random_name()?;
        let path = self.0.upload_files().path(&id);
        blocking(move || {
            durable::create(&path)?.sync_all()?;
            Ok(durable::sync_parent(&path)?)
        })
        .await?;
        let about = serde_json::to_vec(about)
            .map_err(|error| StoreError::Corrupt(format!("an upload's purpose: {error}")))?;
        let keys = &self.0.shared().keys;
        let about = keys.seal(Row::Upload, id.as_bytes(), &about)?;
        let checker = keys.seal(Row::Checker, id.as_bytes(), &[])?;
        let change = Change::UploadPut {
            id: id.clone(),
            length,
            expires,
            sealed: about,
            checker,
        };
        self.0.apply(change).await?;
        Ok(id)
    }

    /// An upload as last durable.
    ///
    /// # Errors
    /// The database fails, or the row does not open as an `A`.
    pub async fn find<A: DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Option<Upload<A>>, StoreError> {
        let row = self.0.reader().await?.upload(id).await?;
        row.map(|row| self.open(row)).transpose()
    }

    /// All uploads, for a start that has to find those under way again. One whose
    /// row does not open as an `A` is left out, since nothing can become of it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn all<A: DeserializeOwned>(&self) -> Result<Vec<Upload<A>>, StoreError> {
        let opened = self.rows().await?.into_iter().filter_map(|row| {
            let id = row.id.clone();
            self.open(row)
                .inspect_err(|error| tracing::error!(upload = id, %error, "an upload is damaged"))
                .ok()
        });
        Ok(opened.collect())
    }

    /// Opens an upload for writing where it was last durable.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another writer has it; [`StoreError::Missing`].
    pub async fn writer(&self, id: &str) -> Result<UploadWriter, StoreError> {
        UploadWriter::open(self.0, id).await
    }

    /// Turns a complete upload into a blob under a name that commits to its
    /// content, as its digests have shown. The row stays until
    /// [`Uploads::remove`], so that completing can be repeated after a crash.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while it is being written, [`StoreError::Missing`], and
    /// [`StoreError::Length`] before its last byte is there.
    pub async fn adopt(&self, id: &str, digest: Digest) -> Result<(), StoreError> {
        let files = self.0.upload_files();
        let claim = files.claim(id)?;
        let upload: Upload<serde_json::Value> =
            self.find(id).await?.ok_or(StoreError::Missing("upload"))?;
        if !upload.is_complete() {
            return Err(StoreError::Length {
                found: upload.offset,
                expected: upload.length,
            });
        }
        let (path, blobs) = (files.path(id), files.blobs.clone());
        blocking(move || {
            let _claim = claim;
            blobs.adopt(&path, &digest)
        })
        .await
    }

    /// Ends an upload: its row, and its file if it was not adopted.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while it is being written.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        let files = self.0.upload_files();
        let claim = files.claim(id)?;
        let path = files.path(id);
        let change = Change::UploadRemoved { id: id.to_owned() };
        self.0.apply(change).await?;
        blocking(move || {
            let _claim = claim;
            Ok(durable::remove(&path)?)
        })
        .await
    }

    /// Removes what has expired and is not being written; answers their ids.
    ///
    /// # Errors
    /// One could not be removed; those before it are gone.
    pub async fn sweep(&self, now: Millis) -> Result<Vec<String>, StoreError> {
        let mut removed = Vec::new();
        for upload in self.rows().await? {
            if upload.expires > now {
                continue;
            }
            match self.remove(&upload.id).await {
                Ok(()) => removed.push(upload.id),
                Err(StoreError::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    /// Removes files that no row knows: what a kill left of a beginning or an end.
    pub(crate) async fn sweep_files(&self) -> Result<(), StoreError> {
        let rows = self.rows().await?;
        let known: HashSet<String> = rows.into_iter().map(|row| row.id).collect();
        let dir = self.0.upload_files().dir.clone();
        blocking(move || {
            for found in std::fs::read_dir(dir)? {
                let found = found?;
                let name = found.file_name();
                if name.to_str().is_none_or(|name| !known.contains(name)) {
                    durable::remove(&found.path())?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn rows(&self) -> Result<Vec<UploadRow>, StoreError> {
        self.0.reader().await?.uploads().await
    }

    fn open<A: DeserializeOwned>(&self, row: UploadRow) -> Result<Upload<A>, StoreError> {
        let keys = &self.0.shared().keys;
        let about = keys.open(Row::Upload, row.id.as_bytes(), &row.sealed)?;
        let checker = keys.open(Row::Checker, row.id.as_bytes(), &row.checker)?;
        Ok(Upload {
            id: row.id,
            length: row.length,
            offset: row.offset,
            expires: row.expires,
            about: serde_json::from_slice(&about)
                .map_err(|error| StoreError::Corrupt(format!("an upload's purpose: {error}")))?,
            checker: checker.to_vec(),
        })
    }
}
