//! Keys that secrets are wrapped to, of every suite, and the wrapping itself.

use serde::{Deserialize, Serialize};

use super::Suite;
use super::intl::{hpke_p256, rsa_oaep};
use crate::digest::Digest;
use crate::rng::Rng;
use crate::secret::Secret;

/// How a secret is wrapped; follows from the kind of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WrapKind {
    /// HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
    /// (RFC 9180).
    #[serde(rename = "hpke-p256")]
    HpkeP256,
    /// RSAES-OAEP with SHA-256 and MGF1-SHA-256 (RFC 8017, 7.1).
    #[serde(rename = "rsa-oaep-sha256")]
    RsaOaepSha256,
}

/// A public key: P-256, or RSA of 2048, 3072 or 4096 bits with the exponent
/// 65537.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of P-256.
    P256(hpke_p256::Point),
    /// An RSA key of an accepted size.
    Rsa(Box<rsa_oaep::RsaPublic>),
}

/// A private key held in memory. Its public half, and so its key id, is known
/// without asking anybody.
#[derive(Clone)]
pub enum PrivateKey {
    /// A scalar of P-256.
    P256(hpke_p256::Scalar),
    /// An RSA key of an accepted size.
    Rsa(Box<rsa_oaep::RsaPrivate>),
}

/// Why bytes are not a key that secrets can be wrapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Not a SubjectPublicKeyInfo, or PKCS #8, of an accepted kind of key.
    #[error("not a DER public key of a known kind")]
    Unknown,
    /// Off the curve, compressed, or at infinity.
    #[error("not a valid point of P-256 in uncompressed form")]
    Point,
    /// RSA of another size or exponent.
    #[error("RSA keys have 2048, 3072 or 4096 bits and the exponent 65537")]
    Rsa,
    /// Not DER of an X.509 certificate with nothing after it.
    #[error("not a certificate")]
    Certificate,
}

/// Why a wrap does not give its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapProblem {
    /// `wrap-other-key`
    #[error("this key is not among those the secret was wrapped to")]
    OtherKey,
    /// `wrap-not-opened`
    #[error("the wrap does not open with this key: it was altered or made for something else")]
    NotOpened,
    /// `wrap-not-bound`
    #[error("the wrap opens, but was made for another bid, lot, project or role")]
    NotBound,
}

impl UnwrapProblem {
    /// The stable code of the specification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherKey => "wrap-other-key",
            Self::NotOpened => "wrap-not-opened",
            Self::NotBound => "wrap-not-bound",
        }
    }
}

impl WrapKind {
    /// Whether a wrap of this kind can have `length` bytes, whatever the key.
    pub(crate) fn has_length(self, length: usize) -> bool {
        match self {
            Self::HpkeP256 => length == hpke_p256::VALUE,
            Self::RsaOaepSha256 => rsa_oaep::VALUES.contains(&length),
        }
    }

