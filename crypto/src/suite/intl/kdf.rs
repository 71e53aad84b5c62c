//! HKDF with SHA-256 (RFC 5869); every output is 32 bytes.

use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};

use crate::secret::Secret;

/// A pseudorandom key, from which keys are expanded.
pub(crate) struct Extracted(Prk);

impl Extracted {
    /// HKDF-Extract.
    pub(crate) fn new(salt: &[u8], ikm: &[u8]) -> Self {
        Self(Salt::new(HKDF_SHA256, salt).extract(ikm))
    }

    /// A key that already is uniformly random needs no extraction (RFC 5869,
    /// 3.3).
    pub(crate) fn of_uniform(key: &Secret) -> Self {
        Self(Prk::new_less_safe(HKDF_SHA256, key.as_bytes()))
    }

    /// HKDF-Expand. `info` is the concatenation of its parts.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> Secret {
        let mut secret = Secret::from_bytes([0; 32]);
        self.0
            .expand(info, Length32)
            .and_then(|okm| okm.fill(secret.as_mut_bytes()))
            .expect("32 bytes are within what HKDF-SHA256 can expand");
        secret
    }
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_rfc_5869_case_1() {
        let salt = hex::decode("000102030405060708090a0b0c").unwrap();
        let info = hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap();
        let okm = Extracted::new(&salt, &[0x0b; 22]).expand(&[&info[..4], &info[4..]]);
        assert_eq!(
            hex::encode(okm.as_bytes()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        );
        let prk = hex::decode("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
        let prk = Secret::from_slice(&prk.unwrap()).unwrap();
        assert!(Extracted::of_uniform(&prk).expand(&[&info]).ct_eq(&okm));
    }
}
