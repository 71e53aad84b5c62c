//! HKDF with SM3 (RFC 5869); every output is 32 bytes.

use zeroize::Zeroizing;

use crate::Secret;
use crate::sm3::{hmac, hmac_of};

/// A pseudorandom key, from which keys are expanded.
pub struct Extracted(Secret);

impl Extracted {
    /// HKDF-Extract.
    pub fn new(salt: &[u8], ikm: &[u8]) -> Self {
        Self(Zeroizing::new(hmac(salt, &[ikm])))
    }

    /// A key that already is uniformly random needs no extraction (RFC 5869,
    /// 3.3).
    pub fn of_uniform(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// HKDF-Expand. `info` is the concatenation of its parts.
    pub fn expand(&self, info: &[&[u8]]) -> Secret {
        Zeroizing::new(hmac_of(
            self.0.as_slice(),
            info.iter().copied().chain([&[1][..]]),
        ))
    }

    /// The first 16 bytes of [`Self::expand`]: a key of SM4.
    pub fn expand_half(&self, info: &[&[u8]]) -> Zeroizing<[u8; 16]> {
        let whole = self.expand(info);
        let (half, _) = whole.split_at(16);
        Zeroizing::new(half.try_into().expect("16 of 32 bytes"))
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
            hex::encode(prk.expand(&[&info[..4], &info[4..]]).as_slice()),
            okm
        );
        assert_eq!(hex::encode(prk.expand_half(&[&info]).as_slice()), okm[..32]);
    }
}
