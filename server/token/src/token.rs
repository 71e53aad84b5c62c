//! What every kind of middleware offers.

use std::fmt;
use std::sync::Arc;

use kaibiao_crypto::certificate::{Certificate, Use};
use kaibiao_crypto::held::{RsaText, Sm2Cipher};
use kaibiao_crypto::secret::Secret;
use zeroize::Zeroizing;

use crate::problem::Outcome;

/// One maker's library, loaded.
pub trait Middleware: Send + Sync {
    /// The tokens that are plugged in now; none is no failure.
    fn tokens(&self) -> Outcome<Vec<Token>>;

    /// The certificates that a token shows without a PIN.
    fn certificates(&self, token: &TokenId) -> Outcome<Vec<Entry>>;

    /// Logs in with a PIN, which is tried once; `None` where [`Token::asks_itself`].
    /// Nothing is logged out before the last handle of the session is dropped.
    fn open(&self, token: &TokenId, pin: Option<&Pin>) -> Outcome<Arc<dyn Session>>;
}

/// A token that a person has logged in to. Its computations are asked one after
/// another, from whichever thread.
pub trait Session: Send + Sync {
    /// The token as it was found when the session began.
    fn token(&self) -> &Token;

    /// The certificates whose private key is in this token.
    fn entries(&self) -> &[Entry];

    /// Other certificates in it, DER: of the authorities that issued its own.
    fn authorities(&self) -> &[Vec<u8>];

    /// The Ed25519 keys in this token, which need no certificate.
    fn bare(&self) -> &[BareKey];

    /// Whether the token is there still, with its keys and logged in to.
    fn look(&self) -> Outcome<()>;

    /// Signs a digest, or for Ed25519 a message, by the algorithm that the key has
    /// (`rsa-pkcs1-sha256`, ECDSA, SM2); the bytes as the device returns them.
    fn sign(&self, key: &KeyId, digest: &[u8]) -> Outcome<Vec<u8>>;

    /// See [`kaibiao_crypto::held::HeldKey::rsa`].
    fn rsa(&self, key: &KeyId, value: &[u8]) -> Outcome<RsaText>;

    /// See [`kaibiao_crypto::held::HeldKey::ecdh`].
    fn ecdh(&self, key: &KeyId, point: &[u8; 65]) -> Outcome<Secret>;

    /// See [`kaibiao_crypto::held::HeldKey::sm2_sm4_cbc`].
    fn sm2_sm4_cbc(
        &self,
        key: &KeyId,
        sealed: &Sm2Cipher,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Outcome<Zeroizing<[u8; 64]>>;
}

/// A token within its middleware: a slot's number, or a device's name and application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenId(pub String);

/// A key within its token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(pub String);

/// A token as it presents itself. Texts are the maker's and are shown, never believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub label: String,
    pub serial: String,
    pub manufacturer: String,
    pub model: String,
    /// How many wrong PINs it would still bear.
    pub tries: Tries,
    /// Whether the PIN is entered at the device itself.
    pub asks_itself: bool,
}

/// How many more wrong PINs a token bears before it locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// The middleware does not tell.
    Unknown,
    /// Wrong ones were tried since the last right one; how many are left is not told.
    Fewer,
    /// So many; with 1, the next wrong PIN locks the token.
    Left(u32),
    /// The token is locked.
    Blocked,
}

/// A certificate in a token, and what its key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: KeyId,
    /// What the token calls it.
    pub label: String,
    /// DER.
    pub certificate: Vec<u8>,
    pub signs: bool,
    pub decrypts: bool,
}

/// An Ed25519 key (RFC 8032) in a token: a private key with its public half beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareKey {
    pub key: KeyId,
    /// What the token calls it.
    pub label: String,
    pub public: [u8; 32],
}

impl Entry {
    /// Of a certificate that can be read; what it is for is what its key usage allows.
    pub(crate) fn new(key: KeyId, label: String, certificate: Vec<u8>) -> Option<Self> {
        let read = Certificate::parse(&certificate).ok()?;
        Some(Self {
            key,
            label,
            signs: read.allows(Use::Sign),
            decrypts: read.allows(Use::Encrypt),
            certificate,
        })
    }
}

/// A PIN, wiped when dropped and never printed.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes what a person typed.
    pub fn new(typed: Zeroizing<String>) -> Self {
        Self(typed)
    }

    /// As it was typed, for whoever compares it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tries {
    /// For a person, in Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Unknown => "令牌不告知剩余次数".to_owned(),
            Self::Fewer => "已输错过，剩余次数不详".to_owned(),
            Self::Left(1) => "只剩 1 次，再错即锁定".to_owned(),
            Self::Left(left) => format!("还可再试 {left} 次"),
            Self::Blocked => "已锁定".to_owned(),
        }
    }

    /// For a person, in English.
    pub fn en(self) -> String {
        match self {
            Self::Unknown => "the token does not tell how many tries are left".to_owned(),
            Self::Fewer => "wrong ones were tried before; how many are left is not told".to_owned(),
            Self::Left(1) => "1 try is left, and a wrong one locks the token".to_owned(),
            Self::Left(left) => format!("{left} tries are left"),
            Self::Blocked => "locked".to_owned(),
        }
    }
}
