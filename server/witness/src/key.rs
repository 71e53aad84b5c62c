//! The witness's key and the file that it lies in: the vkey on the first line, then the
//! secret as a PEM of PKCS #8 (RFC 7468, RFC 8410), which may have text before it.

use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::signer::SignerProblem;
use kaibiao_crypto::tlog::{KeyName, NoteSignature, WitnessKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

/// A witness's secret key under its name.
pub struct SigningKey {
    name: KeyName,
    key: PlatformKey,
}

impl SigningKey {
    /// Makes a key; answers its vkey, and the text of its file.
    pub fn generate(name: KeyName, rng: &mut impl Rng) -> (WitnessKey, Zeroizing<String>) {
        let (key, pkcs8) = PlatformKey::generate(rng);
        let public = Self { name, key }.public();
        // 48 bytes are one line of 64 characters.
        let secret = Zeroizing::new(to_base64(&pkcs8));
        let file = format!(
            "{public}\n-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            *secret
        );
        (public, Zeroizing::new(file))
    }

    /// Reads the text of a key file; none where it is not one, or its vkey is not that
    /// of its secret.
    pub fn read(file: &str) -> Option<Self> {
        let (vkey, pem) = file.split_once('\n')?;
        let named: WitnessKey = vkey.parse().ok()?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key = Self {
            name: named.name().clone(),
            key: PlatformKey::from_pkcs8(der.secret_pkcs8_der()).ok()?,
        };
        (key.public() == named).then_some(key)
    }

    /// The key that others know.
    pub fn public(&self) -> WitnessKey {
        WitnessKey::new(self.name.clone(), self.key.public_key())
    }

    /// Cosigns a checkpoint's text at `time`, in seconds since the epoch.
    pub fn cosign(&self, time: u64, text: &str) -> Result<NoteSignature, SignerProblem> {
        WitnessKey::sign(self.name.clone(), &self.key, time, text)
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_os::random::SystemRng;

    use super::*;

    #[test]
    fn a_key_file_is_read_as_it_was_written_and_not_when_its_halves_differ() {
        let name = || "witness.example.cn/w1".parse().unwrap();
        let (public, file) = SigningKey::generate(name(), &mut SystemRng);
        assert_eq!(SigningKey::read(&file).unwrap().public(), public);
        let (_, other) = SigningKey::generate(name(), &mut SystemRng);
        let (vkey, secret) = file.split_once('\n').unwrap();
        let (_, others) = other.split_once('\n').unwrap();
        for wrong in [
            format!("{vkey}\n{others}"),
            secret.to_owned(),
            vkey.to_owned(),
            file.replace("w1", "w2"),
            file.replace("PRIVATE KEY", "PUBLIC KEY"),
        ] {
            assert!(SigningKey::read(&wrong).is_none(), "{wrong}");
        }
    }
}
