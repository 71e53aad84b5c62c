//! The root secret and what is derived from it.
//!
//! Everything at rest is sealed with AES-256-GCM (SP 800-38D) under keys made
//! from the root secret by HKDF-SHA256 (RFC 5869), one info string per use:
//!
//! ```text
//! PRK        = HKDF-Extract(salt = "kaibiao/1 at rest", ikm = root secret)
//! check      = HKDF-Expand(PRK, "check", 32)
//! index key  = HKDF-Expand(PRK, "index", 32)            HMAC-SHA256 over names
//! row key    = HKDF-Expand(PRK, "row" || 0 || use, 32)
//! wrap key   = HKDF-Expand(PRK, "wrap" || 0 || stream, 32)
//! salt       = HKDF-Expand(PRK, "anchor" || 0 || stream || 0 || u64 tick, 32)
//! ```
//!
//! A row is `nonce12 || ciphertext || tag16` with a random nonce, and names the
//! place it belongs to as associated data, so that rows cannot change places.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// 32 random bytes that lie outside the data directory.
#[derive(Clone)]
pub struct RootSecret(Zeroizing<[u8; 32]>);

impl RootSecret {
    /// Takes over the bytes. Where they come from and who else may read them is
    /// the caller's affair.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(..)")
    }
}

/// What a sealed row is; each has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Summary,
    Secret,
    Outbox,
    Claim,
    Session,
    Upload,
    Checker,
    Contact,
    Alert,
}

impl Row {
    const ALL: [Row; 9] = [
        Row::Summary,
        Row::Secret,
        Row::Outbox,
        Row::Claim,
        Row::Session,
        Row::Upload,
        Row::Checker,
        Row::Contact,
        Row::Alert,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Row::Summary => "summary",
            Row::Secret => "secret",
            Row::Outbox => "outbox",
            Row::Claim => "claim",
            Row::Session => "session",
            Row::Upload => "upload",
            Row::Checker => "checker",
            Row::Contact => "contact",
            Row::Alert => "alert",
        }
    }
}

/// The keys of an open store.
pub(crate) struct Keys {
    prk: hkdf::Prk,
    index: hmac::Key,
    rows: Vec<LessSafeKey>,
    /// Rows that were opened since the start.
    opened: AtomicU64,
}

impl Keys {
    pub fn derive(root: &RootSecret) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kaibiao/1 at rest");
        let prk = salt.extract(&*root.0);
        let index = hmac::Key::new(hmac::HMAC_SHA256, &*expand(&prk, &[b"index"]));
        let rows = Row::ALL
            .iter()
            .map(|row| aead(&expand(&prk, &[b"row\0", row.name().as_bytes()])))
            .collect();
        Self {
            prk,
            index,
            rows,
            opened: AtomicU64::new(0),
        }
    }

    /// Tells whether a root secret is the one a store was made with, and nothing
    /// else about it.
    pub fn check(&self) -> Zeroizing<[u8; 32]> {
        expand(&self.prk, &[b"check"])
    }

    /// The key under which the keys of a stream's events are wrapped.
    pub fn wrap(&self, stream: &str) -> LessSafeKey {
        aead(&expand(&self.prk, &[b"wrap\0", stream.as_bytes()]))
    }

    /// What hides an anchor of a stream in the public log.
    pub fn anchor_salt(&self, stream: &str, tick: u64) -> [u8; 32] {
        *expand(
            &self.prk,
            &[b"anchor\0", stream.as_bytes(), b"\0", &tick.to_be_bytes()],
        )
    }

    /// A name to look up by, which tells nothing without the root secret.
    /// Parts are framed, so that no two lists of parts collide.
    pub fn index(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.index);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut name = [0; 32];
        name.copy_from_slice(context.sign().as_ref());
        name
    }

    /// Seals a row that belongs at `place`.
    pub fn seal(&self, row: Row, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(&self.rows[row as usize], place, plain)
    }

    pub fn open(
        &self,
        row: Row,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        open(&self.rows[row as usize], place, sealed)
            .ok_or_else(|| StoreError::Corrupt(format!("a {} row does not open", row.name())))
    }
}

impl Keys {
    /// How many rows were opened since the start: what reading costs.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

pub(crate) const NONCE: usize = 12;
pub(crate) const TAG: usize = 16;

/// `nonce12 || ciphertext || tag16` under a random nonce.
pub(crate) fn seal(key: &LessSafeKey, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    let mut sealed = Vec::with_capacity(NONCE + plain.len() + TAG);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut sealed[NONCE..],
        )
        .expect("a row is far shorter than AES-GCM's 64 GiB");
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// None when any byte, the key or the associated data is another.
pub(crate) fn open(key: &LessSafeKey, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(aad),
            &mut body,
        )
        .ok()?
        .len();
    body.truncate(length);
    Some(body)
}

pub(crate) fn aead(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

pub(crate) fn random(into: &mut [u8]) -> Result<(), StoreError> {
    SystemRandom::new()
        .fill(into)
        .map_err(|_| StoreError::NoRandomness)
}

fn expand(prk: &hkdf::Prk, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    prk.expand(info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("HKDF-SHA256 yields 32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::derive(&RootSecret::from_bytes([byte; 32]))
    }

    #[test]
    fn a_row_opens_only_with_its_own_key_kind_and_place() {
        let sealed = keys(1).seal(Row::Session, b"here", b"body").unwrap();
        assert_eq!(
            &**keys(1).open(Row::Session, b"here", &sealed).unwrap(),
            b"body"
        );
        assert!(keys(1).open(Row::Upload, b"here", &sealed).is_err());
        assert!(keys(1).open(Row::Session, b"there", &sealed).is_err());
        assert!(keys(2).open(Row::Session, b"here", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(keys(1).open(Row::Session, b"here", &bent).is_err());
        }
        for length in 0..sealed.len() {
            assert!(
                keys(1)
                    .open(Row::Session, b"here", &sealed[..length])
                    .is_err()
            );
        }
    }

    #[test]
    fn index_names_keep_their_parts_apart() {
        let keys = keys(1);
        assert_ne!(keys.index(&[b"ab", b"c"]), keys.index(&[b"a", b"bc"]));
        assert_ne!(keys.index(&[b"ab"]), keys.index(&[b"ab", b""]));
    }
}
