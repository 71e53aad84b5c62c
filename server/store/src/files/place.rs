//! The port to where files lie: the data directory, or a bucket that several nodes
//! share. It is byte-level; digests, keys, rows and claims are above it.
//!
//! All of it blocks. What it answers is durable.

use std::fmt::Debug;
use std::io::{self, Read, Seek, Write};

use crate::error::StoreError;

pub(crate) type Answer<T> = Result<T, StoreError>;

/// Kinds of files that are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folder {
    Blobs,
    Lists,
    Documents,
}

impl Folder {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blobs => "blobs",
            Self::Lists => "lists",
            Self::Documents => "documents",
        }
    }
}

/// A place for files.
pub(crate) trait Place: Debug + Send + Sync + 'static {
    /// Keeps bytes whole under a name that commits to them; again changes nothing.
    fn put(&self, on: Folder, name: &str, bytes: Vec<u8>) -> Answer<()>;

    /// Opens what lies under a name. None only when the place is there and the file is
    /// not.
    fn open(&self, on: Folder, name: &str) -> Answer<Option<Opened>>;

    /// Bytes under a name, if it is there.
    fn length(&self, on: Folder, name: &str) -> Answer<Option<u64>>;

    /// All names of a folder with their lengths, in no order.
    fn all(&self, on: Folder) -> Answer<Vec<(String, u64)>>;

    /// Begins something of unknown length, which nobody sees before it is finished.
    fn draft(&self, on: Folder, name: &str) -> Answer<Box<dyn Draft>>;

    /// Makes room for an upload.
    fn begin(&self, upload: &str) -> Answer<()>;

    /// Opens an upload for writing where it was durable.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not there (any more).
    fn grow(&self, upload: &str, at: &Reached) -> Answer<Box<dyn Growing>>;

    /// Opens what is durable of an upload for reading; None where pieces of it are gone.
    fn upload(&self, upload: &str, at: &Reached) -> Answer<Option<Opened>>;

    /// Makes of a whole upload the blob of this name, without moving its bytes.
    /// Repeating it is harmless.
    ///
    /// # Errors
    /// [`StoreError::Length`] when not all of it is there (any more).
    fn adopt(&self, upload: &str, at: &Reached, name: &str) -> Answer<()>;

    /// Removes what an upload left whose row is gone. A `whole` one may be a blob.
    fn discard(&self, upload: &str, whole: bool) -> Answer<()>;

    /// How many bytes of an upload are there; None without any trace of it.
    fn found(&self, upload: &str, at: &Reached) -> Answer<Option<u64>>;

    /// The ids of all uploads of which something lies here.
    fn uploads(&self) -> Answer<Vec<String>>;

    /// Removes what uploads left of which no row tells, as far as it is sure that nobody
    /// needs it; answers how many.
    fn sweep(&self, strays: Vec<String>) -> Answer<usize>;

    /// Whether nodes beside this process may write here.
    fn is_shared(&self) -> bool;
}

/// How far an upload is durable, as its row says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    pub offset: u64,
    /// What the place said of its bytes when they were durable ([`Growing::sync`]);
    /// sealed in the row.
    pub mark: String,
}

/// Something opened for reading.
pub(crate) struct Opened {
    pub content: Box<dyn Content>,
    pub length: u64,
}

/// Bytes that are read from any place. What is found damaged or missing on the way is
/// [`io::ErrorKind::InvalidData`].
pub(crate) trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// Something that is being written. Dropped unfinished, it was never there.
pub(crate) trait Draft: Write + Send {
    /// Gives it its name, durably.
    fn finish(&mut self) -> io::Result<()>;
}

/// An upload that is being written.
pub(crate) trait Growing: Send {
    /// Where it stands: no further than its row says.
    fn offset(&self) -> u64;

    /// Bytes to be gathered before they are appended.
    fn gather(&self) -> usize;

    /// Whether the mark commits to every byte, so that they need not be hashed again by
    /// a process that did not write them.
    fn is_marked(&self) -> bool;

    /// Adds bytes at its end; answers room for the next ones.
    fn append(&mut self, bytes: Vec<u8>) -> Answer<Vec<u8>>;

    /// Makes what was appended durable; answers the mark of it.
    fn sync(&mut self) -> Answer<String>;

    /// Reads at most `most` bytes back from `from` on.
    fn read(&mut self, from: u64, most: u64) -> Answer<Vec<u8>>;

    /// Gets ready for going back to `offset`, without loss as yet; answers the mark
    /// there.
    fn turn(&mut self, offset: u64) -> Answer<String>;

    /// Forgets what lies beyond `offset`, once the row says so.
    fn cut(&mut self, offset: u64) -> Answer<()>;
}
