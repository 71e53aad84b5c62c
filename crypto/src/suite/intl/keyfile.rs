//! What a key file seals its scalar with (docs/spec/sealed-bid.md, 12).

use zeroize::Zeroizing;

use super::aead::{Aes256Gcm, TAG};
use crate::secret::Secret;

/// Each key is stretched from a fresh salt and used once.
const NONCE: [u8; 12] = [0; 12];

/// `stretched` comes from the passphrase; `aad` names file format and public key.
pub(crate) fn seal(stretched: &Secret, aad: &[u8], scalar: &[u8; 32]) -> Vec<u8> {
    // With room for the tag, so that no copy of the scalar is left behind.
    let mut sealed = Vec::with_capacity(32 + TAG);
    sealed.extend_from_slice(scalar);
    Aes256Gcm::new(stretched.as_bytes()).seal(NONCE, aad, &mut sealed);
    sealed
}

/// `None` where the tag does not hold.
pub(crate) fn open(stretched: &Secret, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut scalar = Zeroizing::new(sealed.to_vec());
    let is_authentic = Aes256Gcm::new(stretched.as_bytes()).open(NONCE, aad, &mut scalar);
    let scalar = scalar.as_slice().try_into().ok()?;
    is_authentic.then_some(Zeroizing::new(scalar))
}
