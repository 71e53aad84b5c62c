//! An event as it lies in the table.
//!
//! Facts and details are each sealed under a random key of their own, so that
//! one can be disclosed, or let go, without the other:
//!
//! ```text
//! K          = 32 random bytes, used once
//! body       = AES-256-GCM(K, nonce 0, aad, salt32 || bytes)
//! wrapped    = nonce12 || AES-256-GCM(wrap key of the stream, nonce12, aad, K)
//! column     = 0x01 || wrapped (60 bytes) || body
//! aad        = "kaibiao/1 at rest " || part || 0 || u64 seq || i64 time || stream
//! ```
//!
//! Of details that were erased there is, in their column, what says so:
//!
//! ```text
//! column     = 0x02 || nonce12 || AES-256-GCM(wrap key of the stream, nonce12, aad, digest32)
//! ```
//!
//! `part` is `facts`, `details`, or `erased`, whose `digest32` is that of the details in
//! the shell. The shell beside them is in the clear; since
//! time and sequence are associated data and the shell's digests are recomputed
//! when an event is read, nobody without the root secret can alter or invent one.

use ring::aead::{Aad, LessSafeKey, Nonce};
use zeroize::Zeroizing;

use kaibiao_crypto::{Digest, merkle, shell};

use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{NONCE, TAG, aead, open, random, seal};

const FORMAT: u8 = 1;
const ERASED: u8 = 2;
const KEY: usize = 32;
const SALT: usize = 32;
const WRAPPED: usize = NONCE + KEY + TAG;

/// The columns of one event.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub seq: u64,
    pub time: Millis,
    pub shell: Vec<u8>,
    pub leaf: Digest,
    pub facts: Vec<u8>,
    pub details: Vec<u8>,
}

/// One part of an event, opened: it holds exactly the bytes that were hashed.
#[derive(Debug, Clone)]
pub struct Part {
    /// Hashed before the bytes, so that their digest tells nothing about them.
    pub salt: [u8; 32],
    /// Canonical JSON.
    pub bytes: Vec<u8>,
}

/// An event opened and checked against its shell.
#[derive(Debug, Clone)]
pub(crate) struct OpenEvent {
    pub facts: Part,
    /// None where they were erased.
    pub details: Option<Part>,
    /// As the shell has it.
    pub digest: Digest,
}

impl EventRow {
    pub fn seal(
        wrap: &LessSafeKey,
        stream: &str,
        seq: u64,
        time: Millis,
        facts: &[u8],
        details: &[u8],
    ) -> Result<Self, StoreError> {
        // One call to the operating system for all that is random in an event.
        let mut fresh = Zeroizing::new([0; 2 * Fresh::SIZE]);
        random(&mut *fresh)?;
        let (for_facts, for_details) = fresh.split_at(Fresh::SIZE);
        let (for_facts, for_details) = (Fresh::split(for_facts), Fresh::split(for_details));
        let shell = shell::Shell {
            seq,
            time,
            facts: shell::facts_digest(&for_facts.salt, facts),
            details: shell::details_digest(&for_details.salt, details),
        }
        .to_bytes();
        Ok(Self {
            seq,
            time,
            leaf: merkle::leaf_hash(&shell),
            shell,
            facts: for_facts.seal(wrap, &aad("facts", stream, seq, time), facts),
            details: for_details.seal(wrap, &aad("details", stream, seq, time), details),
        })
    }

