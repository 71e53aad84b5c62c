//! The platform's keys as sealing terms and policies name them
//! (docs/spec/signatures.md, 4): two of Ed25519, and in suite `gm` the one of its SM2
//! certificate.

use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::{Certificate, Use};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::platform_key::PlatformPublicKey;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::statement::StatementKeys;

use crate::terms::Trust;

/// The most certificates that go along with a signature.
const MAX_CHAIN: usize = 8;

/// Why the keys that terms name are nobody's: `terms-platform-key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a platform key or the platform's SM2 certificate is malformed, or is not of the suite")]
pub struct NotAPlatformKey;

impl Trust {
    /// Who must have signed closing and accepted statements and acknowledgements.
    ///
    /// # Errors
    /// [`NotAPlatformKey`].
    pub fn statement_keys(&self) -> Result<StatementKeys, NotAPlatformKey> {
        self.keys(&self.statement_key)
    }

    /// Who must have signed receipts.
    ///
    /// # Errors
    /// [`NotAPlatformKey`].
    pub fn receipt_keys(&self) -> Result<StatementKeys, NotAPlatformKey> {
        self.keys(&self.receipt_key)
    }

    /// Whether there is an SM2 certificate exactly where the suite asks for one.
    pub fn is_of(&self, suite: Suite) -> bool {
        self.sm2_chain.is_empty() != (suite == Suite::Gm)
    }

    fn keys(&self, ed25519: &str) -> Result<StatementKeys, NotAPlatformKey> {
        let key = from_base64(ed25519)
            .ok()
            .and_then(|key| key.try_into().ok());
        Ok(StatementKeys {
            ed25519: PlatformPublicKey::from_bytes(key.ok_or(NotAPlatformKey)?),
            sm2: sm2_key(&self.sm2_chain)?,
        })
    }
}

/// The key of a platform's SM2 certificate: 1 to 8 certificates, base64 DER, leaf first,
/// of which the leaf holds an SM2 key and may sign. None where there is no certificate.
///
/// # Errors
/// [`NotAPlatformKey`].
pub fn sm2_key(chain: &[String]) -> Result<Option<PublicKey>, NotAPlatformKey> {
    if chain.len() > MAX_CHAIN {
        return Err(NotAPlatformKey);
    }
    let read = |text: &String| Certificate::parse(&from_base64(text).ok()?).ok();
    let chain: Option<Vec<_>> = chain.iter().map(read).collect();
    let chain = chain.ok_or(NotAPlatformKey)?;
    let Some(leaf) = chain.first() else {
        return Ok(None);
    };
    let key = leaf.public_key();
    if matches!(key, PublicKey::Sm2(_)) && leaf.allows(Use::Sign) {
        Ok(Some(key.clone()))
    } else {
        Err(NotAPlatformKey)
    }
}
