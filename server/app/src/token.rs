//! The token in which keys of the platform may live instead of in files (docs/ops/tokens.md,
//! "The platform's own keys").
//!
//! Its PIN stands in a file. Which PINs the token has refused is remembered beside the
//! secrets, so that a service that is started again and again sends no wrong PIN twice: of
//! each a code under the root secret, by which nobody learns it who has not that secret.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use kaibiao_crypto::signature::PublicKey;
use kaibiao_os::files::{self, Readers};
use kaibiao_token::{Address, Keeper, KeptKey, Pin, Pins, Token};
use ring::hmac;
use zeroize::Zeroizing;

use crate::keys::KeysError;

/// The file of the PINs that were refused, in the secrets directory.
const REFUSED: &str = "refused-pins.json";

/// Opens the token of an address, whose PIN stands in a file.
pub(crate) fn open(
    address: &str,
    pin: &Path,
    secrets: &Path,
    root: &[u8; 32],
) -> Result<Arc<Keeper>, KeysError> {
    let failed = |problem: kaibiao_token::KeeperProblem| KeysError::Token {
        address: address.to_owned(),
        pin: pin.to_owned(),
        refused: secrets.join(REFUSED),
        problem: Box::new(problem),
    };
    let read = Address::parse(address).map_err(|problem| failed(problem.into()))?;
    let pins = PinFile {
        pin: pin.to_owned(),
        refused: secrets.join(REFUSED),
        key: hmac::Key::new(hmac::HMAC_SHA256, root),
    };
    Keeper::open(read, Box::new(pins)).map_err(failed)
}

/// The Ed25519 key that a token calls `label`.
pub(crate) fn key(keeper: &Arc<Keeper>, label: &str) -> Result<PlatformKey, KeysError> {
    let public = keeper.labelled(label);
    let public = public.ok_or_else(|| KeysError::NotInToken(label.to_owned()))?;
    let held = KeptKey::new(Arc::clone(keeper), PublicKey::Ed25519(public), Vec::new());
    Ok(PlatformKey::held(
        PlatformPublicKey::from_bytes(public),
        held,
    ))
}

/// A PIN in a file, and what is remembered of those that were refused.
struct PinFile {
    pin: PathBuf,
    refused: PathBuf,
    key: hmac::Key,
}

impl PinFile {
    fn mark(&self, token: &Token, pin: &Pin) -> String {
        let parts = ["kaibiao/1 refused pin", &token.serial, pin.as_str()];
        let text = Zeroizing::new(parts.join("\0"));
        hex::encode(hmac::sign(&self.key, text.as_bytes()))
    }

    /// None where there is a file and it cannot be read: then nobody knows.
    fn marks(&self) -> Option<Vec<String>> {
        match fs::read(&self.refused) {
            Ok(bytes) => serde_json::from_slice(&bytes).ok(),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(Vec::new()),
            Err(_) => None,
        }
    }
}

impl Pins for PinFile {
    fn read(&self) -> Result<Pin, String> {
        let text = files::read_secret(&self.pin);
        let text = text.map_err(|error| format!("{}: {error}", self.pin.display()))?;
        Ok(Pin::new(Zeroizing::new(text.trim_end().to_owned())))
    }

    fn was_refused(&self, token: &Token, pin: &Pin) -> bool {
        let marks = self.marks();
        marks.is_none_or(|marks| marks.contains(&self.mark(token, pin)))
    }

    fn refused(&self, token: &Token, pin: &Pin) {
        let mut marks = self.marks().unwrap_or_default();
        marks.push(self.mark(token, pin));
        let bytes = serde_json::to_vec(&marks).unwrap_or_default();
        if let Err(error) = files::write(&self.refused, &bytes, Readers::Owner) {
            // This process remembers it anyway.
            tracing::error!(%error, "that the token refused its PIN could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_token::{TokenId, Tries};

    use super::*;

    fn token(serial: &str) -> Token {
        Token {
            id: TokenId("0".to_owned()),
            label: "platform".to_owned(),
            serial: serial.to_owned(),
            manufacturer: String::new(),
            model: String::new(),
            tries: Tries::Unknown,
            asks_itself: false,
        }
    }

    fn pin(text: &str) -> Pin {
        Pin::new(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_refused_pin_is_known_and_where_nobody_knows_none_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let pins = PinFile {
            pin: folder.path().join("pin"),
            refused: folder.path().join(REFUSED),
            key: hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]),
        };
        assert!(!pins.was_refused(&token("1"), &pin("1234")));
        pins.refused(&token("1"), &pin("1234"));
        assert!(pins.was_refused(&token("1"), &pin("1234")));
        assert!(!pins.was_refused(&token("1"), &pin("4321")));
        assert!(!pins.was_refused(&token("2"), &pin("1234")));
        fs::write(&pins.refused, "[\"cut").unwrap();
        assert!(pins.was_refused(&token("1"), &pin("4321")));
    }
}