    /// # Errors
    /// [`StoreError::Corrupt`] when any byte is not the one that was written.
    pub fn open(&self, wrap: &LessSafeKey, stream: &str) -> Result<OpenEvent, StoreError> {
        let corrupt = |what: &str| {
            StoreError::Corrupt(format!("{what} of event {} of stream {stream}", self.seq))
        };
        let part = |name: &'static str, sealed: &[u8]| {
            open_part(wrap, &aad(name, stream, self.seq, self.time), sealed)
                .ok_or_else(|| corrupt(name))
        };
        let facts = part("facts", &self.facts)?;
        let erased = self.erased_digest(wrap, stream);
        let (details, digest) = if let Some(digest) = erased {
            (None, digest)
        } else {
            let details = part("details", &self.details)?;
            let digest = shell::details_digest(&details.salt, &details.bytes);
            (Some(details), digest)
        };
        let shell = shell::Shell {
            seq: self.seq,
            time: self.time,
            facts: shell::facts_digest(&facts.salt, &facts.bytes),
            details: digest,
        };
        if shell.to_bytes() != self.shell {
            return Err(corrupt("the shell"));
        }
        if merkle::leaf_hash(&self.shell) != self.leaf {
            return Err(corrupt("the leaf"));
        }
        Ok(OpenEvent {
            facts,
            details,
            digest,
        })
    }

    /// What stands in the column of details once they are erased.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn erased(
        &self,
        wrap: &LessSafeKey,
        stream: &str,
        digest: &Digest,
    ) -> Result<Vec<u8>, StoreError> {
        let aad = aad("erased", stream, self.seq, self.time);
        let mut column = vec![ERASED];
        column.extend(seal(wrap, &aad, digest.as_bytes())?);
        Ok(column)
    }

    /// The digest of details that were erased; None where they are there.
    fn erased_digest(&self, wrap: &LessSafeKey, stream: &str) -> Option<Digest> {
        let (&format, rest) = self.details.split_first()?;
        let aad = aad("erased", stream, self.seq, self.time);
        let digest = open(wrap, &aad, rest).filter(|_| format == ERASED)?;
        Some(Digest::from_bytes(<[u8; 32]>::try_from(&**digest).ok()?))
    }
}

/// The random bytes of one part.
struct Fresh {
    key: Zeroizing<[u8; KEY]>,
    salt: [u8; SALT],
    nonce: [u8; NONCE],
}

impl Fresh {
    const SIZE: usize = KEY + SALT + NONCE;

    fn split(bytes: &[u8]) -> Self {
        let mut fresh = Self {
            key: Zeroizing::new([0; KEY]),
            salt: [0; SALT],
            nonce: [0; NONCE],
        };
        let (key, rest) = bytes.split_at(KEY);
        let (salt, nonce) = rest.split_at(SALT);
        fresh.key.copy_from_slice(key);
        fresh.salt.copy_from_slice(salt);
        fresh.nonce.copy_from_slice(nonce);
        fresh
    }

    fn seal(&self, wrap: &LessSafeKey, aad: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut column = Vec::with_capacity(1 + WRAPPED + SALT + bytes.len() + TAG);
        column.push(FORMAT);
        column.extend_from_slice(&self.nonce);
        column.extend_from_slice(&*self.key);
        let seal = |key: &LessSafeKey, nonce, column: &mut Vec<u8>, from: usize| {
            let tag = key
                .seal_in_place_separate_tag(
                    Nonce::assume_unique_for_key(nonce),
                    Aad::from(aad),
                    &mut column[from..],
                )
                .expect("an event is far shorter than AES-GCM's 64 GiB");
            column.extend_from_slice(tag.as_ref());
        };
        seal(wrap, self.nonce, &mut column, 1 + NONCE);
        let body = column.len();
        column.extend_from_slice(&self.salt);
        column.extend_from_slice(bytes);
        // The key is used once, so a fixed nonce is never repeated under it.
        seal(&aead(&self.key), [0; NONCE], &mut column, body);
        column
    }
}

fn open_part(wrap: &LessSafeKey, aad: &[u8], column: &[u8]) -> Option<Part> {
    let (&format, rest) = column.split_first()?;
    let (wrapped, body) = rest.split_at_checked(WRAPPED)?;
    if format != FORMAT {
        return None;
    }
    let key = Zeroizing::new(<[u8; KEY]>::try_from(&**open(wrap, aad, wrapped)?).ok()?);
    let mut body = body.to_vec();
    let length = aead(&key)
        .open_in_place(
            Nonce::assume_unique_for_key([0; NONCE]),
            Aad::from(aad),
            &mut body,
        )
        .ok()?
        .len();
    body.truncate(length);
    let salt = *body.first_chunk::<SALT>()?;
    body.drain(..SALT);
    Some(Part { salt, bytes: body })
}

