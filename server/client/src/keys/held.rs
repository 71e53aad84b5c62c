//! A person's keys, from a file or in a token.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use kaibiao_crypto::certificate::{Certificate, Use};
use kaibiao_crypto::signer::{FileKey, Signer, SignerProblem};
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_token::{Address, Entry, Pin, Session, TokenKey, TokenProblem};
use zeroize::Zeroizing;

use super::store::{self, StoredKey};
use crate::failure::{Failure, Outcome};

/// A private key with its certificates.
#[derive(Clone)]
pub enum Key {
    /// Read from a file.
    Stored(StoredKey),
    /// In a token, with the session that computes with it.
    Token {
        key: TokenKey,
        /// Whether the address names this certificate, or none.
        meant: bool,
    },
}

/// The sessions that are open, by address: one PIN for everything that a program does.
static OPEN: LazyLock<Mutex<HashMap<String, Weak<dyn Session>>>> = LazyLock::new(Mutex::default);

impl Key {
    /// The keys that `path` names: of a file, or of a token by its address.
    pub fn read(
        path: &Path,
        passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
    ) -> Outcome<Vec<Self>> {
        match path.to_str().filter(|text| Address::is_one(text)) {
            Some(address) => in_token(address, passphrase).map_err(|failed| match failed {
                Asked::Failed(failure) => failure,
                Asked::Token(problem) => Failure::token(&problem),
            }),
            None => Ok(store::read(path, passphrase)?
                .into_iter()
                .map(Self::Stored)
                .collect()),
        }
    }

    /// DER, the key's own certificate first; never empty.
    pub fn chain(&self) -> &[Vec<u8>] {
        match self {
            Self::Stored(key) => &key.chain,
            Self::Token { key, .. } => key.chain(),
        }
    }

    /// Whether it may be what signs acts, by its certificate and by the token.
    pub fn signs(&self, certificate: &Certificate) -> bool {
        let may = match self {
            Self::Stored(_) => true,
            Self::Token { key, meant } => *meant && key.entry().signs,
        };
        may && certificate.allows(Use::Sign)
    }

    /// As one that opens wraps; `None` where the token has it for signing alone.
    pub fn opener(&self) -> Outcome<Option<PrivateKey>> {
        match self {
            Self::Stored(key) => PrivateKey::from_pkcs8(&key.pkcs8)
                .map(Some)
                .map_err(Failure::unexpected),
            Self::Token { key, .. } if !key.entry().decrypts => Ok(None),
            Self::Token { key, .. } => Ok(key.opener()),
        }
    }

    /// As one that signs, with these certificates.
    pub fn signer(
        &self,
        chain: Vec<Vec<u8>>,
    ) -> Result<Box<dyn Signer + Send + Sync>, SignerProblem> {
        Ok(match self {
            Self::Stored(key) => Box::new(FileKey::from_pkcs8(&key.pkcs8, chain)?),
            Self::Token { key, .. } => Box::new(key.clone()),
        })
    }
}

enum Asked {
    Failed(Failure),
    Token(TokenProblem),
}

impl From<TokenProblem> for Asked {
    fn from(problem: TokenProblem) -> Self {
        Self::Token(problem)
    }
}

fn in_token(
    text: &str,
    passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
) -> Result<Vec<Key>, Asked> {
    let address = Address::parse(text)?;
    let session = session(text, &address, passphrase)?;
    let keys = session.entries().iter().map(|entry| {
        let above = above(entry, session.authorities());
        let key = TokenKey::new(Arc::clone(&session), entry, &above)?;
        let meant = address.means(entry);
        Ok(Key::Token { key, meant })
    });
    let keys = keys.collect::<Result<Vec<_>, TokenProblem>>()?;
    if keys.is_empty() {
        return Err(TokenProblem::NoKey.into());
    }
    Ok(keys)
}

/// The session of this address, opened with a PIN if it is not open yet.
fn session(
    text: &str,
    address: &Address,
    passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
) -> Result<Arc<dyn Session>, Asked> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(session) = open.get(text).and_then(Weak::upgrade) {
        return Ok(session);
    }
    let middleware = address.middleware()?;
    let token = address.find(middleware.as_ref())?;
    let pin = if token.asks_itself {
        None
    } else {
        let shown = format!("{text}（{} · {}）", token.tries.zh(), token.tries.en());
        let typed = passphrase(Path::new(&shown)).map_err(Asked::Failed)?;
        Some(Pin::new(typed))
    };
    let session = middleware.open(&token.id, pin.as_ref())?;
    open.insert(text.to_owned(), Arc::downgrade(&session));
    Ok(session)
}

/// The certificates above an entry's, as far as the token holds them, without the root.
fn above(entry: &Entry, authorities: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chain: Vec<Vec<u8>> = Vec::new();
    let mut below = &entry.certificate;
    while let Some(issuer) = authorities.iter().find(|der| store::issued(der, below)) {
        if store::is_self_issued(issuer) || chain.contains(issuer) {
            break;
        }
        chain.push(issuer.clone());
        below = issuer;
    }
    chain
}
