//! The hash functions by which key files are protected, SM3 (GB/T 32905) included.

use std::num::NonZeroU32;

use kaibiao_gm::sm3;
use ring::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

use super::pbe::hex;

#[derive(Clone, Copy)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Sm3,
}

impl Hash {
    pub fn of_digest(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<5>("2b0e03021a") => Self::Sha1,
            _ if oid == hex::<9>("608648016503040201") => Self::Sha256,
            _ if oid == hex::<9>("608648016503040202") => Self::Sha384,
            _ if oid == hex::<9>("608648016503040203") => Self::Sha512,
            // 1.2.156.10197.1.401, and .1 below it: without a key (GM/T 0006).
            _ if oid == hex::<8>("2a811ccf55018311") => Self::Sm3,
            _ if oid == hex::<9>("2a811ccf5501831101") => Self::Sm3,
            _ => return None,
        })
    }

    /// HMAC with SM3 has three names: .401.2 (GM/T 0006, GmSSL, newer Tongsuo), .401.3.1
    /// (GM/T 0091, openssl and older Tongsuo), and in an example of GM/T 0091 the hash's.
    pub fn of_hmac(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<8>("2a864886f70d0207") => Self::Sha1,
            _ if oid == hex::<8>("2a864886f70d0209") => Self::Sha256,
            _ if oid == hex::<8>("2a864886f70d020a") => Self::Sha384,
            _ if oid == hex::<8>("2a864886f70d020b") => Self::Sha512,
            _ if oid == hex::<9>("2a811ccf5501831102") => Self::Sm3,
            _ if oid == hex::<10>("2a811ccf550183110301") => Self::Sm3,
            _ if oid == hex::<8>("2a811ccf55018311") => Self::Sm3,
            _ => return None,
        })
    }

    /// Bytes of a digest.
    pub fn length(self) -> usize {
        self.of_ring().map_or(32, |known| known.0.output_len())
    }

    /// Bytes that it takes at once.
    pub fn block(self) -> usize {
        self.of_ring().map_or(64, |known| known.0.block_len())
    }

    pub fn digest(self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        if let Some((algorithm, ..)) = self.of_ring() {
            return Zeroizing::new(digest::digest(algorithm, text).as_ref().to_vec());
        }
        let mut hasher = sm3::Sm3::new();
        hasher.update(text);
        Zeroizing::new(hasher.finish().to_vec())
    }

    /// PBKDF2 (RFC 8018, 5.2) over HMAC of it.
    pub fn stretch(self, passphrase: &str, salt: &[u8], rounds: NonZeroU32, key: &mut [u8]) {
        let passphrase = passphrase.as_bytes();
        match self.of_ring() {
            Some((.., algorithm)) => pbkdf2::derive(algorithm, rounds, salt, passphrase, key),
            None => ::pbkdf2::pbkdf2_hmac::<::sm3::Sm3>(passphrase, salt, rounds.get(), key),
        }
    }

    /// Whether `told` is the HMAC of `content`, compared in constant time.
    pub fn holds(self, key: &[u8], content: &[u8], told: &[u8]) -> bool {
        match self.of_ring() {
            Some((_, algorithm, _)) => {
                hmac::verify(&hmac::Key::new(algorithm, key), content, told).is_ok()
            }
            None => sm3::hmac_is(key, &[content], told),
        }
    }

    fn of_ring(
        self,
    ) -> Option<(
        &'static digest::Algorithm,
        hmac::Algorithm,
        pbkdf2::Algorithm,
    )> {
        Some(match self {
            Self::Sha1 => (
                &digest::SHA1_FOR_LEGACY_USE_ONLY,
                hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                pbkdf2::PBKDF2_HMAC_SHA1,
            ),
            Self::Sha256 => (
                &digest::SHA256,
                hmac::HMAC_SHA256,
                pbkdf2::PBKDF2_HMAC_SHA256,
            ),
            Self::Sha384 => (
                &digest::SHA384,
                hmac::HMAC_SHA384,
                pbkdf2::PBKDF2_HMAC_SHA384,
            ),
            Self::Sha512 => (
                &digest::SHA512,
                hmac::HMAC_SHA512,
                pbkdf2::PBKDF2_HMAC_SHA512,
            ),
            Self::Sm3 => return None,
        })
    }
}