fn aad(part: &str, stream: &str, seq: u64, time: Millis) -> Vec<u8> {
    let mut aad = Vec::with_capacity(48 + stream.len());
    aad.extend_from_slice(b"kaibiao/1 at rest ");
    aad.extend_from_slice(part.as_bytes());
    aad.push(0);
    aad.extend_from_slice(&seq.to_be_bytes());
    aad.extend_from_slice(&time.to_be_bytes());
    aad.extend_from_slice(stream.as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keys, RootSecret};

    fn wrap(stream: &str) -> LessSafeKey {
        Keys::derive(&RootSecret::from_bytes([7; 32])).wrap(stream)
    }

    fn row() -> EventRow {
        EventRow::seal(&wrap("s"), "s", 3, 1_000, b"facts", b"details").unwrap()
    }

    #[test]
    fn what_was_sealed_opens_to_the_same_bytes() {
        let event = row().open(&wrap("s"), "s").unwrap();
        assert_eq!(event.facts.bytes, b"facts");
        let details = event.details.unwrap();
        assert_eq!(details.bytes, b"details");
        assert_ne!(event.facts.salt, details.salt);
    }

    fn erased(of: &EventRow) -> EventRow {
        let digest = of.open(&wrap("s"), "s").unwrap().digest;
        EventRow {
            details: of.erased(&wrap("s"), "s", &digest).unwrap(),
            ..of.clone()
        }
    }

    #[test]
    fn an_erased_event_keeps_facts_digests_and_leaf() {
        let row = row();
        let (before, after) = (row.open(&wrap("s"), "s").unwrap(), erased(&row));
        let event = after.open(&wrap("s"), "s").unwrap();
        assert!(event.details.is_none());
        assert_eq!(
            (event.facts.bytes, event.digest),
            (before.facts.bytes, before.digest)
        );
        assert_eq!((&after.leaf, &after.shell), (&row.leaf, &row.shell));
    }

    #[test]
    fn nobody_without_the_root_secret_erases_details() {
        let row = row();
        for details in [vec![], vec![ERASED], vec![0; 61]] {
            let emptied = EventRow {
                details,
                ..row.clone()
            };
            assert!(emptied.open(&wrap("s"), "s").is_err());
        }
        // Nor does what stands in another event's place stand here.
        let other = EventRow::seal(&wrap("s"), "s", 4, 1_000, b"facts", b"details").unwrap();
        let swapped = EventRow {
            details: erased(&other).details,
            ..row
        };
        assert!(swapped.open(&wrap("s"), "s").is_err());
    }

    #[test]
    fn every_altered_byte_of_every_column_is_found() {
        type Column = fn(&mut EventRow) -> &mut Vec<u8>;
        let columns: [Column; 3] = [|r| &mut r.facts, |r| &mut r.details, |r| &mut r.shell];
        for column in columns {
            for row in [row(), erased(&row())] {
                for at in 0..column(&mut row.clone()).len() {
                    let mut bent = row.clone();
                    column(&mut bent)[at] ^= 1;
                    assert!(bent.open(&wrap("s"), "s").is_err());
                }
                let mut short = row;
                column(&mut short).pop();
                assert!(short.open(&wrap("s"), "s").is_err());
            }
        }
    }

    #[test]
    fn an_event_opens_only_at_its_own_place_and_time() {
        let moved = |change: fn(&mut EventRow)| {
            let mut row = row();
            change(&mut row);
            row.open(&wrap("s"), "s").is_err()
        };
        assert!(moved(|row| row.seq += 1));
        assert!(moved(|row| row.time += 1));
        assert!(moved(|row| row.leaf = Digest::of(b"")));
        assert!(moved(|row| std::mem::swap(
            &mut row.facts,
            &mut row.details
        )));
        assert!(row().open(&wrap("t"), "t").is_err());
    }
}