    /// Whether a wrap of this kind can be made again from the secret alone, as
    /// the audit of a dealing does.
    pub(crate) const fn is_repeatable(self) -> bool {
        match self {
            Self::HpkeP256 => true,
            Self::RsaOaepSha256 => false,
        }
    }
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7); only its one
    /// canonical encoding.
    ///
    /// # Errors
    /// [`KeyProblem::Point`], [`KeyProblem::Rsa`] or [`KeyProblem::Unknown`].
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyProblem> {
        match hpke_p256::Point::from_spki(der) {
            Some(point) => point.map(Self::P256),
            None => rsa_oaep::RsaPublic::from_spki(der).map(|key| Self::Rsa(Box::new(key))),
        }
    }

    /// Reads an uncompressed point of P-256 (SEC 1, 2.3.3), 65 bytes: how the
    /// sealing terms spell a custodian's key.
    ///
    /// # Errors
    /// [`KeyProblem::Point`].
    pub fn from_point(bytes: &[u8]) -> Result<Self, KeyProblem> {
        hpke_p256::Point::from_bytes(bytes).map(Self::P256)
    }

    /// The key of a certificate. Whether the certificate is to be trusted is
    /// another matter.
    ///
    /// # Errors
    /// [`KeyProblem::Certificate`], and those of [`Self::from_spki`].
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyProblem> {
        let (rest, certificate) =
            x509_parser::parse_x509_certificate(der).map_err(|_| KeyProblem::Certificate)?;
        if !rest.is_empty() {
            return Err(KeyProblem::Certificate);
        }
        Self::from_spki(certificate.tbs_certificate.subject_pki.raw)
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => point.spki(),
            Self::Rsa(key) => key.spki(),
        }
    }

    /// key id = H(SPKI).
    pub fn id(&self) -> Digest {
        self.suite().digest(&self.spki())
    }

    /// How secrets are wrapped to this key.
    pub const fn kind(&self) -> WrapKind {
        match self {
            Self::P256(_) => WrapKind::HpkeP256,
            Self::Rsa(_) => WrapKind::RsaOaepSha256,
        }
    }

    /// The suite that the key belongs to.
    const fn suite(&self) -> Suite {
        match self {
            Self::P256(_) | Self::Rsa(_) => Suite::Intl,
        }
    }

    /// Wraps `secret`, bound to `wctx`, with fresh randomness.
    pub(crate) fn wrap(
        &self,
        wctx: &[u8],
        secret: &Secret,
        rng: &mut (impl Rng + ?Sized),
    ) -> Vec<u8> {
        match self {
            Self::P256(point) => point.wrap(wctx, secret, &Secret::random(rng)),
            Self::Rsa(key) => key.wrap(wctx, secret, rng),
        }
    }

    /// Wraps with an ephemeral key derived from `ikm`, so that the wrap can be
    /// made again; `None` where [`WrapKind::is_repeatable`] says no.
    pub(crate) fn wrap_dealt(&self, wctx: &[u8], secret: &Secret, ikm: &Secret) -> Option<Vec<u8>> {
        match self {
            Self::P256(point) => Some(point.wrap(wctx, secret, ikm)),
            Self::Rsa(_) => None,
        }
    }
}

impl PrivateKey {
    /// Reads an unencrypted DER PKCS #8 key (RFC 5958), RSA or P-256.
    ///
    /// # Errors
    /// [`KeyProblem::Rsa`] or [`KeyProblem::Unknown`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyProblem> {
        match hpke_p256::Scalar::from_pkcs8(der) {
            Some(scalar) => Ok(Self::P256(scalar)),
            None => rsa_oaep::RsaPrivate::from_pkcs8(der).map(|key| Self::Rsa(Box::new(key))),
        }
    }

    /// A P-256 key from its scalar, big-endian; `None` unless
    /// 0 < scalar < order.
    pub(crate) fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        hpke_p256::Scalar::from_bytes(scalar).map(Self::P256)
    }

    /// A fresh P-256 key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::P256(hpke_p256::Scalar::generate(rng))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::P256(scalar) => PublicKey::P256(scalar.point()),
            Self::Rsa(key) => PublicKey::Rsa(Box::new(key.public())),
        }
    }

    /// Opens a wrap that is bound to `wctx`. RSA decryption is blinded with
    /// `rng`.
    pub(crate) fn unwrap(
        &self,
        wctx: &[u8],
        value: &[u8],
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Secret, UnwrapProblem> {
        match self {
            Self::P256(scalar) => scalar.unwrap(wctx, value),
            Self::Rsa(key) => key.unwrap(wctx, value, rng),
        }
    }
}

#[cfg(test)]
impl PrivateKey {
    /// A fresh RSA key of 2048 bits, to test with.
    pub(crate) fn generate_rsa(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::Rsa(Box::new(rsa_oaep::RsaPrivate::generate(rng)))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().id())
    }
}
