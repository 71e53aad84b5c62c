//! Uploads under way (tus): bytes that grow, and a row that says how far they are
//! durable.
//!
//! The bytes are durable before the row says so, and the row is committed before a
//! client is told. After a kill there may be more of them than the row says; they are
//! cut back when the upload goes on.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use kaibiao_crypto::Digest;

use super::place::Reached;
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
    /// Bytes that are durable.
    pub offset: u64,
    /// When it may be swept, UTC ms.
    pub expires: Millis,
    /// Whose it is and what for; sealed at rest.
    pub about: A,
    /// State of the running digests at `offset`, as given to
    /// [`UploadWriter::commit`]; empty at the start.
    pub checker: Vec<u8>,
    mark: String,
}

/// What an upload's row keeps sealed of how far it is.
pub(crate) struct Held {
    /// What its place says of the bytes ([`super::place::Growing::sync`]).
    pub mark: String,
    /// The state of the running digests.
    pub state: Vec<u8>,
}

impl Held {
    /// The first byte where there is a mark. No state begins with it.
    const MARKED: u8 = 1;

    pub fn to_bytes(&self) -> Vec<u8> {
        if self.mark.is_empty() {
            return self.state.clone();
        }
        let mark = self.mark.as_bytes();
        [&[Self::MARKED], mark, &[0], &self.state].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> Self {
        let marked = bytes.strip_prefix(&[Self::MARKED]).and_then(|rest| {
            let end = rest.iter().position(|byte| *byte == 0)?;
            let mark = std::str::from_utf8(&rest[..end]).ok()?;
            Some((mark.to_owned(), rest[end + 1..].to_vec()))
        });
        let (mark, state) = marked.unwrap_or_else(|| (String::new(), bytes.to_vec()));
        Self { mark, state }
    }
}

impl<A> Upload<A> {
    pub(crate) fn reached(&self) -> Reached {
        Reached {
            offset: self.offset,
            mark: self.mark.clone(),
        }
    }

    /// Whether its last byte is durable. One that is complete and not removed was
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
    /// It or its row could not be written; what lies there without a row is swept.
    pub async fn create<A: Serialize>(
        &self,
        about: &A,
        length: u64,
        expires: Millis,
    ) -> Result<String, StoreError> {
        let id = durable::random_name()?;
        let (place, name) = (Arc::clone(&self.0.upload_files().place), id.clone());
        blocking(move || place.begin(&name)).await?;
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

    /// The ids of all uploads.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ids(&self) -> Result<Vec<String>, StoreError> {
        self.0.reader().await?.upload_ids().await
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
        let (place, name, reached) = (Arc::clone(&files.place), id.to_owned(), upload.reached());
        let adopted = blocking(move || {
            let _claim = claim;
            place.adopt(&name, &reached, &digest.to_string())
        })
        .await;
        if let Err(StoreError::Length { .. }) = &adopted {
            // Its row is put right, so that its client sends again what was lost.
            self.writer(id).await?;
        }
        adopted
    }

    /// Ends an upload: its row, and its bytes if it was not adopted.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while it is being written, here or by another node.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        let files = self.0.upload_files();
        let claim = files.claim(id)?;
        let row = self.0.reader().await?.upload(id).await?;
        let whole = row.as_ref().is_some_and(|row| row.offset == row.length);
        if let Some(row) = row {
            let change = Change::UploadRemoved {
                id: row.id,
                expected: row.offset,
            };
            if self.0.apply(change).await? == 0
                && let error @ StoreError::Busy = self.overtaken(id).await
            {
                return Err(error);
            }
        }
        let (place, name) = (Arc::clone(&files.place), id.to_owned());
        blocking(move || {
            let _claim = claim;
            place.discard(&name, whole)
        })
        .await
    }

    /// Why a row was not where it had been found: the upload is gone, or another node
    /// goes on with it.
    pub(crate) async fn overtaken(&self, id: &str) -> StoreError {
        let found = async { self.0.reader().await?.upload(id).await };
        match found.await {
            Ok(Some(_)) => StoreError::Busy,
            Ok(None) => StoreError::Missing("upload"),
            Err(error) => error,
        }
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

    /// Removes what lies of uploads that no row knows: what a kill left of a beginning or
    /// an end. Where other nodes may write, only what is old; answers of how many.
    ///
    /// # Errors
    /// The database fails, or the place of the files.
    pub async fn sweep_files(&self) -> Result<usize, StoreError> {
        let place = Arc::clone(&self.0.upload_files().place);
        // What lies there is listed before the rows, which are there before any of it.
        let looking = Arc::clone(&place);
        let mut found = blocking(move || looking.uploads()).await?;
        let known: HashSet<String> = self.ids().await?.into_iter().collect();
        found.retain(|id| !known.contains(id));
        blocking(move || place.sweep(found)).await
    }

    async fn rows(&self) -> Result<Vec<UploadRow>, StoreError> {
        self.0.reader().await?.uploads().await
    }

    fn open<A: DeserializeOwned>(&self, row: UploadRow) -> Result<Upload<A>, StoreError> {
        let keys = &self.0.shared().keys;
        let about = keys.open(Row::Upload, row.id.as_bytes(), &row.sealed)?;
        let checker = keys.open(Row::Checker, row.id.as_bytes(), &row.checker)?;
        let held = Held::from_bytes(&checker);
        Ok(Upload {
            id: row.id,
            length: row.length,
            offset: row.offset,
            expires: row.expires,
            about: serde_json::from_slice(&about)
                .map_err(|error| StoreError::Corrupt(format!("an upload's purpose: {error}")))?,
            checker: held.state,
            mark: held.mark,
        })
    }
}
