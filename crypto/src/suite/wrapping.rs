//! Keys that secrets are wrapped to, of every suite, and the wrapping itself.

use serde::{Deserialize, Serialize};

use super::Suite;
use super::gm::{self, sm2};
use super::intl::{hpke_p256, rsa_oaep};
use crate::digest::Digest;
use crate::held::{Holder, HolderProblem};
use crate::rng::Rng;
use crate::secret::Secret;

/// How a secret is wrapped; follows from the kind of the key and, for SM2, from
/// whether the wrap is to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WrapKind {
    /// HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
    /// (RFC 9180).
    #[serde(rename = "hpke-p256")]
    HpkeP256,
    /// RSAES-OAEP with SHA-256 and MGF1-SHA-256 (RFC 8017, 7.1).
    #[serde(rename = "rsa-oaep-sha256")]
    RsaOaepSha256,
    /// SM2 encryption (GB/T 32918.4) of the secret itself.
    #[serde(rename = "sm2")]
    Sm2,
    /// SM2 encryption of a session key, and the secret under it by SM4-CBC: what a
    /// token can open.
    #[serde(rename = "sm2-sm4-cbc")]
    Sm2Sm4Cbc,
}

/// A public key: P-256, RSA of 2048, 3072 or 4096 bits with the exponent 65537, or
/// SM2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of P-256.
    P256(hpke_p256::Point),
    /// An RSA key of an accepted size.
    Rsa(Box<rsa_oaep::RsaPublic>),
    /// A point of SM2.
    Sm2(sm2::Point),
}

/// A private key, in memory or with somebody who computes with it. Its public half, and
/// so its key id, is known without asking anybody.
#[derive(Clone)]
pub enum PrivateKey {
    /// A scalar of P-256.
    P256(hpke_p256::Scalar),
    /// An RSA key of an accepted size.
    Rsa(Box<rsa_oaep::RsaPrivate>),
    /// A scalar of SM2.
    Sm2(sm2::Scalar),
    /// A key of any kind that never leaves its holder, such as a token.
    Held(Holder),
}

/// Why bytes are not a key that secrets can be wrapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Not a SubjectPublicKeyInfo, or PKCS #8, of an accepted kind of key.
    #[error("not a DER public key of a known kind")]
    Unknown,
    /// Off the curve, compressed, or at infinity.
    #[error("not a valid point of its curve in uncompressed form")]
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
    /// `wrap-key-unavailable`: nothing is said about the wrap.
    #[error(transparent)]
    Holder(HolderProblem),
}

impl From<HolderProblem> for UnwrapProblem {
    fn from(problem: HolderProblem) -> Self {
        match problem {
            HolderProblem::NotOpened => Self::NotOpened,
            other => Self::Holder(other),
        }
    }
}

impl From<sm2::NotAPoint> for KeyProblem {
    fn from(_: sm2::NotAPoint) -> Self {
        Self::Point
    }
}

impl UnwrapProblem {
    /// The stable code of the specification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherKey => "wrap-other-key",
            Self::NotOpened => "wrap-not-opened",
            Self::NotBound => "wrap-not-bound",
            Self::Holder(_) => "wrap-key-unavailable",
        }
    }
}

impl WrapKind {
    /// The suite that it belongs to.
    pub(crate) const fn suite(self) -> Suite {
        match self {
            Self::HpkeP256 | Self::RsaOaepSha256 => Suite::Intl,
            Self::Sm2 | Self::Sm2Sm4Cbc => Suite::Gm,
        }
    }

    /// Whether a wrap of this kind can have `length` bytes, whatever the key.
    pub(crate) fn has_length(self, length: usize) -> bool {
        let within = |(least, most)| (least..=most).contains(&length);
        match self {
            Self::HpkeP256 => length == hpke_p256::VALUE,
            Self::RsaOaepSha256 => rsa_oaep::VALUES.contains(&length),
            Self::Sm2 => within(gm::wrap::DEALT),
            Self::Sm2Sm4Cbc => within(gm::wrap::FRESH),
        }
    }

    /// Whether it may stand among the wraps that are made again from the secret
    /// alone, as the audit of a dealing does, or among those that are not.
    pub(crate) const fn is_for(self, dealt: bool) -> bool {
        match self {
            Self::HpkeP256 => true,
            Self::RsaOaepSha256 | Self::Sm2Sm4Cbc => !dealt,
            Self::Sm2 => dealt,
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
        if let Some(point) = hpke_p256::Point::from_spki(der) {
            return point.map(Self::P256);
        }
        match sm2::Point::from_spki(der) {
            Some(point) => Ok(Self::Sm2(point?)),
            None => rsa_oaep::RsaPublic::from_spki(der).map(|key| Self::Rsa(Box::new(key))),
        }
    }

    /// Reads an uncompressed point (SEC 1, 2.3.3), 65 bytes, of the curve that the
    /// suite of the terms has: how sealing terms spell a custodian's key.
    ///
    /// # Errors
    /// [`KeyProblem::Point`].
    pub fn from_point(suite: Suite, bytes: &[u8]) -> Result<Self, KeyProblem> {
        match suite {
            Suite::Intl => hpke_p256::Point::from_bytes(bytes).map(Self::P256),
            Suite::Gm => Ok(Self::Sm2(sm2::Point::from_bytes(bytes)?)),
        }
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
        let spki = &certificate.tbs_certificate.subject_pki;
        match gm::spki::point(spki) {
            Some(point) => point.map(Self::Sm2).map_err(|_| KeyProblem::Point),
            None => Self::from_spki(spki.raw),
        }
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => point.spki(),
            Self::Rsa(key) => key.spki(),
            Self::Sm2(point) => point.spki(),
        }
    }

