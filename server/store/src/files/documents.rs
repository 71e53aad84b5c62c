//! Documents: decrypted content, kept encrypted under a random key each.
//!
//! The key is not here: whoever writes a document puts its key into the
//! `secrets` of its stream, in the transaction of the event that tells of the
//! document. A file without its event is noise, and wiping the key erases it.
//!
//! ```text
//! file   = chunk 0 || chunk 1 || ...          each 64 KiB of content + 16 bytes of tag,
//!                                             the last one shorter, empty only if all is
//! chunk  = AES-256-GCM(key, nonce = 7 zero bytes || u32 number || last flag, aad, content)
//! aad    = "kaibiao/1 document " || id
//! ```

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::chunks::{CHUNK, CONTENT, Chunks, SEALED, damaged};
use super::place::{Content, Draft, Folder, Place};
use super::{blocking, durable};
use crate::error::StoreError;
use crate::keys::{TAG, random};

/// The documents of a store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Documents {
    place: Arc<dyn Place>,
}

/// Where a document lies and what opens it. To be stored as a secret.
#[derive(Clone)]
pub struct DocumentKey {
    /// 32 hexadecimal digits, random.
    pub id: String,
    key: Zeroizing<[u8; 32]>,
}

impl DocumentKey {
    /// The bytes to put into the stream's secrets.
    #[must_use]
    pub fn to_secret(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        bytes.extend_from_slice(&*self.key);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads what [`DocumentKey::to_secret`] gave; None for anything else.
    #[must_use]
    pub fn from_secret(bytes: &[u8]) -> Option<Self> {
        let (key, id) = bytes.split_first_chunk::<32>()?;
        let id = std::str::from_utf8(id).ok()?;
        let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (id.len() == 32 && id.bytes().all(known)).then(|| Self {
            id: id.to_owned(),
            key: Zeroizing::new(*key),
        })
    }
}

impl Documents {
    pub(crate) fn new(place: Arc<dyn Place>) -> Self {
        Self { place }
    }

    /// Begins a document. Blocking, like the writer.
    ///
    /// # Errors
    /// Its place gives no room for it, or there is no randomness.
    pub fn create(&self) -> Result<DocumentWriter, StoreError> {
        let mut key = Zeroizing::new([0; 32]);
        random(&mut *key)?;
        let id = durable::random_name()?;
        Ok(DocumentWriter {
            sealer: Chunks::new(&key, &id),
            draft: self.place.draft(Folder::Documents, &id)?,
            key: DocumentKey { id, key },
            pending: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            number: 0,
            length: 0,
        })
    }

    /// Stores a small document whole, durably.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Io`]; nothing is stored then.
    pub async fn put(&self, content: Zeroizing<Vec<u8>>) -> Result<DocumentKey, StoreError> {
        let this = self.clone();
        blocking(move || {
            let mut writer = this.create()?;
            writer.write_all(&content)?;
            Ok(writer.finish()?.0)
        })
        .await
    }

    /// Opens a document. Blocking, like the reader.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or [`StoreError::Corrupt`] when no document has its
    /// length. Content is checked as it is read.
    fn open(&self, key: &DocumentKey) -> Result<DocumentReader, StoreError> {
        let opened = self.place.open(Folder::Documents, &key.id)?;
        let opened = opened.ok_or(StoreError::Missing("document"))?;
        let size = opened.length;
        let chunks = size.div_ceil(SEALED);
        let length = size
            .checked_sub(chunks * (SEALED - CONTENT))
            .filter(|_| chunks > 0)
            .ok_or_else(|| StoreError::Corrupt(format!("document {}", key.id)))?;
        Ok(DocumentReader {
            opener: Chunks::new(&key.key, &key.id),
            content: opened.content,
            chunks,
            length,
            position: 0,
            held: None,
        })
    }

