//! A private key of P-256 or SM2 in a file, under a passphrase: a bidder's spare, a
//! custodian's key (docs/spec/sealed-bid.md, 12; docs/spec/suite-gm.md, 9).
//!
//! The file's parameters are fixed, so that a hostile file cannot ask for more
//! memory or time than one of ours.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::canonical;
use crate::digest::lower_hex;
use crate::encoding::Base64;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::suite::{KeyFileCipher, Suite};
use crate::wrap::{PrivateKey, PublicKey};

/// Argon2id memory in KiB, passes and lanes (RFC 9106, 4: the second choice is
/// 64 MiB and three passes).
const MEMORY: u32 = 65536;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const FORMAT: &str = "kaibiao/1 keyfile";
/// The fewest characters of a new passphrase.
pub const MIN_PASSPHRASE: usize = 8;

/// Why a key file does not give its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileProblem {
    /// `keyfile-wrong`
    #[error("not a Kaibiao key file, or a damaged one")]
    Wrong,
    /// `passphrase-wrong`
    #[error("the passphrase does not open this key file")]
    Passphrase,
    /// `passphrase-too-short`
    #[error("a passphrase has at least {MIN_PASSPHRASE} characters")]
    TooShort,
    /// `keyfile-memory`
    #[error("there are not 64 MiB of memory free")]
    Memory,
}

impl KeyFileProblem {
    /// The stable code of the specification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wrong => "keyfile-wrong",
            Self::Passphrase => "passphrase-wrong",
            Self::TooShort => "passphrase-too-short",
            Self::Memory => "keyfile-memory",
        }
    }
}

