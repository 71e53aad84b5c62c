//! The platform's own signing keys.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::encoding::{from_base64, to_base64};
use crate::rng::{self, Rng};
use crate::signature::{PublicKey, Signature};
use crate::signer::{FileKey, Signer, SignerProblem};

/// A signing key of the platform: Ed25519 (RFC 8032).
#[derive(Clone)]
pub struct PlatformKey {
    key: Arc<dyn Signer + Send + Sync>,
    public: PlatformPublicKey,
}

impl PlatformKey {
    /// Makes a key; returns its PKCS #8 too, to be kept.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> (Self, Zeroizing<Vec<u8>>) {
        let seed = Zeroizing::new(rng::bytes::<32>(rng));
        // RFC 8410, 7: PrivateKeyInfo { 0, { id-Ed25519 }, OCTET STRING (32) }.
        let mut pkcs8 = Zeroizing::new(Vec::with_capacity(48));
        pkcs8
            .extend_from_slice(b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20");
        pkcs8.extend_from_slice(&*seed);
        let key = Self::from_pkcs8(&pkcs8).expect("every 32 bytes are an Ed25519 key");
        (key, pkcs8)
    }

    /// Reads PKCS #8 (RFC 8410) of an Ed25519 key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, SignerProblem> {
        let key = FileKey::bare(pkcs8)?;
        match key.public_key() {
            PublicKey::Ed25519(bytes) => Ok(Self {
                public: PlatformPublicKey(bytes),
                key: Arc::new(key),
            }),
            _ => Err(SignerProblem::Key),
        }
    }

    /// A key that somebody else holds, such as a token: what it signs holds under `public`.
    pub fn held(public: PlatformPublicKey, holder: impl Signer + Send + Sync + 'static) -> Self {
        Self {
            key: Arc::new(holder),
            public,
        }
    }

    /// The public half.
    pub fn public_key(&self) -> PlatformPublicKey {
        self.public
    }

    /// Signs a framed message ([`crate::signature::message`]).
    pub fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        self.key.sign(message)
    }
}

/// The public half of a platform key: 32 bytes, base64 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlatformPublicKey([u8; 32]);

impl PlatformPublicKey {
    /// Takes the 32 bytes of RFC 8032, 5.1.5; a wrong key verifies nothing.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as signatures are checked with it.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::Ed25519(self.0)
    }
}

impl Serialize for PlatformPublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64(&self.0))
    }
}

impl<'de> Deserialize<'de> for PlatformPublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        from_base64(&text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("a platform key is 32 bytes in base64"))
    }
}
