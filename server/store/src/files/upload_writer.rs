//! Writing to an upload: one writer at a time, bytes on disk before its row says
//! so.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use super::blocking;
use super::upload_files::Claimed;
use super::uploads::Upload;
use crate::Store;
use crate::error::StoreError;
use crate::keys::Row;
use crate::ledger::Change;

/// Bytes gathered before they go to the file.
const BUFFER: usize = 1024 * 1024;

/// The most bytes read back at a time.
const PIECE: u64 = 1 << 20;

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
    pub(crate) async fn open(store: &Store, id: &str) -> Result<Self, StoreError> {
        let files = store.upload_files();
        let claim = Arc::new(files.claim(id)?);
        let upload: Upload<serde_json::Value> = store
            .uploads()
            .find(id)
            .await?
            .ok_or(StoreError::Missing("upload"))?;
        let path = files.path(id);
        let noted = upload.offset;
        let (file, offset) =
            blocking(
                move || match File::options().read(true).write(true).open(path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        Err(StoreError::Missing("upload"))
                    }
                    Err(error) => Err(error.into()),
                    Ok(mut file) => {
                        // A file that is shorter than its row says has lost bytes; its
                        // client is told the truth and sends them again.
                        let offset = noted.min(file.metadata()?.len());
                        file.set_len(offset)?;
                        file.seek(SeekFrom::Start(offset))?;
                        Ok((file, offset))
                    }
                },
            )
            .await?;
        let mut writer = Self {
            store: store.clone(),
            id: id.to_owned(),
            file: Arc::new(file),
            claim,
            buffer: Vec::new(),
            length: upload.length,
            offset,
            checker: upload.checker,
        };
        if offset < noted {
            writer.record(offset, Vec::new()).await?;
        }
        Ok(writer)
    }

    /// Bytes taken so far, durable or not.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// State of the running digests where this writer began, or at its last commit.
    #[must_use]
    pub fn checker(&self) -> &[u8] {
        &self.checker
    }

    /// Takes the next bytes. They are durable only after a commit.
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

    /// Reads back a piece of what was taken, from `from` on, to hash it again; it
    /// is empty only where nothing follows.
    ///
    /// # Errors
    /// The file could not be written or read; the writer is of no use any more.
    pub async fn read_from(&mut self, from: u64) -> Result<Vec<u8>, StoreError> {
        self.flush(false).await?;
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        blocking(move || {
            let mut file = &*file;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(offset.saturating_sub(from).min(PIECE))
                .read_to_end(&mut bytes)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(bytes)
        })
        .await
    }

    /// Forgets everything from `offset` on, which turned out wrong, durably.
    /// `checker` is the state of the running digests at `offset`.
    ///
    /// # Errors
    /// After any the writer is of no use; another begins where the row says.
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
        let change = Change::UploadMoved {
            id: self.id.clone(),
            offset,
            checker: keys.seal(Row::Checker, self.id.as_bytes(), &checker)?,
        };
        let found = self.store.apply(change).await?;
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