    /// key id = H(SPKI).
    pub fn id(&self) -> Digest {
        self.suite().digest(&self.spki())
    }

    /// How secrets are wrapped to this key with fresh randomness.
    pub const fn kind(&self) -> WrapKind {
        match self {
            Self::P256(_) => WrapKind::HpkeP256,
            Self::Rsa(_) => WrapKind::RsaOaepSha256,
            Self::Sm2(_) => WrapKind::Sm2Sm4Cbc,
        }
    }

    /// How secrets are wrapped to this key so that the wrap can be made again;
    /// `None` where that cannot be.
    pub const fn dealt_kind(&self) -> Option<WrapKind> {
        match self {
            Self::P256(_) => Some(WrapKind::HpkeP256),
            Self::Rsa(_) => None,
            Self::Sm2(_) => Some(WrapKind::Sm2),
        }
    }

    /// The suite that the key belongs to.
    pub const fn suite(&self) -> Suite {
        match self {
            Self::P256(_) | Self::Rsa(_) => Suite::Intl,
            Self::Sm2(_) => Suite::Gm,
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
            Self::Sm2(point) => gm::wrap::wrap(point, wctx, secret, rng),
        }
    }

    /// Wraps with an ephemeral key derived from `ikm`, so that the wrap can be
    /// made again; `None` where [`Self::dealt_kind`] is.
    pub(crate) fn wrap_dealt(&self, wctx: &[u8], secret: &Secret, ikm: &Secret) -> Option<Vec<u8>> {
        match self {
            Self::P256(point) => Some(point.wrap(wctx, secret, ikm)),
            Self::Sm2(point) => Some(gm::wrap::wrap_dealt(point, wctx, secret, ikm)),
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
        if let Some(scalar) = hpke_p256::Scalar::from_pkcs8(der) {
            return Ok(Self::P256(scalar));
        }
        match sm2::Scalar::from_pkcs8(der) {
            Some(scalar) => Ok(Self::Sm2(scalar)),
            None => rsa_oaep::RsaPrivate::from_pkcs8(der).map(|key| Self::Rsa(Box::new(key))),
        }
    }

    /// A key of the suite's curve from its scalar, big-endian; `None` where the
    /// scalar is none.
    pub(crate) fn from_scalar(suite: Suite, scalar: &[u8; 32]) -> Option<Self> {
        match suite {
            Suite::Intl => hpke_p256::Scalar::from_bytes(scalar).map(Self::P256),
            Suite::Gm => sm2::Scalar::from_bytes(scalar).map(Self::Sm2),
        }
    }

    /// The scalar, where the key is one.
    pub(crate) fn scalar(&self) -> Option<&[u8; 32]> {
        match self {
            Self::P256(scalar) => Some(scalar.as_bytes()),
            Self::Sm2(scalar) => Some(scalar.as_bytes()),
            Self::Rsa(_) | Self::Held(_) => None,
        }
    }

    /// A fresh P-256 key.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::generate_for(Suite::Intl, rng)
    }

    /// A fresh key of the suite's curve.
    pub fn generate_for(suite: Suite, rng: &mut (impl Rng + ?Sized)) -> Self {
        match suite {
            Suite::Intl => Self::P256(hpke_p256::Scalar::generate(rng)),
            Suite::Gm => Self::Sm2(sm2::Scalar::generate(rng)),
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::P256(scalar) => PublicKey::P256(scalar.point()),
            Self::Rsa(key) => PublicKey::Rsa(Box::new(key.public())),
            Self::Sm2(scalar) => PublicKey::Sm2(scalar.point()),
            Self::Held(holder) => holder.public(),
        }
    }

    /// Opens a wrap of this kind that is bound to `wctx`. RSA decryption is blinded
    /// with `rng`. A bid's own wraps are opened by its header, which computes `wctx`.
    ///
    /// # Errors
    /// [`UnwrapProblem::NotOpened`] and [`UnwrapProblem::NotBound`].
    pub fn unwrap(
        &self,
        kind: WrapKind,
        wctx: &[u8],
        value: &[u8],
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Secret, UnwrapProblem> {
        match (self, kind) {
            (Self::P256(scalar), WrapKind::HpkeP256) => scalar.unwrap(wctx, value),
            (Self::Rsa(key), WrapKind::RsaOaepSha256) => key.unwrap(wctx, value, rng),
            (Self::Sm2(scalar), WrapKind::Sm2) => gm::wrap::unwrap_dealt(scalar, wctx, value),
            (Self::Sm2(scalar), WrapKind::Sm2Sm4Cbc) => gm::wrap::unwrap(scalar, wctx, value),
            (Self::Held(holder), _) => unwrap_held(holder, kind, wctx, value),
            (Self::P256(_) | Self::Rsa(_) | Self::Sm2(_), _) => Err(UnwrapProblem::NotOpened),
        }
    }
}

/// A token has no call for what custodians' keys of SM2 are wrapped with.
fn unwrap_held(
    holder: &Holder,
    kind: WrapKind,
    wctx: &[u8],
    value: &[u8],
) -> Result<Secret, UnwrapProblem> {
    match (holder.public(), kind) {
        (PublicKey::P256(point), WrapKind::HpkeP256) => point.unwrap_held(holder, wctx, value),
        (PublicKey::Rsa(key), WrapKind::RsaOaepSha256) => key.unwrap_held(holder, wctx, value),
        (PublicKey::Sm2(_), WrapKind::Sm2Sm4Cbc) => gm::wrap::unwrap_held(holder, wctx, value),
        (PublicKey::Sm2(_), WrapKind::Sm2) => Err(HolderProblem::Unsupported.into()),
        (PublicKey::P256(_) | PublicKey::Rsa(_) | PublicKey::Sm2(_), _) => {
            Err(UnwrapProblem::NotOpened)
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
