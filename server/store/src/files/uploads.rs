//! Uploads under way (tus): a file that grows, and a row that says how far it is
//! durable.
//!
//! The file is synced before the row says so, and the row is committed before a
//! client is told. After a kill the file may be longer than the row says; it is
//! cut back when the upload goes on.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use kaibiao_crypto::Digest;

use super::blobs::Blobs;
use super::{blocking, durable};
use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::Row;

/// Bytes gathered before they go to the file.
const BUFFER: usize = 1024 * 1024;

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

/// The files of uploads and who is writing them.
pub(crate) struct UploadFiles {
    dir: PathBuf,
    blobs: Blobs,
    busy: Arc<Mutex<HashSet<String>>>,
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
        let files = self.0.upload_files();
        let claim = Arc::new(files.claim(id)?);
        let upload: Upload<serde_json::Value> =
            self.find(id).await?.ok_or(StoreError::Missing("upload"))?;
        let path = files.path(id);
        let offset = upload.offset;
        let file = blocking(
            move || match File::options().read(true).write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Err(StoreError::Missing("upload"))
                }
                Err(error) => Err(error.into()),
                Ok(mut file) => {
                    let found = file.metadata()?.len();
                    if found < offset {
                        return Err(StoreError::Length {
                            found,
                            expected: offset,
                        });
                    }
                    file.set_len(offset)?;
                    file.seek(SeekFrom::Start(offset))?;
                    Ok(file)
                }
            },
        )
        .await?;
        Ok(UploadWriter {
            store: self.0.clone(),
            id: id.to_owned(),
            file: Arc::new(file),
            claim,
            buffer: Vec::new(),
            length: upload.length,
            offset,
            checker: upload.checker,
        })
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

/// Appends to one upload. Whoever holds it holds the upload alone.
pub struct UploadWriter {
    store: Store,
    id: String,
    file: Arc<File>,
    claim: Arc<Claimed>,
    buffer: Vec<u8>,
    length: u64,
    offset: u64,
    checker: Vec<u8>,
}

impl UploadWriter {
    /// Bytes taken so far, durable or not.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes announced.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// State of the running digests where this writer began.
    pub fn checker(&self) -> &[u8] {
        &self.checker
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::Length`] beyond the announced length: nothing is taken.
    /// [`StoreError::Full`]: what was committed stays.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        let after = self.offset.saturating_add(bytes.len() as u64);
        if after > self.length {
            return Err(StoreError::Length {
                found: after,
                expected: self.length,
            });
        }
        self.offset = after;
        while !bytes.is_empty() {
            let taken = bytes.len().min(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.buffer.len() == BUFFER {
                self.flush(false).await?;
            }
        }
        Ok(())
    }

    /// Reads back what was taken from `from` on, to hash it again.
    pub async fn read_from(&mut self, from: u64) -> Result<Vec<u8>, StoreError> {
        self.flush(false).await?;
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        blocking(move || {
            let mut file = &*file;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(offset.saturating_sub(from))
                .read_to_end(&mut bytes)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(bytes)
        })
        .await
    }

    /// Forgets everything from `offset` on, which turned out wrong, durably.
    /// `checker` is the state of the running digests at `offset`.
    pub async fn rewind(&mut self, offset: u64, checker: Vec<u8>) -> Result<(), StoreError> {
        self.flush(false).await?;
        // The row first: it must never promise bytes that are gone.
        self.record(offset.min(self.offset), checker).await?;
        let file = Arc::clone(&self.file);
        blocking(move || {
            file.set_len(offset)?;
            (&*file).seek(SeekFrom::Start(offset))?;
            Ok(())
        })
        .await
    }

    /// Makes everything taken so far durable, with the state of the running
    /// digests at this offset; answers the offset that a client may be told.
    ///
    /// # Errors
    /// After any the writer is of no use; another begins where the row says.
    pub async fn commit(&mut self, checker: Vec<u8>) -> Result<u64, StoreError> {
        self.flush(true).await?;
        self.record(self.offset, checker).await?;
        Ok(self.offset)
    }

    async fn record(&mut self, offset: u64, checker: Vec<u8>) -> Result<(), StoreError> {
        let keys = &self.store.shared().keys;
        let sealed = keys.seal(Row::Checker, self.id.as_bytes(), &checker)?;
        let id = self.id.clone();
        let found = self
            .store
            .write(move |conn| {
                let (id, sealed) = (id.clone(), sealed.clone());
                async move {
                    let updated =
                        sqlx::query("UPDATE uploads SET offset = ?, checker = ? WHERE id = ?")
                            .bind(offset as i64)
                            .bind(sealed)
                            .bind(id)
                            .execute(conn)
                            .await?;
                    Ok(updated.rows_affected())
                }
                .boxed()
            })
            .await?;
        if found == 0 {
            return Err(StoreError::Missing("upload"));
        }
        self.offset = offset;
        self.checker = checker;
        Ok(())
    }

    async fn flush(&mut self, sync: bool) -> Result<(), StoreError> {
        let mut bytes = std::mem::take(&mut self.buffer);
        // The claim goes along: should this future be dropped, nobody else writes
        // before the bytes under way have landed.
        let (file, claim) = (Arc::clone(&self.file), Arc::clone(&self.claim));
        self.buffer = blocking(move || {
            let _claim = claim;
            (&*file).write_all(&bytes)?;
            if sync {
                file.sync_data()?;
            }
            bytes.clear();
            Ok(bytes)
        })
        .await?;
        Ok(())
    }
}

impl UploadFiles {
    pub fn new(dir: PathBuf, blobs: Blobs) -> Self {
        Self {
            dir,
            blobs,
            busy: Arc::default(),
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    fn claim(&self, id: &str) -> Result<Claimed, StoreError> {
        let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if id.len() != 32 || !id.bytes().all(known) {
            return Err(StoreError::Missing("upload"));
        }
        if !lock(&self.busy).insert(id.to_owned()) {
            return Err(StoreError::Busy);
        }
        Ok(Claimed {
            id: id.to_owned(),
            busy: Arc::clone(&self.busy),
        })
    }
}

/// An upload held by one writer.
struct Claimed {
    id: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        lock(&self.busy).remove(&self.id);
    }
}

fn lock(busy: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}
