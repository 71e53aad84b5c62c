//! AES-256-GCM (SP 800-38D) with nonces of 12 bytes; the tag stands after the
//! ciphertext.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes of a tag.
pub(crate) const TAG: usize = 16;

/// A key. Whoever seals sees to it that no nonce comes twice.
pub(crate) struct Aes256Gcm(LessSafeKey);

impl Aes256Gcm {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Replaces `text` by its ciphertext and tag.
    ///
    /// # Panics
    /// When `text` is longer than 64 GiB; a chunk has 1 MiB.
    pub(crate) fn seal(&self, nonce: [u8; 12], aad: &[u8], text: &mut Vec<u8>) {
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
            .expect("a chunk is far below the limit of AES-GCM");
    }

    /// Replaces ciphertext and tag by the plaintext; false, and nothing is left
    /// of `text`, when it is not authentic.
    pub(crate) fn open(&self, nonce: [u8; 12], aad: &[u8], text: &mut Vec<u8>) -> bool {
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
            .map(|plaintext| plaintext.len());
        match opened {
            Ok(length) => text.truncate(length),
            Err(_) => text.clear(),
        }
        opened.is_ok()
    }
}
