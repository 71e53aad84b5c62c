//! The cipher of a segment (docs/spec/suite-gm.md, 4): SM4-CTR under EK_i, then
//! HMAC-SM3 under MK_i over the digest of the chunk's ciphertext.

use zeroize::{Zeroize as _, Zeroizing};

use super::kdf::Extracted;
use super::sm3::{Sm3, hmac, hmac_is};
use super::sm4::Sm4;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::suite::{ChunkDigests, SegmentPlace};

/// Bytes of a tag.
pub(crate) const TAG: usize = 32;

/// EK_i and MK_i with what every chunk of the segment is bound to.
pub(crate) struct SegmentCipher {
    encrypt: Sm4,
    authenticate: Secret,
    envelope: u8,
    segment: [u8; 4],
    context: Digest,
}

impl SegmentCipher {
    pub(crate) fn new(segment_key: &Secret, place: &SegmentPlace) -> Self {
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

    /// Replaces chunks, the first of which has the number `first`, by their sealed
    /// forms. Plaintexts and ciphertexts are hashed together, which fills all lanes.
    pub(crate) fn seal(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        let plain = Zeroizing::new(chunks.to_vec());
        for (number, chunk) in (first..).zip(&mut *chunks) {
            self.encrypt.ctr(&counter(number, number == last), chunk);
        }
        let both = plain.iter().chain(&*chunks).map(|chunk| &chunk[..]);
        let mut plain = Sm3::of_each(&both.collect::<Vec<_>>());
        let sealed = plain.split_off(chunks.len());
        let plain = plain.into_iter().map(Sm3::finish);
        let numbered = (first..).zip(chunks).zip(plain.zip(sealed));
        numbered
            .map(|((number, chunk), (plain, mut sealed))| {
                let tag = self.tag(number, number == last, sealed.clone().finish(), hmac);
                chunk.extend_from_slice(&tag);
                sealed.update(&tag);
                ChunkDigests {
                    plain: Some(plain),
                    sealed: sealed.finish(),
                }
            })
            .collect()
    }

    /// Replaces sealed chunks by their plaintexts; nothing is left of one that is
    /// not authentic.
    pub(crate) fn open(&self, first: u32, last: u32, chunks: &mut [Vec<u8>]) -> Vec<ChunkDigests> {
        // What is too short for a tag is hashed as it is, and authentic it is not.
        let tags: Vec<Option<[u8; TAG]>> = chunks
            .iter_mut()
            .map(|chunk| {
                let tag = *chunk.last_chunk::<TAG>()?;
                chunk.truncate(chunk.len() - TAG);
                Some(tag)
            })
            .collect();
        let sealed = hashers(chunks);
        let numbered = (first..).zip(&mut *chunks).zip(tags.iter().zip(sealed));
        let found: Vec<(bool, Digest)> = numbered
            .map(|((number, chunk), (tag, mut sealed))| {
                let is_last = number == last;
                let is_authentic = tag.is_some_and(|tag| {
                    let digest = sealed.clone().finish();
                    self.tag(number, is_last, digest, |key, parts| {
                        hmac_is(key, parts, &tag)
                    })
                });
                if is_authentic {
                    self.encrypt.ctr(&counter(number, is_last), chunk);
                } else {
                    chunk.zeroize();
                }
                sealed.update(tag.as_ref().map_or(&[], |tag| &tag[..]));
                (is_authentic, sealed.finish())
            })
            .collect();
        let plain = digests(chunks);
        let found = found.into_iter().zip(plain);
        found
            .map(|((is_authentic, sealed), plain)| ChunkDigests {
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
        ciphertext: Digest,
        mac: impl FnOnce(&[u8], &[&[u8]]) -> T,
    ) -> T {
        let text: [&[u8]; 7] = [
            b"kaibiao/1 chunk",
            &[self.envelope],
            &self.segment,
            &number.to_be_bytes(),
            &[u8::from(is_last)],
            self.context.as_bytes(),
            ciphertext.as_bytes(),
        ];
        mac(self.authenticate.as_bytes(), &text)
    }
}

/// How many chunks are best sealed at once: with their ciphertexts they fill the
/// lanes in which texts are hashed.
pub(crate) fn side_by_side() -> usize {
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

fn hashers(chunks: &[Vec<u8>]) -> Vec<Sm3> {
    let texts: Vec<&[u8]> = chunks.iter().map(|chunk| &chunk[..]).collect();
    Sm3::of_each(&texts)
}

fn digests(chunks: &[Vec<u8>]) -> Vec<Digest> {
    hashers(chunks).into_iter().map(Sm3::finish).collect()
}
