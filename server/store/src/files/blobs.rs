//! Blobs: immutable files named by a digest of their content.
//!
//! They are not sealed: what is stored here is the opening record, which is made
//! to be published, or ciphertext already (the segments of a bid). Anything
//! that names a bidder before T0 belongs into events, secrets or documents.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kaibiao_crypto::Digest;

use super::{blocking, durable};
use crate::error::StoreError;

/// The blobs of a store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    dir: PathBuf,
    temp: PathBuf,
}

/// An open blob, for reading in blocking code (decryption, hashing).
#[derive(Debug)]
pub struct Blob {
    /// The content, from its first byte.
    pub file: File,
    /// Bytes of content.
    pub length: u64,
}

impl Blobs {
    pub(crate) fn new(dir: PathBuf, temp: PathBuf) -> Self {
        Self { dir, temp }
    }

    /// Stores bytes under their SHA-256 and answers when they are on disk.
    /// Storing the same bytes again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Io`]; nothing is stored then.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Digest, StoreError> {
        let this = self.clone();
        blocking(move || {
            let digest = Digest::of(&bytes);
            durable::write(&this.temp, &this.path(&digest), &bytes)?;
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
            blob.file.read_to_end(&mut bytes)?;
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
    /// [`StoreError::Missing`] when the directory of blobs is there and the blob is
    /// not; [`StoreError::Io`] when either cannot be opened now.
    pub fn open(&self, digest: &Digest) -> Result<Blob, StoreError> {
        match File::open(self.path(digest)) {
            Ok(file) => {
                let length = file.metadata()?.len();
                Ok(Blob { file, length })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Without its directory, which may come back, no blob is found.
                fs::read_dir(&self.dir)?;
                Err(StoreError::Missing("blob"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Length in bytes, if the blob is there. Blocking, though not for long.
    ///
    /// # Errors
    /// The file is there and cannot be looked at.
    pub fn length(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        match fs::metadata(self.path(digest)) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all blobs; other files are no blobs. Blocking.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn names(&self) -> Result<Vec<Digest>, StoreError> {
        let found = super::below(&self.dir)?;
        Ok(found
            .iter()
            .filter_map(|(name, _)| name.parse().ok())
            .collect())
    }

    /// Bytes of all blobs. Blocking.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        Ok(super::below(&self.dir)?
            .iter()
            .map(|(_, length)| length)
            .sum())
    }

    /// Takes over a finished, synced file under a name that commits to its
    /// content. Repeating it after a crash is harmless.
    pub(crate) fn adopt(&self, from: &Path, digest: &Digest) -> Result<(), StoreError> {
        let to = self.path(digest);
        match durable::persist(from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => Ok(()),
            result => Ok(result?),
        }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.dir.join(&name[..2]).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let dir = tempfile::tempdir().unwrap();
        let (blobs, temp) = (dir.path().join("blobs"), dir.path().join("temp"));
        durable::make_dir(&temp).unwrap();
        (dir, Blobs::new(blobs, temp))
    }

    #[tokio::test]
    async fn a_blob_is_found_under_its_digest_and_nowhere_else() {
        let (dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        assert_eq!(blobs.put(b"terms".to_vec()).await.unwrap(), digest);
        assert_eq!(blobs.get(digest).await.unwrap(), b"terms");
        assert_eq!(blobs.length(&digest).unwrap(), Some(5));
        let other = Digest::of(b"other");
        assert!(matches!(
            blobs.get(other).await,
            Err(StoreError::Missing(_))
        ));
        assert_eq!(blobs.length(&other).unwrap(), None);
        assert_eq!(fs::read_dir(dir.path().join("temp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_blob_is_not_called_missing_while_its_directory_is_away() {
        let (dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        let away = dir.path().join("away");
        fs::rename(&blobs.dir, &away).unwrap();
        assert!(blobs.open(&digest).unwrap_err().may_pass());
        fs::rename(&away, &blobs.dir).unwrap();
        assert!(blobs.open(&digest).is_ok());
        fs::remove_file(blobs.path(&digest)).unwrap();
        assert!(!blobs.open(&digest).unwrap_err().may_pass());
    }

    #[tokio::test]
    async fn an_altered_blob_is_not_handed_out() {
        let (_dir, blobs) = blobs();
        let digest = blobs.put(b"terms".to_vec()).await.unwrap();
        fs::write(blobs.path(&digest), b"Terms").unwrap();
        assert!(matches!(
            blobs.get(digest).await,
            Err(StoreError::Corrupt(_))
        ));
    }
}
