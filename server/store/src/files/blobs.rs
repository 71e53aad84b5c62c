//! Blobs: immutable files named by a digest of their content.
//!
//! They are not sealed: what is stored here is the opening record, which is made
//! to be published, or ciphertext already (the segments of a bid). Anything
//! that names a bidder before T0 belongs into events, secrets or documents.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use kaibiao_crypto::Digest;

use super::blocking;
use super::place::{Content, Folder, Place};
use crate::error::StoreError;

/// The blobs of a store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    place: Arc<dyn Place>,
    folder: Folder,
    /// Those that this process has seen elsewhere, where looking takes a request.
    seen: Arc<Mutex<HashSet<Digest>>>,
}

/// An open blob, for reading in blocking code (decryption, hashing).
pub struct Blob {
    content: Box<dyn Content>,
    /// Bytes of content.
    pub length: u64,
}

impl Blobs {
    pub(crate) fn new(place: Arc<dyn Place>, folder: Folder) -> Self {
        Self {
            place,
            folder,
            seen: Arc::default(),
        }
    }

    /// Stores bytes under their SHA-256 and answers when they are durable.
    /// Storing the same bytes again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`] or [`StoreError::Objects`]; nothing is
    /// stored then.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Digest, StoreError> {
        let this = self.clone();
        blocking(move || {
            let digest = Digest::of(&bytes);
            this.place.put(this.folder, &digest.to_string(), bytes)?;
            Ok(digest)
        })
        .await
    }

    /// A blob stored with [`Blobs::put`], whole, checked against its name.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or [`StoreError::Corrupt`] when the content is
    /// no longer what the name says.
    pub async fn get(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let this = self.clone();
        blocking(move || {
            let mut blob = this.open(&digest)?;
            let mut bytes = Vec::new();
            blob.read_to_end(&mut bytes)?;
            if Digest::of(&bytes) == digest {
                Ok(bytes)
            } else {
                Err(StoreError::Corrupt(format!("blob {digest}")))
            }
        })
        .await
    }

    /// Opens a blob of any size. What is read must be checked by who reads it:
    /// the name of a bid's blob is its bid digest, whose header holds the digest
    /// of every segment. Blocking; for use off the async threads.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the place of blobs is there and the blob is
    /// not; another, which may pass, when either cannot be opened now.
    pub fn open(&self, digest: &Digest) -> Result<Blob, StoreError> {
        let opened = self.place.open(self.folder, &digest.to_string())?;
        let opened = opened.ok_or(StoreError::Missing("blob"))?;
        Ok(Blob {
            content: opened.content,
            length: opened.length,
        })
    }

    /// Length in bytes, if the blob is there.
    ///
    /// # Errors
    /// The blob is there and cannot be looked at, or its place does not answer.
    pub async fn length(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let (this, name) = (self.clone(), digest.to_string());
        blocking(move || this.place.length(this.folder, &name)).await
    }

    /// Whether a blob is there, for asking again and again.
    ///
    /// # Errors
    /// As [`Blobs::length`].
    pub async fn holds(&self, digest: &Digest) -> Result<bool, StoreError> {
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.place.is_shared() && seen().contains(digest) {
            return Ok(true);
        }
        let is_there = self.length(digest).await?.is_some();
        if is_there {
            seen().insert(*digest);
        }
        Ok(is_there)
    }

    /// The names of all blobs; other files are no blobs. Blocking.
    ///
    /// # Errors
    /// Their place cannot be read.
    pub fn names(&self) -> Result<Vec<Digest>, StoreError> {
        let found = self.place.all(self.folder)?;
        Ok(found
            .iter()
            .filter_map(|(name, _)| name.parse().ok())
            .collect())
    }

    /// Bytes of all blobs. Blocking.
    ///
    /// # Errors
    /// Their place cannot be read.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let all = self.place.all(self.folder)?;
        Ok(all.iter().map(|(_, length)| length).sum())
    }
}

/// Content that lies damaged, or lacks a part, is [`io::ErrorKind::InvalidData`].
impl Read for Blob {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.content.read(into)
    }
}

impl Seek for Blob {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a blob of {} bytes", self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::files::directory::Directory;
    use crate::files::durable;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let dir = tempfile::tempdir().unwrap();
        durable::make_dir(&dir.path().join("temp")).unwrap();
        let place = Arc::new(Directory::new(dir.path()));
        (dir, Blobs::new(place, Folder::Blobs))
    }

    fn path(dir: &tempfile::TempDir, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        dir.path().join("blobs").join(&name[..2]).join(name)
    }

    #[tokio::test]
    async fn a_blob_is_found_under_its_digest_and_nowhere_else() {
        let (dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        assert_eq!(blobs.put(b"terms".to_vec()).await.unwrap(), digest);
        assert_eq!(blobs.get(digest).await.unwrap(), b"terms");
        assert_eq!(blobs.length(&digest).await.unwrap(), Some(5));
        let other = Digest::of(b"other");
        assert!(matches!(
            blobs.get(other).await,
            Err(StoreError::Missing(_))
        ));
        assert_eq!(blobs.length(&other).await.unwrap(), None);
        assert_eq!(fs::read_dir(dir.path().join("temp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_blob_is_not_called_missing_while_its_directory_is_away() {
        let (dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        let away = dir.path().join("away");
        fs::rename(dir.path().join("blobs"), &away).unwrap();
        assert!(blobs.open(&digest).unwrap_err().may_pass());
        fs::rename(&away, dir.path().join("blobs")).unwrap();
        assert!(blobs.open(&digest).is_ok());
        fs::remove_file(path(&dir, &digest)).unwrap();
        assert!(!blobs.open(&digest).unwrap_err().may_pass());
    }

    #[tokio::test]
    async fn an_altered_blob_is_not_handed_out() {
        let (dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        fs::write(path(&dir, &digest), b"Terms").unwrap();
        assert!(matches!(
            blobs.get(digest).await,
            Err(StoreError::Corrupt(_))
        ));
    }
}
