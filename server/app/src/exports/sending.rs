//! An archive that is sent as it is made: a piece of one file is in memory at a time.

use std::collections::VecDeque;
use std::io::Read as _;

use futures_util::{Stream, stream};
use kaibiao_api::problem::Problem;
use kaibiao_crypto::Digest;
use kaibiao_exports::package::Archive;
use kaibiao_store::{Blob, DocumentKey, StoreError};
use ring::digest::{Context, SHA256};

use crate::failure::of_store;
use crate::{Shared, blocking, bundle, documents};

/// How many bytes of a file are in memory at a time.
const PIECE: u64 = 256 << 10;

/// What a file of an archive holds.
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A document that is kept, and its size.
    Document(DocumentKey, u64),
    /// These bytes, then a blob.
    Blob(Vec<u8>, Digest),
    /// A bundle of evidence, which is made while it is sent.
    Bundle(Box<bundle::Sending>),
}

/// A file that was sent: its size and the SHA-256 of its content.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub size: u64,
    pub digest: Digest,
}

/// What stands at the end of an archive, made of what was sent before, in order.
type Back = Box<dyn FnOnce(&[Sent]) -> Result<Vec<(String, Vec<u8>)>, Problem> + Send>;

/// An archive that is being sent.
pub struct Sending {
    /// What the file is called.
    pub name: String,
    /// How long it will be, where that can be said.
    pub length: Option<u64>,
    app: Shared,
    archive: Option<Archive>,
    files: VecDeque<(String, Content)>,
    open: Option<Reading>,
    sent: Vec<Sent>,
    back: Option<Back>,
}

/// The file that is being read.
struct Reading {
    parts: VecDeque<Source>,
    hashed: Context,
    size: u64,
}

/// A part of it that is not read yet.
enum Source {
    Bytes(Vec<u8>),
    /// From here, to there.
    Document(DocumentKey, u64, u64),
    Blob(Blob),
    Bundle(Box<bundle::Sending>),
}

impl Sending {
    /// An archive of these files.
    pub fn new(app: &Shared, name: String, files: VecDeque<(String, Content)>) -> Self {
        Self {
            name,
            length: None,
            app: app.clone(),
            archive: Some(Archive::new()),
            files,
            open: None,
            sent: Vec::new(),
            back: None,
        }
    }

    /// Says how long it will be.
    #[must_use]
    pub fn of_length(self, length: Option<u64>) -> Self {
        Self { length, ..self }
    }

    /// Ends with files that are made of what was sent.
    #[must_use]
    pub fn with_back(
        self,
        back: impl FnOnce(&[Sent]) -> Result<Vec<(String, Vec<u8>)>, Problem> + Send + 'static,
    ) -> Self {
        Self {
            back: Some(Box::new(back)),
            ..self
        }
    }

    /// All its bytes, piece by piece.
    pub fn pieces(self) -> impl Stream<Item = Result<Vec<u8>, Problem>> {
        stream::try_unfold(self, async |mut it| {
            let next = it.next().await?;
            Ok(next.map(|bytes| (bytes, it)))
        })
    }

    /// The next bytes, or none at the end.
    ///
    /// # Errors
    /// When a file cannot be read. What was sent until then is no archive.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        loop {
            let Some(mut archive) = self.archive.take() else {
                return Ok(None);
            };
            if self.open.is_some() {
                self.go_on(&mut archive).await?;
            } else if let Some((path, content)) = self.files.pop_front() {
                archive.begin(&path).map_err(Problem::internal)?;
                self.begin(content).await?;
            } else if let Some(back) = self.back.take() {
                let back = back(&self.sent)?;
                let back = back.into_iter();
                self.files = back
                    .map(|(path, bytes)| (path, Content::Bytes(bytes)))
                    .collect();
            } else {
                return Ok(Some(archive.finish().map_err(Problem::internal)?));
            }
            let bytes = archive.take();
            self.archive = Some(archive);
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }

    async fn begin(&mut self, content: Content) -> Result<(), Problem> {
        let parts = match content {
            Content::Bytes(bytes) => VecDeque::from([Source::Bytes(bytes)]),
            Content::Document(key, size) => VecDeque::from([Source::Document(key, 0, size)]),
            Content::Blob(front, blob) => {
                let blobs = self.app.store.blobs().clone();
                let blob = blocking(move || blobs.open(&blob).map_err(of_store)).await?;
                VecDeque::from([Source::Bytes(front), Source::Blob(blob)])
            }
            Content::Bundle(bundle) => VecDeque::from([Source::Bundle(bundle)]),
        };
        self.open = Some(Reading {
            parts,
            hashed: Context::new(&SHA256),
            size: 0,
        });
        Ok(())
    }

    /// Sends a piece of the open file, or ends it.
    async fn go_on(&mut self, archive: &mut Archive) -> Result<(), Problem> {
        let Some(mut reading) = self.open.take() else {
            return Ok(());
        };
        let Some(part) = reading.parts.pop_front() else {
            let digest = reading.hashed.finish();
            let digest = <[u8; 32]>::try_from(digest.as_ref()).map_err(Problem::internal)?;
            self.sent.push(Sent {
                size: reading.size,
                digest: Digest::from_bytes(digest),
            });
            return Ok(());
        };
        let (bytes, rest) = piece(&self.app, part).await?;
        archive.write(&bytes).map_err(Problem::internal)?;
        reading.hashed.update(&bytes);
        reading.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if let Some(rest) = rest {
            reading.parts.push_front(rest);
        }
        self.open = Some(reading);
        Ok(())
    }
}

/// The next bytes of a part, and what is left of it.
async fn piece(app: &Shared, part: Source) -> Result<(Vec<u8>, Option<Source>), Problem> {
    match part {
        Source::Bytes(bytes) => Ok((bytes, None)),
        Source::Document(_, at, size) if at >= size => Ok((Vec::new(), None)),
        Source::Document(key, at, size) => {
            let end = size.min(at + PIECE);
            let bytes = documents::piece(app, &key, at..end).await?;
            Ok((bytes, Some(Source::Document(key, end, size))))
        }
        Source::Bundle(mut bundle) => Ok(match bundle.next().await? {
            Some(bytes) => (bytes, Some(Source::Bundle(bundle))),
            None => (Vec::new(), None),
        }),
        Source::Blob(mut blob) => {
            blocking(move || {
                let mut bytes = Vec::new();
                let mut limited = (&mut blob).take(PIECE);
                let read = limited.read_to_end(&mut bytes);
                read.map_err(|error| of_store(StoreError::from(error)))?;
                let is_over = bytes.is_empty();
                Ok((bytes, (!is_over).then_some(Source::Blob(blob))))
            })
            .await
        }
    }
}
