//! The chunks of a document: each authenticated for itself, its place and whether
//! it is the last.

use std::io;

use ring::aead::{Aad, LessSafeKey, Nonce};

use crate::keys::{TAG, aead};

/// Bytes of content in a chunk.
pub(super) const CHUNK: usize = 64 * 1024;
/// The same, as file offsets count.
pub(super) const CONTENT: u64 = CHUNK as u64;
/// Bytes of a full chunk in the file.
pub(super) const SEALED: u64 = (CHUNK + TAG) as u64;

/// Seals and opens chunks in place.
pub(super) struct Chunks {
    key: LessSafeKey,
    aad: Vec<u8>,
}

impl Chunks {
    pub fn new(key: &[u8; 32], id: &str) -> Self {
        Self {
            key: aead(key),
            aad: [b"kaibiao/1 document ", id.as_bytes()].concat(),
        }
    }

    pub fn seal(&self, number: u32, last: bool, chunk: &mut Vec<u8>) -> io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(number, last), Aad::from(&self.aad), chunk)
            .map_err(|_| io::Error::other("a chunk could not be sealed"))
    }

    pub fn open(&self, number: u32, last: bool, chunk: &mut Vec<u8>) -> io::Result<()> {
        let length = self
            .key
            .open_in_place(nonce(number, last), Aad::from(&self.aad), chunk)
            .map_err(|_| damaged())?
            .len();
        chunk.truncate(length);
        Ok(())
    }
}

fn nonce(number: u32, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a document is damaged")
}