    /// Reads `range` of a document's content, in bytes, cut to its length.
    ///
    /// # Errors
    /// As [`Documents::open`], or a chunk of the range is not what was written.
    pub async fn read(&self, key: &DocumentKey, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let (this, key) = (self.clone(), key.clone());
        blocking(move || {
            let mut reader = this.open(&key)?;
            let end = range.end.min(reader.length);
            let start = range.start.min(end);
            reader.seek(SeekFrom::Start(start))?;
            let mut content = Vec::new();
            reader.take(end - start).read_to_end(&mut content)?;
            Ok(content)
        })
        .await
    }

    /// The ids of all documents. Blocking.
    ///
    /// # Errors
    /// Their place cannot be read.
    pub fn ids(&self) -> Result<Vec<String>, StoreError> {
        let found = self.place.all(Folder::Documents)?;
        Ok(found.into_iter().map(|(name, _)| name).collect())
    }

    /// Bytes of all documents as they lie there. Blocking.
    ///
    /// # Errors
    /// Their place cannot be read.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let all = self.place.all(Folder::Documents)?;
        Ok(all.iter().map(|(_, length)| length).sum())
    }

    /// How long a document's content is.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or [`StoreError::Corrupt`] when no document has its
    /// length.
    pub async fn length(&self, key: &DocumentKey) -> Result<u64, StoreError> {
        let (this, key) = (self.clone(), key.clone());
        blocking(move || Ok(this.open(&key)?.length)).await
    }
}

/// Encrypts what is written to it. Dropped unfinished, it leaves nothing.
pub struct DocumentWriter {
    sealer: Chunks,
    draft: Box<dyn Draft>,
    key: DocumentKey,
    pending: Zeroizing<Vec<u8>>,
    number: u32,
    length: u64,
}

impl DocumentWriter {
    /// Syncs the document and gives it its name; answers its key and its length in
    /// bytes.
    ///
    /// # Errors
    /// The document is not durable; what was written of it goes.
    pub fn finish(mut self) -> Result<(DocumentKey, u64), StoreError> {
        self.flush_chunk(true)?;
        self.draft.finish()?;
        Ok((self.key.clone(), self.length))
    }

    fn flush_chunk(&mut self, last: bool) -> io::Result<()> {
        self.sealer.seal(self.number, last, &mut self.pending)?;
        self.draft.write_all(&self.pending)?;
        self.pending.clear();
        self.number = self
            .number
            .checked_add(1)
            .ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        Ok(())
    }
}

impl Write for DocumentWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for the next byte, since only then it is not the last.
        if self.pending.len() == CHUNK && !bytes.is_empty() {
            self.flush_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.pending.len());
        self.pending.extend_from_slice(&bytes[..taken]);
        self.length += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a document's content at any place; no byte before its chunk is
/// authenticated.
struct DocumentReader {
    opener: Chunks,
    content: Box<dyn Content>,
    chunks: u64,
    /// Bytes of content.
    length: u64,
    position: u64,
    held: Option<(u64, Zeroizing<Vec<u8>>)>,
}

impl DocumentReader {
    fn chunk(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.held.as_ref().is_none_or(|(held, _)| *held != number) {
            self.held = None;
            let mut chunk = Zeroizing::new(Vec::with_capacity(CHUNK + TAG));
            self.content.seek(SeekFrom::Start(number * SEALED))?;
            (&mut self.content).take(SEALED).read_to_end(&mut chunk)?;
            let short = u32::try_from(number).map_err(|_| damaged())?;
            self.opener
                .open(short, number + 1 == self.chunks, &mut chunk)?;
            self.held = Some((number, chunk));
        }
        self.held
            .as_ref()
            .map(|(_, chunk)| &chunk[..])
            .ok_or_else(damaged)
    }
}

