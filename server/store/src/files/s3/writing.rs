//! Writes pieces: those of an upload, and those of a document.

use std::io::{self, Write};
use std::sync::Arc;

use super::objects::Objects;
use super::pieces::{Manifest, Piece};
use super::reading::fetch;
use super::{PIECE, manifest_key, piece_key, whole_key};
use crate::error::StoreError;
use crate::files::place::{Answer, Draft, Folder, Growing};

/// A piece at the end that is shorter is written again with what follows it, so that
/// many small requests do not leave as many objects.
const SMALL: u64 = 256 * 1024;

/// Pieces that follow each other in the folder of one upload.
pub(super) struct Pieces {
    objects: Arc<Objects>,
    upload: String,
    all: Vec<Piece>,
}

impl Pieces {
    pub fn new(objects: Arc<Objects>, upload: &str, all: Vec<Piece>) -> Self {
        Self {
            objects,
            upload: upload.to_owned(),
            all,
        }
    }

    fn end(&self) -> u64 {
        self.all.last().map_or(0, Piece::end)
    }

    fn last(&self) -> &str {
        self.all.last().map_or("", |piece| &piece.name)
    }

    fn push(&mut self, bytes: Vec<u8>) -> Answer<()> {
        let piece = Piece::after(self.last(), self.end(), &bytes);
        self.objects
            .put(&piece_key(&self.upload, &piece.name), bytes)?;
        self.all.push(piece);
        Ok(())
    }

    fn fetch(&self, piece: &Piece) -> Answer<Vec<u8>> {
        Ok(fetch(&self.objects, &self.upload, piece)?)
    }
}

impl Growing for Pieces {
    fn offset(&self) -> u64 {
        self.end()
    }

    fn gather(&self) -> usize {
        PIECE
    }

    fn is_marked(&self) -> bool {
        true
    }

    fn append(&mut self, mut bytes: Vec<u8>) -> Answer<Vec<u8>> {
        if bytes.is_empty() {
            return Ok(bytes);
        }
        let tail = self.all.last().cloned();
        let small = tail.filter(|tail| tail.length + (bytes.len() as u64) <= SMALL);
        if let Some(tail) = small {
            bytes = [self.fetch(&tail)?, bytes].concat();
            self.all.pop();
        }
        self.push(bytes)?;
        Ok(Vec::new())
    }

    fn sync(&mut self) -> Answer<String> {
        Ok(self.last().to_owned())
    }

    fn read(&mut self, from: u64, most: u64) -> Answer<Vec<u8>> {
        let number = self.all.partition_point(|piece| piece.end() <= from);
        let Some(piece) = self.all.get(number) else {
            return Ok(Vec::new());
        };
        let bytes = self.fetch(piece)?;
        let skipped = usize::try_from(from - piece.offset).unwrap_or(usize::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let rest = bytes.get(skipped..).unwrap_or_default();
        Ok(rest[..rest.len().min(most)].to_vec())
    }

    fn turn(&mut self, offset: u64) -> Answer<String> {
        let kept = self.all.partition_point(|piece| piece.end() <= offset);
        let mut turned = Self::new(
            Arc::clone(&self.objects),
            &self.upload,
            self.all[..kept].to_vec(),
        );
        if let Some(cut) = self.all.get(kept).filter(|cut| cut.offset < offset) {
            let mut bytes = self.fetch(cut)?;
            bytes.truncate(usize::try_from(offset - cut.offset).unwrap_or(usize::MAX));
            turned.push(bytes)?;
        }
        *self = turned;
        self.sync()
    }

    fn cut(&mut self, _: u64) -> Answer<()> {
        // What it went back from is named by nothing any more.
        Ok(())
    }
}

/// A document that is being written. It is one object unless it is longer than a piece.
pub(super) struct Unnamed {
    pieces: Pieces,
    on: Folder,
    buffer: Vec<u8>,
}

impl Unnamed {
    pub fn new(objects: Arc<Objects>, on: Folder, name: &str) -> Self {
        Self {
            pieces: Pieces::new(objects, name, Vec::new()),
            on,
            buffer: Vec::new(),
        }
    }
}

impl Write for Unnamed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() == PIECE {
            let full = std::mem::take(&mut self.buffer);
            self.pieces.push(full).map_err(to_io)?;
        }
        let taken = bytes.len().min(PIECE - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Draft for Unnamed {
    fn finish(&mut self) -> io::Result<()> {
        let (rest, pieces) = (std::mem::take(&mut self.buffer), &mut self.pieces);
        let name = pieces.upload.clone();
        if pieces.all.is_empty() {
            return pieces
                .objects
                .put(&whole_key(self.on, &name), rest)
                .map_err(to_io);
        }
        pieces.push(rest).map_err(to_io)?;
        let manifest = Manifest::new(&name, &pieces.all).to_bytes();
        let key = manifest_key(self.on, &name, &name, pieces.end());
        pieces.objects.put(&key, manifest).map_err(to_io)
    }
}

fn to_io(error: StoreError) -> io::Error {
    match error {
        StoreError::Io(error) => error,
        error => io::Error::other(error),
    }
}
