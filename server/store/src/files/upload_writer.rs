//! Writing to an upload: one writer at a time, bytes durable before its row says
//! so. The row moves only from where the writer found it, so that of two nodes that
//! write one upload the second fails.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::blocking;
use super::place::{Answer, Growing};
use super::upload_files::Claimed;
use super::uploads::{Held, Upload};
use crate::Store;
use crate::error::StoreError;
use crate::keys::Row;
use crate::ledger::Change;

/// The most bytes read back at a time.
const PIECE: u64 = 1 << 20;

/// Appends to one upload. Whoever holds it holds the upload alone in this process.
pub struct UploadWriter {
    store: Store,
    id: String,
    grown: Arc<Mutex<Box<dyn Growing>>>,
    claim: Arc<Claimed>,
    buffer: Vec<u8>,
    gather: usize,
    is_marked: bool,
    length: u64,
    offset: u64,
    /// What the row says.
    noted: u64,
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
        let (place, name) = (Arc::clone(&files.place), id.to_owned());
        let reached = upload.reached();
        let grown = blocking(move || place.grow(&name, &reached)).await?;
        let (offset, noted) = (grown.offset(), upload.offset);
        let mut writer = Self {
            store: store.clone(),
            id: id.to_owned(),
            claim,
            buffer: Vec::new(),
            gather: grown.gather(),
            is_marked: grown.is_marked(),
            grown: Arc::new(Mutex::new(grown)),
            length: upload.length,
            offset,
            noted,
            checker: upload.checker,
        };
        if offset != noted {
            let mark = writer.with(|grown| grown.sync()).await?;
            writer.record(offset, mark, Vec::new()).await?;
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

    /// Whether what lies there is known to be what was committed, whoever wrote it: the
    /// state of the running digests holds for it.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.is_marked
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
            let taken = bytes.len().min(self.gather - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.buffer.len() == self.gather {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Reads back a piece of what was taken, from `from` on, to hash it again; it
    /// is empty only where nothing follows.
    ///
    /// # Errors
    /// It could not be written or read; the writer is of no use any more.
    pub async fn read_from(&mut self, from: u64) -> Result<Vec<u8>, StoreError> {
        self.flush().await?;
        self.with(move |grown| grown.read(from, PIECE)).await
    }

    /// Forgets everything from `offset` on, which turned out wrong, durably.
    /// `checker` is the state of the running digests at `offset`.
    ///
    /// # Errors
    /// After any the writer is of no use; another begins where the row says.
    pub async fn rewind(&mut self, offset: u64, checker: Vec<u8>) -> Result<(), StoreError> {
        self.flush().await?;
        let offset = offset.min(self.offset);
        let mark = self.with(move |grown| grown.turn(offset)).await?;
        // The row first: it must never promise bytes that are gone.
        self.record(offset, mark, checker).await?;
        self.with(move |grown| grown.cut(offset)).await
    }

    /// Makes everything taken so far durable, with the state of the running
    /// digests at this offset; answers the offset that a client may be told.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another node has gone on with the upload meanwhile.
    /// After any the writer is of no use; another begins where the row says.
    pub async fn commit(&mut self, checker: Vec<u8>) -> Result<u64, StoreError> {
        self.flush().await?;
        let mark = self.with(|grown| grown.sync()).await?;
        self.record(self.offset, mark, checker).await?;
        Ok(self.offset)
    }

    async fn record(
        &mut self,
        offset: u64,
        mark: String,
        state: Vec<u8>,
    ) -> Result<(), StoreError> {
        let keys = &self.store.shared().keys;
        let held = Held { mark, state };
        let change = Change::UploadMoved {
            id: self.id.clone(),
            expected: self.noted,
            offset,
            checker: keys.seal(Row::Checker, self.id.as_bytes(), &held.to_bytes())?,
        };
        let found = self.store.apply(change).await?;
        if found == 0 {
            return Err(self.store.uploads().overtaken(&self.id).await);
        }
        (self.offset, self.noted) = (offset, offset);
        self.checker = held.state;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.buffer);
        match self.with(move |grown| grown.append(bytes)).await {
            Ok(room) => self.buffer = room,
            // Another node may have ended the upload, and taken away what was to go on.
            Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(match self.store.uploads().overtaken(&self.id).await {
                    gone @ StoreError::Missing(_) => gone,
                    _ => StoreError::Io(error),
                });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Does something with what lies there.
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Growing) -> Answer<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        // The claim goes along: should this future be dropped, nobody else writes
        // before the bytes under way have landed.
        let (grown, claim) = (Arc::clone(&self.grown), Arc::clone(&self.claim));
        blocking(move || {
            let _claim = claim;
            let mut grown = grown.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut **grown)
        })
        .await
    }
}
