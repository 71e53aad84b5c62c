//! What a key file seals its scalar with (docs/spec/suite-gm.md, 9).

use zeroize::Zeroizing;

use super::kdf::Extracted;
use super::sm3::{hmac, hmac_is};
use super::sm4::Sm4;
use crate::secret::Secret;

/// Bytes of a sealed scalar.
pub(crate) const SEALED: usize = 64;

/// Each key is stretched from a fresh salt and used once.
const COUNTER: [u8; 16] = [0; 16];

/// `stretched` comes from the passphrase; `aad` names file format and public key.
pub(crate) fn seal(stretched: &Secret, aad: &[u8], scalar: &[u8; 32]) -> Vec<u8> {
    let (encrypt, authenticate) = keys(stretched);
    let mut sealed = Vec::with_capacity(SEALED);
    sealed.extend_from_slice(scalar);
    encrypt.ctr(&COUNTER, &mut sealed);
    let tag = hmac(authenticate.as_slice(), &[aad, &sealed]);
    sealed.extend_from_slice(&tag);
    sealed
}

/// `None` where the tag does not hold.
pub(crate) fn open(stretched: &Secret, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let (encrypt, authenticate) = keys(stretched);
    let (text, tag) = sealed.split_at_checked(32)?;
    if !hmac_is(authenticate.as_slice(), &[aad, text], tag) {
        return None;
    }
    let mut scalar = Zeroizing::new(<[u8; 32]>::try_from(text).ok()?);
    encrypt.ctr(&COUNTER, scalar.as_mut_slice());
    Some(scalar)
}

fn keys(stretched: &Secret) -> (Sm4, Zeroizing<[u8; 32]>) {
    let key = Extracted::of_uniform(stretched.as_bytes());
    let encrypt = key.expand_half(&[b"kaibiao/1 keyfile encrypt"]);
    let authenticate = key.expand(&[b"kaibiao/1 keyfile authenticate"]);
    (Sm4::new(&encrypt), authenticate)
}
