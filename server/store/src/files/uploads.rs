//! Uploads under way (tus): a file that grows, and a row that says how far it is
//! durable.
//!
//! The file is synced before the row says so, and the row is committed before a
//! client is told. After a kill the file may be longer than the row says; it is
//! cut back when the upload goes on.

use std::collections::HashSet;

use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use kaibiao_crypto::Digest;

use super::upload_writer::UploadWriter;
use super::{blocking, durable};
use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::Row;

/// An upload as last durable.
#[derive(Debug, Clone)]
pub struct Upload<A> {
    /// 32 hexadecimal digits, random.
    pub id: String,
    /// Bytes announced.
    pub length: u64,
    /// Bytes on disk.
    pub offset: u64,
    pub expires: Millis,
    /// Whose it is and what for; sealed at rest.
    pub about: A,
    /// State of the running digests at `offset`, as given to
    /// [`UploadWriter::commit`]; empty at the start.
    pub checker: Vec<u8>,
}

impl<A> Upload<A> {
    pub fn is_complete(&self) -> bool {
        self.offset == self.length
    }
}

/// The uploads of a store.
pub struct Uploads<'a>(pub(crate) &'a Store);

impl Uploads<'_> {
    /// Begins an upload of `length` bytes; answers its id.
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
        let row = (id.clone(), about, checker);
        self.0
            .write(move |conn| {
                let (id, about, checker) = row.clone();
                async move {
                    sqlx::query(
                        "INSERT INTO uploads (id, length, offset, expires, sealed, checker) \
                         VALUES (?, ?, 0, ?, ?, ?)",
                    )
                    .bind(id)
                    .bind(length as i64)
                    .bind(expires)
                    .bind(about)
                    .bind(checker)
                    .execute(conn)
                    .await?;
                    Ok(())
                }
                .boxed()
            })
            .await?;
        Ok(id)
    }

    pub async fn find<A: DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Option<Upload<A>>, StoreError> {
        let mut conn = self.0.reader().await?;
        let row = sqlx::query(
            "SELECT id, length, offset, expires, sealed, checker FROM uploads WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|row| self.read(&row)).transpose()
    }

    /// Uploads whose last byte is on disk and that were not removed yet: their
    /// completion was interrupted, or refused.
    pub async fn complete<A: DeserializeOwned>(&self) -> Result<Vec<Upload<A>>, StoreError> {
        let mut conn = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT id, length, offset, expires, sealed, checker FROM uploads \
             WHERE offset = length ORDER BY id",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// All uploads, for a start that has to find those under way again.
    pub async fn all<A: DeserializeOwned>(&self) -> Result<Vec<Upload<A>>, StoreError> {
        let mut conn = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT id, length, offset, expires, sealed, checker FROM uploads ORDER BY id",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Opens an upload for writing where it was last durable.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another writer has it, [`StoreError::Missing`].
    pub async fn writer(&self, id: &str) -> Result<UploadWriter, StoreError> {
        UploadWriter::open(self.0, id).await
    }

    /// Turns a complete upload into a blob under a name that commits to its
    /// content, as its digests have shown. The row stays until
    /// [`Uploads::remove`], so that completing can be repeated after a crash.
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
        let id = id.to_owned();
        self.0
            .write(move |conn| {
                let id = id.clone();
                async move {
                    sqlx::query("DELETE FROM uploads WHERE id = ?")
                        .bind(id)
                        .execute(conn)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await?;
        blocking(move || {
            let _claim = claim;
            Ok(durable::remove(&path)?)
        })
        .await
    }

    /// Removes what has expired and is not being written; answers their ids.
    pub async fn sweep(&self, now: Millis) -> Result<Vec<String>, StoreError> {
        let expired: Vec<String> = {
            let mut conn = self.0.reader().await?;
            sqlx::query_scalar("SELECT id FROM uploads WHERE expires <= ?")
                .bind(now)
                .fetch_all(&mut *conn)
                .await?
        };
        let mut removed = Vec::new();
        for id in expired {
            match self.remove(&id).await {
                Ok(()) => removed.push(id),
                Err(StoreError::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    /// Removes files that no row knows: what a kill left of a beginning or an end.
    pub(crate) async fn sweep_files(&self) -> Result<(), StoreError> {
        let known: HashSet<String> = {
            let mut conn = self.0.reader().await?;
            let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM uploads")
                .fetch_all(&mut *conn)
                .await?;
            ids.into_iter().collect()
        };
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

    fn read<A: DeserializeOwned>(&self, row: &SqliteRow) -> Result<Upload<A>, StoreError> {
        let id: String = row.try_get(0)?;
        let keys = &self.0.shared().keys;
        let about = keys.open(Row::Upload, id.as_bytes(), row.try_get(4)?)?;
        let checker = keys.open(Row::Checker, id.as_bytes(), row.try_get(5)?)?;
        Ok(Upload {
            length: row.try_get::<i64, _>(1)? as u64,
            offset: row.try_get::<i64, _>(2)? as u64,
            expires: row.try_get(3)?,
            about: serde_json::from_slice(&about)
                .map_err(|error| StoreError::Corrupt(format!("an upload's purpose: {error}")))?,
            checker: checker.to_vec(),
            id,
        })
    }
}
