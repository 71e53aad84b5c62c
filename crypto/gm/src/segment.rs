//! The cipher of a segment (docs/spec/suite-gm.md, 4): SM4-CTR under EK_i, then
//! HMAC-SM3 under MK_i over the digest of the chunk's ciphertext.

use alloc::vec::Vec;

use zeroize::{Zeroize as _, Zeroizing};

use crate::Secret;
use crate::kdf::Extracted;
use crate::sm3::{Sm3, hmac, hmac_is};
use crate::sm4::Sm4;

/// Bytes of a tag.
pub const TAG: usize = 32;

/// What every chunk of a segment is bound to.
pub struct Place {
    /// Envelopes count from 0.
    pub envelope: u8,
    /// Segments count from 0.
    pub segment: u32,
    /// H(ctx).
    pub context: [u8; 32],
}

/// The digests of a chunk before and after it was sealed.
pub struct Digests {
    /// `None` where a chunk was to be opened and is not authentic.
    pub plain: Option<[u8; 32]>,
    /// With its tag.
    pub sealed: [u8; 32],
}

/// EK_i and MK_i with what every chunk of the segment is bound to.
pub struct SegmentCipher {
    encrypt: Sm4,
    authenticate: Secret,
    envelope: u8,
    segment: [u8; 4],
    context: [u8; 32],
}

impl SegmentCipher {
    /// Of SK_i.
    pub fn new(segment_key: &[u8; 32], place: &Place) -> Self {
        let key = Extracted::of_uniform(segment_key);
        let envelope = [place.envelope];
        let encrypt: Zeroizing<_> = key.expand_half(&[b"kaibiao/1 encrypt", &envelope]);
        Self {
            encrypt: Sm4::new(&encrypt),
            authenticate: key.expand(&[b"kaibiao/1 authenticate", &envelope]),
            envelope: place.envelope,
            segment: place.segment.to_be_bytes(),
            context: place.context,
        }
    }

    /// Seals chunks where they lie, the first of which has the number `first`; each has
    /// [`TAG`] bytes of room at its end. `last` is the number of the segment's last chunk.
    ///
    /// # Panics
    /// When a chunk has no room for its tag.
    pub fn seal(&self, first: u32, last: u32, chunks: &mut [&mut [u8]]) -> Vec<Digests> {
        // Plaintexts and ciphertexts are hashed together where that fills lanes which would
        // be empty otherwise.
        let copies = if chunks.len() < Sm3::lanes() {
            chunks
                .iter()
                .map(|chunk| Zeroizing::new(text(chunk).to_vec()))
                .collect()
        } else {
            Vec::new()
        };
        let plain = if copies.is_empty() {
            hashers(chunks)
        } else {
            Vec::new()
        };
        for (number, chunk) in (first..).zip(&mut *chunks) {
            let (text, _) = split(chunk);
            self.encrypt.ctr(&counter(number, number == last), text);
        }
        let texts = copies.iter().map(|copy| copy.as_slice());
        let texts: Vec<_> = texts
            .chain(chunks.iter().map(|chunk| text(chunk)))
            .collect();
        let mut found = Sm3::of_each(&texts);
        let sealed = found.split_off(copies.len());
        let plain = plain.into_iter().chain(found).map(Sm3::finish);
        let numbered = (first..).zip(chunks).zip(plain.zip(sealed));
        numbered
            .map(|((number, chunk), (plain, mut sealed))| {
                let tag = self.tag(number, number == last, sealed.clone().finish(), hmac);
                split(chunk).1.copy_from_slice(&tag);
                sealed.update(&tag);
                Digests {
                    plain: Some(plain),
                    sealed: sealed.finish(),
                }
            })
            .collect()
    }

    /// Undoes [`Self::seal`], and leaves zeros in the place of tags and of chunks that are
    /// not authentic.
    pub fn open(&self, first: u32, last: u32, chunks: &mut [&mut [u8]]) -> Vec<Digests> {
        // What is too short for a tag is hashed as it is, and authentic it is not.
        let sealed = hashers(chunks);
        let numbered = (first..).zip(&mut *chunks).zip(sealed);
        let found: Vec<(bool, [u8; 32])> = numbered
            .map(|((number, chunk), mut sealed)| {
                let is_last = number == last;
                let (text, tag) = split(chunk);
                let digest = sealed.clone().finish();
                let is_authentic = tag.len() == TAG
                    && self.tag(number, is_last, digest, |key, parts| {
                        hmac_is(key, parts, tag)
                    });
                sealed.update(tag);
                tag.zeroize();
                if is_authentic {
                    self.encrypt.ctr(&counter(number, is_last), text);
                } else {
                    text.zeroize();
                }
                (is_authentic, sealed.finish())
            })
            .collect();
        let plain = hashers(chunks).into_iter().map(Sm3::finish);
        let found = found.into_iter().zip(plain);
        found
            .map(|((is_authentic, sealed), plain)| Digests {
                plain: is_authentic.then_some(plain),
                sealed,
            })
            .collect()
    }

    /// What `mac` makes of MK_i and the text under the tag.
    fn tag<T>(
        &self,
        number: u32,
        is_last: bool,
        ciphertext: [u8; 32],
        mac: impl FnOnce(&[u8], &[&[u8]]) -> T,
    ) -> T {
        let text: [&[u8]; 7] = [
            b"kaibiao/1 chunk",
            &[self.envelope],
            &self.segment,
            &number.to_be_bytes(),
            &[u8::from(is_last)],
            &self.context,
            &ciphertext,
        ];
        mac(self.authenticate.as_slice(), &text)
    }
}

/// How many chunks are best sealed at once: with their ciphertexts they fill the
/// lanes in which texts are hashed.
pub fn side_by_side() -> usize {
    Sm3::lanes() / 2
}

/// The first counter block of a chunk. It comes once, because the key is for this
/// segment only and its plaintext is fixed.
fn counter(number: u32, is_last: bool) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[7..11].copy_from_slice(&number.to_be_bytes());
    counter[11] = u8::from(is_last);
    counter
}

/// A chunk's text, and the place of its tag; of what is too short for a tag, nothing and
/// all of it.
fn split(chunk: &mut [u8]) -> (&mut [u8], &mut [u8]) {
    chunk.split_at_mut(text(chunk).len())
}

fn text(chunk: &[u8]) -> &[u8] {
    &chunk[..chunk.len().saturating_sub(TAG)]
}

/// Of the texts alone.
fn hashers(chunks: &[&mut [u8]]) -> Vec<Sm3> {
    let texts: Vec<&[u8]> = chunks.iter().map(|chunk| text(chunk)).collect();
    Sm3::of_each(&texts)
}
