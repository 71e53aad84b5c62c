//! A whole .kbid file: header, then the body.

use std::io::{self, Read, Seek, SeekFrom};

use super::header::Header;
use super::problem::HeaderProblem;

/// Why a file is not a sealed bid.
#[derive(Debug, thiserror::Error)]
pub enum KbidProblem {
    /// The header is refused, by its own code.
    #[error(transparent)]
    Header(#[from] HeaderProblem),
    /// `ciphertext-length`: in bytes, of the whole file.
    #[error("the file has {found} bytes and should have {promised}")]
    Length {
        /// How many there are.
        found: u64,
        /// How many the header promises.
        promised: u64,
    },
    /// `io`: the medium failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

impl KbidProblem {
    /// The stable code of the specification.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Header(problem) => problem.code(),
            Self::Length { .. } => "ciphertext-length",
            Self::Io(_) => "io",
        }
    }
}

/// A .kbid open for reading. Its header is parsed and its length right; its
/// ciphertexts are checked when they are read.
#[derive(Debug)]
pub struct Kbid<R> {
    header: Header,
    reader: R,
}

impl<R: Read + Seek> Kbid<R> {
    /// `reader` begins at the magic.
    pub fn open(mut reader: R) -> Result<Self, KbidProblem> {
        reader.seek(SeekFrom::Start(0))?;
        let header = Header::read(&mut reader)??;
        let promised = header.length() + header.layout().length();
        let found = reader.seek(SeekFrom::End(0))?;
        if found == promised {
            Ok(Self { header, reader })
        } else {
            Err(KbidProblem::Length { found, promised })
        }
    }

    /// The header, parsed.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The body, from `offset` on.
    pub fn body(&mut self, offset: u64) -> io::Result<&mut R> {
        let start = self.header.length() + offset;
        self.reader.seek(SeekFrom::Start(start))?;
        Ok(&mut self.reader)
    }

    /// The ciphertext of a segment; `None` when there is no such segment.
    pub fn segment(&mut self, envelope: u8, segment: u32) -> io::Result<Option<io::Take<&mut R>>> {
        match self.header.layout().place(envelope, segment).copied() {
            Some(place) => Ok(Some(self.body(place.offset)?.take(place.ciphertext))),
            None => Ok(None),
        }
    }
}
