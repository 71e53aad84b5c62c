//! Login challenges. One is issued without being stored, so that strangers cannot
//! fill the disk; the first answer to it stores it, so that there is no second.
//!
//! ```text
//! challenge = hex(u64 expires || random16 || HMAC(index key, "challenge", first 24 bytes))
//! ```

use kaibiao_crypto::Digest;
use kaibiao_crypto::digest::lower_hex;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::random;
use crate::ledger::Change;

const BODY: usize = 24;
const SIZE: usize = BODY + 32;

/// The login challenges of a store.
pub struct Challenges<'a>(pub(crate) &'a Store);

impl Challenges<'_> {
    /// A challenge to be answered before `expires` (UTC ms): 112 hexadecimal digits.
    ///
    /// # Errors
    /// [`StoreError::NoRandomness`].
    pub fn issue(&self, expires: Millis) -> Result<String, StoreError> {
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&expires.to_be_bytes());
        random(&mut bytes[8..BODY])?;
        let mac = self.mac(&bytes[..BODY]);
        bytes[BODY..].copy_from_slice(&mac);
        Ok(hex::encode(bytes))
    }

    /// Uses a challenge up, durably. False when it is not ours, has expired, or was
    /// used.
    ///
    /// # Errors
    /// The write failed; it may be tried again.
    pub async fn take(&self, challenge: &str, now: Millis) -> Result<bool, StoreError> {
        let Some(bytes) = lower_hex::<SIZE>(challenge) else {
            return Ok(false);
        };
        let (body, mac) = bytes.split_at(BODY);
        let given = mac.try_into().map(Digest::from_bytes);
        if !given.is_ok_and(|given| given.ct_eq(&Digest::from_bytes(self.mac(body)))) {
            return Ok(false);
        }
        let expires = body
            .first_chunk()
            .map_or(0, |bytes| Millis::from_be_bytes(*bytes));
        if expires <= now {
            return Ok(false);
        }
        let change = Change::ChallengeTaken {
            challenge: body.to_vec(),
            expires,
            now,
        };
        Ok(self.0.apply(change).await? == 1)
    }

    fn mac(&self, body: &[u8]) -> [u8; 32] {
        self.0.shared().keys.index(&[b"challenge", body])
    }
}