impl Read for DocumentReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length {
            // That an empty document is empty is authenticated too.
            if self.length == 0 {
                self.chunk(0)?;
            }
            return Ok(0);
        }
        let number = self.position / CONTENT;
        let from = usize::try_from(self.position % CONTENT).map_err(io::Error::other)?;
        let chunk = self.chunk(number)?;
        let rest = chunk.get(from..).ok_or_else(damaged)?;
        let taken = rest.len().min(into.len());
        into[..taken].copy_from_slice(&rest[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for DocumentReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::directory::Directory;

    fn documents() -> (tempfile::TempDir, Documents) {
        let dir = tempfile::tempdir().unwrap();
        durable::make_dir(&dir.path().join("temp")).unwrap();
        let place = Arc::new(Directory::new(dir.path()));
        (dir, Documents::new(place))
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at % 251) as u8).collect()
    }

    #[tokio::test]
    async fn documents_of_every_length_about_a_chunk_are_read_back() {
        let (_dir, documents) = documents();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5] {
            let key = documents
                .put(Zeroizing::new(content(length)))
                .await
                .unwrap();
            let key = DocumentKey::from_secret(&key.to_secret()).unwrap();
            assert_eq!(documents.open(&key).unwrap().length, length as u64);
            let whole = documents.read(&key, 0..u64::MAX).await.unwrap();
            assert_eq!(whole, content(length));
        }
    }

    #[tokio::test]
    async fn a_range_is_the_same_bytes_as_that_part_of_the_whole() {
        let (_dir, documents) = documents();
        let whole = content(3 * CHUNK + 5);
        let key = documents.put(Zeroizing::new(whole.clone())).await.unwrap();
        for (start, end) in [
            (0, 1),
            (CHUNK - 1, CHUNK + 1),
            (CHUNK, 2 * CHUNK),
            (5, 5),
            (7, 9 * CHUNK),
        ] {
            let part = documents
                .read(&key, start as u64..end as u64)
                .await
                .unwrap();
            assert_eq!(part, &whole[start..end.min(whole.len())]);
        }
    }

    #[tokio::test]
    async fn a_damaged_truncated_or_extended_document_is_not_read() {
        let (dir, documents) = documents();
        let key = documents
            .put(Zeroizing::new(content(CHUNK + 5)))
            .await
            .unwrap();
        let path = dir
            .path()
            .join("documents")
            .join(&key.id[..2])
            .join(&key.id);
        let good = std::fs::read(&path).unwrap();
        assert!(!good.windows(16).any(|part| part == &content(16)[..]));
        let mut flipped = good.clone();
        flipped[100] ^= 1;
        let cut = good[..CHUNK + TAG].to_vec();
        let longer = [&good[..], &[0; 40]].concat();
        for bad in [flipped, cut, longer, good[..5].to_vec(), Vec::new()] {
            std::fs::write(&path, bad).unwrap();
            assert!(documents.read(&key, 0..u64::MAX).await.is_err());
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        #[test]
        fn however_it_is_cut_in_writing_and_reading_it_is_the_same_document(
            pieces in proptest::collection::vec(0usize..90_000, 0..6),
            seeks in proptest::collection::vec((0u64..300_000, 0usize..70_000), 0..8),
        ) {
            let (_dir, documents) = documents();
            let whole = content(pieces.iter().sum());
            let mut writer = documents.create().unwrap();
            let mut rest = &whole[..];
            for piece in pieces {
                writer.write_all(&rest[..piece]).unwrap();
                rest = &rest[piece..];
            }
            let (key, length) = writer.finish().unwrap();
            assert_eq!(length, whole.len() as u64);
            let mut reader = documents.open(&key).unwrap();
            for (at, count) in seeks {
                reader.seek(SeekFrom::Start(at)).unwrap();
                let mut part = Vec::new();
                (&mut reader).take(count as u64).read_to_end(&mut part).unwrap();
                let from = whole.len().min(at as usize);
                assert_eq!(part, &whole[from..whole.len().min(from + count)]);
            }
        }
    }

    #[test]
    fn a_writer_dropped_unfinished_leaves_nothing() {
        let (dir, documents) = documents();
        let mut writer = documents.create().unwrap();
        writer.write_all(&content(CHUNK * 2)).unwrap();
        drop(writer);
        assert_eq!(
            std::fs::read_dir(dir.path().join("temp")).unwrap().count(),
            0
        );
        assert!(!dir.path().join("documents").exists());
    }
}