/// A key file as read: its public half is known without the passphrase.
#[derive(Debug)]
pub struct KeyFile {
    public: PublicKey,
    salt: [u8; 16],
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    argon2id: Argon2Text,
    format: String,
    public: Base64,
    sealed: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argon2Text {
    m: u32,
    p: u32,
    salt: String,
    t: u32,
}

/// Makes a fresh P-256 key and its file.
pub fn generate(
    passphrase: &str,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(Vec<u8>, PrivateKey), KeyFileProblem> {
    generate_for(Suite::Intl, passphrase, rng)
}

/// Makes a fresh key of the suite's curve and its file.
pub fn generate_for(
    suite: Suite,
    passphrase: &str,
    rng: &mut (impl Rng + ?Sized),
) -> Result<(Vec<u8>, PrivateKey), KeyFileProblem> {
    let key = PrivateKey::generate_for(suite, rng);
    let file = seal(&key, passphrase, crate::rng::bytes(rng))?;
    Ok((file, key))
}

impl KeyFile {
    /// Reads the file; nothing secret is touched.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFileProblem> {
        let text: Text = canonical::from_bytes(bytes).map_err(|_| KeyFileProblem::Wrong)?;
        let fixed = (MEMORY, PASSES, LANES);
        if text.format != FORMAT || (text.argon2id.m, text.argon2id.t, text.argon2id.p) != fixed {
            return Err(KeyFileProblem::Wrong);
        }
        let public = PublicKey::from_spki(&text.public.0).map_err(|_| KeyFileProblem::Wrong)?;
        let sealed = text.sealed.0;
        // Whose wraps can be dealt has a scalar; RSA keys are kept otherwise.
        if public.dealt_kind().is_none()
            || sealed.len() != KeyFileCipher::sealed_length(public.suite())
        {
            return Err(KeyFileProblem::Wrong);
        }
        Ok(Self {
            public,
            salt: lower_hex(&text.argon2id.salt).ok_or(KeyFileProblem::Wrong)?,
            sealed,
        })
    }

    /// What secrets are wrapped to.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens the private half. Takes 64 MiB of memory and a noticeable time.
    pub fn open(&self, passphrase: &str) -> Result<PrivateKey, KeyFileProblem> {
        let suite = self.public.suite();
        let cipher = KeyFileCipher::new(suite, stretch(passphrase, &self.salt)?);
        let scalar = cipher.open(&aad(&self.public), &self.sealed);
        let scalar = scalar.ok_or(KeyFileProblem::Passphrase)?;
        let key = PrivateKey::from_scalar(suite, &scalar).ok_or(KeyFileProblem::Wrong)?;
        if key.public() == self.public {
            Ok(key)
        } else {
            Err(KeyFileProblem::Wrong)
        }
    }
}

/// The file's bytes for a key that has a scalar.
pub(crate) fn seal(
    key: &PrivateKey,
    passphrase: &str,
    salt: [u8; 16],
) -> Result<Vec<u8>, KeyFileProblem> {
    if passphrase.nfc().count() < MIN_PASSPHRASE {
        return Err(KeyFileProblem::TooShort);
    }
    let scalar = key.scalar().ok_or(KeyFileProblem::Wrong)?;
    let public = key.public();
    let cipher = KeyFileCipher::new(public.suite(), stretch(passphrase, &salt)?);
    let sealed = cipher.seal(&aad(&public), scalar);
    Ok(canonical::to_bytes(&Text {
        argon2id: Argon2Text {
            m: MEMORY,
            p: LANES,
            salt: hex::encode(salt),
            t: PASSES,
        },
        format: FORMAT.to_owned(),
        public: Base64(public.spki()),
        sealed: Base64(sealed),
    }))
}

fn stretch(passphrase: &str, salt: &[u8; 16]) -> Result<Secret, KeyFileProblem> {
    let params = Params::new(MEMORY, PASSES, LANES, Some(32)).expect("RFC 9106 allows these");
    let passphrase = Zeroizing::new(passphrase.nfc().collect::<String>());
    let mut key = Secret::from_bytes([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_bytes())
        .map_err(|_| KeyFileProblem::Memory)?;
    Ok(key)
}

fn aad(public: &PublicKey) -> [u8; 49] {
    let mut aad = [0; 49];
    aad[..17].copy_from_slice(FORMAT.as_bytes());
    aad[17..].copy_from_slice(public.id().as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_rng::TestRng;

    #[test]
    fn a_key_file_opens_with_its_passphrase_in_any_normal_form_and_with_no_other() {
        for suite in [Suite::Intl, Suite::Gm] {
            opens_with_its_passphrase(suite);
        }
    }

    fn opens_with_its_passphrase(suite: Suite) {
        let mut rng = TestRng::new("key file");
        let (file, key) = generate_for(suite, "pässwörd", &mut rng).unwrap();
        let read = KeyFile::parse(&file).unwrap();
        assert_eq!(read.public().suite(), suite);
        assert_eq!(read.public(), &key.public());
        let opened = read.open("pa\u{308}sswo\u{308}rd").unwrap();
        assert_eq!(opened.public(), key.public());
        let wrong = read.open("passwort").unwrap_err();
        assert_eq!(wrong, KeyFileProblem::Passphrase);
    }

    #[test]
    fn a_short_passphrase_is_refused_when_the_file_is_made() {
        let made = generate("1234567", &mut TestRng::new("short"));
        assert_eq!(made.unwrap_err(), KeyFileProblem::TooShort);
    }

    #[test]
    fn a_file_that_asks_for_other_parameters_is_refused_before_any_work() {
        let (file, _) = generate("password", &mut TestRng::new("parameters")).unwrap();
        let text = String::from_utf8(file).unwrap();
        for (from, to) in [
            ("\"m\":65536", "\"m\":4194304"),
            ("\"p\":1", "\"p\":2"),
            ("\"t\":3", "\"t\":1"),
            ("kaibiao/1 keyfile", "kaibiao/2 keyfile"),
            ("\"argon2id\":{", "\"argon2id\": {"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            let read = KeyFile::parse(changed.as_bytes());
            assert_eq!(read.unwrap_err(), KeyFileProblem::Wrong, "{to}");
        }
        assert!(KeyFile::parse(format!("{text}\n").as_bytes()).is_err());
    }

    #[test]
    fn a_public_half_of_another_key_is_noticed() {
        let mut rng = TestRng::new("swapped");
        let (one, _) = generate("password", &mut rng).unwrap();
        let other = PrivateKey::generate(&mut rng).public();
        let mut text: Text = canonical::from_bytes(&one).unwrap();
        text.public = Base64(other.spki());
        let read = KeyFile::parse(&canonical::to_bytes(&text)).unwrap();
        assert_eq!(
            read.open("password").unwrap_err(),
            KeyFileProblem::Passphrase
        );
    }
}
