//! HKDF with SM3 (RFC 5869); every output is 32 bytes.

use super::sm3::hmac;
use crate::secret::Secret;

/// A pseudorandom key, from which keys are expanded.
pub(crate) struct Extracted(Secret);

impl Extracted {
    /// HKDF-Extract.
    pub(crate) fn new(salt: &[u8], ikm: &[u8]) -> Self {
        Self(Secret::from_bytes(hmac(salt, &[ikm])))
    }

    /// A key that already is uniformly random needs no extraction (RFC 5869,
    /// 3.3).
    pub(crate) fn of_uniform(key: &Secret) -> Self {
        Self(key.clone())
    }

    /// HKDF-Expand. `info` is the concatenation of its parts.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> Secret {
        let parts = [info, &[&[1]]].concat();
        Secret::from_bytes(hmac(self.0.as_bytes(), &parts))
    }

    /// The first 16 bytes of [`Self::expand`]: a key of SM4.
    pub(super) fn expand_half(&self, info: &[&[u8]]) -> zeroize::Zeroizing<[u8; 16]> {
        let whole = self.expand(info);
        let (half, _) = whole.as_bytes().split_at(16);
        zeroize::Zeroizing::new(half.try_into().expect("16 of 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inputs of RFC 5869, case 1; the output is what `openssl kdf` gives.
    #[test]
    fn it_is_that_of_openssl() {
        let salt = hex::decode("000102030405060708090a0b0c").unwrap();
        let info = hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap();
        let prk = Extracted::new(&salt, &[0x0b; 22]);
        let okm = "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36";
        assert_eq!(
            hex::encode(prk.expand(&[&info[..4], &info[4..]]).as_bytes()),
            okm
        );
        assert_eq!(hex::encode(prk.expand_half(&[&info]).as_slice()), okm[..32]);
    }
}
