//! Reads over the pieces of a manifest. Each is fetched whole and compared with its
//! digest before a byte of it is handed on.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use kaibiao_crypto::Digest;

use super::objects::Objects;
use super::pieces::Piece;
use crate::error::StoreError;

/// The content of a manifest.
pub(super) struct Reading {
    objects: Arc<Objects>,
    upload: String,
    pieces: Vec<Piece>,
    position: u64,
    held: Option<(usize, Vec<u8>)>,
}

impl Reading {
    pub fn new(objects: Arc<Objects>, upload: String, pieces: Vec<Piece>) -> Self {
        Self {
            objects,
            upload,
            pieces,
            position: 0,
            held: None,
        }
    }

    fn length(&self) -> u64 {
        self.pieces.last().map_or(0, Piece::end)
    }

    fn piece(&mut self, number: usize) -> io::Result<&[u8]> {
        if self.held.as_ref().is_none_or(|(held, _)| *held != number) {
            self.held = None;
            let bytes = fetch(&self.objects, &self.upload, &self.pieces[number])?;
            self.held = Some((number, bytes));
        }
        Ok(self.held.as_ref().map_or(&[], |(_, bytes)| bytes))
    }
}

/// A piece's bytes, as its name says.
pub(super) fn fetch(objects: &Objects, upload: &str, piece: &Piece) -> io::Result<Vec<u8>> {
    let key = super::piece_key(upload, &piece.name);
    match objects.get(&key) {
        Ok(Some(bytes)) if Digest::of(&bytes) == piece.digest => Ok(bytes),
        Ok(found) => {
            let what = found.map_or("is missing", |_| "is damaged");
            let problem = format!("a piece of what is stored {what}: {key}");
            Err(io::Error::new(io::ErrorKind::InvalidData, problem))
        }
        Err(StoreError::Io(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let position = self.position;
        if position >= self.length() || into.is_empty() {
            return Ok(0);
        }
        let number = self.pieces.partition_point(|it| it.end() <= position);
        let from = usize::try_from(position - self.pieces[number].offset);
        let from = from.map_err(io::Error::other)?;
        let rest = &self.piece(number)?[from..];
        let taken = rest.len().min(into.len());
        into[..taken].copy_from_slice(&rest[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
