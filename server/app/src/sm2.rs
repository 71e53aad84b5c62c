//! The platform's SM2 keys and certificates, by which receipts and statements of projects
//! of suite `gm` are signed a second time (docs/spec/signatures.md, 4).
//!
//! The folder `sm2` of the secrets directory holds pairs: `NAME.key.pem`, a private key
//! (PKCS #8), and `NAME.cert.pem`, its certificate and those between it and a root, leaf
//! first. An authority issues them, so the service makes none. A project stays with the
//! certificate of its sealing terms, so a former pair is kept beside the newer one.
//!
//! In place of `NAME.key.pem` there may be `NAME.token`, the address of a token of GM/T 0016
//! that has the key, and `NAME.pin`, its PIN.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kaibiao_core::ids::Millis;
use kaibiao_core::platform_keys::sm2_key;
use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::signer::{FileKey, Signer};
use kaibiao_os::files;
use kaibiao_token::{Keeper, KeptKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::keys::KeysError;
use crate::token;

/// The folder in the secrets directory.
const FOLDER: &str = "sm2";
const KEY: &str = ".key.pem";
const TOKEN: &str = ".token";
const PIN: &str = ".pin";
const CERTIFICATE: &str = ".cert.pem";

/// Every pair that the platform has.
pub struct Sm2Keys(Vec<Pair>);

struct Pair {
    /// Where the private key lies, or which token has it.
    path: PathBuf,
    token: Option<Arc<Keeper>>,
    key: Arc<dyn Signer + Send + Sync>,
    leaf: Certificate,
    /// Base64 DER, leaf first, as sealing terms name it.
    chain: Vec<String>,
}

impl Sm2Keys {
    /// Reads the pairs of a secrets directory; there may be none.
    pub(crate) fn open(secrets: &Path, root: &[u8; 32]) -> Result<Self, KeysError> {
        let folder = secrets.join(FOLDER);
        let failed = |source| KeysError::File {
            path: folder.clone(),
            source,
        };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self(Vec::new())),
            Err(error) => return Err(failed(error)),
        };
        let mut pairs = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let named = |kind| name.and_then(|name| name.strip_suffix(kind));
            let certificate = |name| folder.join(format!("{name}{CERTIFICATE}"));
            if let Some(name) = named(KEY) {
                pairs.push(Pair::open(&path, &certificate(name))?);
            } else if let Some(name) = named(TOKEN) {
                let key = folder.join(format!("{name}{KEY}"));
                if key.exists() {
                    return Err(KeysError::Sm2InBoth(key));
                }
                let pin = folder.join(format!("{name}{PIN}"));
                let address = fs::read_to_string(&path).map_err(failed)?;
                let token = token::open(address.trim(), &pin, secrets, root)?;
                pairs.push(Pair::held(&path, &certificate(name), token)?);
            }
        }
        Ok(Self(pairs))
    }

    /// The certificate under which a project is published at this time: of those in force
    /// the one whose validity began last. Empty where there is none.
    pub fn chain_at(&self, now: Millis) -> Vec<String> {
        let valid = |pair: &&Pair| (pair.leaf.not_before()..=pair.leaf.not_after()).contains(&now);
        let newest = self.0.iter().filter(valid);
        let newest = newest.max_by_key(|pair| (pair.leaf.not_before(), pair.leaf.digest()));
        newest.map(|pair| pair.chain.clone()).unwrap_or_default()
    }

    /// Who signs for a project whose terms name this certificate: the key that it holds,
    /// whether or not it has expired or was renewed since.
    pub fn signer(&self, chain: &[String]) -> Option<Arc<dyn Signer + Send + Sync>> {
        let key = sm2_key(chain).ok()??;
        let mut pairs = self.0.iter();
        let pair = pairs.find(|pair| *pair.leaf.public_key() == key)?;
        Some(Arc::clone(&pair.key))
    }

    /// The keys by which nodes of one platform know that they have the same.
    pub fn names(&self) -> BTreeSet<String> {
        let spki = self.0.iter().map(|pair| pair.leaf.spki());
        spki.map(|spki| kaibiao_crypto::Digest::of(spki).to_string())
            .collect()
    }

    /// The tokens that have some of them.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Arc<Keeper>> {
        self.0.iter().filter_map(|pair| pair.token.as_ref())
    }

    /// Where the private keys lie.
    pub(crate) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.0.iter().map(|pair| pair.path.clone())
    }
}

impl Pair {
    /// Of a private key in a file.
    fn open(path: &Path, certificates: &Path) -> Result<Self, KeysError> {
        let wrong = || KeysError::Sm2(path.to_owned());
        let pem = files::read_secret(path).map_err(|source| KeysError::File {
            path: path.to_owned(),
            source,
        })?;
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())?;
        let (leaf, chain) = certified(path, certificates)?;
        let told = chain.iter().map(|der| to_base64(der)).collect();
        // Refuses a certificate of another key.
        let key = FileKey::from_pkcs8(pkcs8.secret_pkcs8_der(), chain).map_err(|_| wrong())?;
        Ok(Self {
            path: path.to_owned(),
            token: None,
            key: Arc::new(key),
            leaf,
            chain: told,
        })
    }

    /// Of a private key in a token.
    fn held(path: &Path, certificates: &Path, token: Arc<Keeper>) -> Result<Self, KeysError> {
        let wrong = |error| match error {
            KeysError::Sm2(path) => KeysError::Sm2NotInToken(path),
            other => other,
        };
        let (leaf, chain) = certified(path, certificates).map_err(wrong)?;
        if !token.has(leaf.public_key()) {
            return Err(KeysError::Sm2NotInToken(path.to_owned()));
        }
        let told = chain.iter().map(|der| to_base64(der)).collect();
        let key = KeptKey::new(Arc::clone(&token), leaf.public_key().clone(), chain);
        Ok(Self {
            path: path.to_owned(),
            token: Some(token),
            key: Arc::new(key),
            leaf,
            chain: told,
        })
    }
}

/// The certificate of a pair, and all that are in its file.
fn certified(path: &Path, file: &Path) -> Result<(Certificate, Vec<Vec<u8>>), KeysError> {
    let wrong = || KeysError::Sm2(path.to_owned());
    let pem = fs::read(file).map_err(|source| KeysError::File {
        path: file.to_owned(),
        source,
    })?;
    let chain = CertificateDer::pem_slice_iter(&pem).map(|it| it.map(|der| der.to_vec()));
    let chain: Vec<Vec<u8>> = chain.collect::<Result<_, _>>().map_err(|_| wrong())?;
    let told: Vec<String> = chain.iter().map(|der| to_base64(der)).collect();
    let is_sm2 = matches!(sm2_key(&told), Ok(Some(PublicKey::Sm2(_))));
    let leaf = chain.first().and_then(|der| Certificate::parse(der).ok());
    leaf.filter(|_| is_sm2)
        .map(|leaf| (leaf, chain))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS8: &[u8] = include_bytes!("../../../crypto/vectors/keys/sm2.pk8");
    const LEAF: &[u8] = include_bytes!("../../../crypto/vectors/keys/sm2.cer");
    const OTHER: &[u8] = include_bytes!("../../../crypto/vectors/keys/p-256.pk8");

    fn lay(secrets: &Path, name: &str, key: &[u8], certificate: &[u8]) {
        let pem = |label: &str, der: &[u8]| {
            let text = to_base64(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        let folder = secrets.join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        let at = folder.join(format!("{name}{}", super::KEY));
        files::write(
            &at,
            pem("PRIVATE KEY", key).as_bytes(),
            files::Readers::Owner,
        )
        .unwrap();
        let at = folder.join(format!("{name}{}", super::CERTIFICATE));
        fs::write(at, pem("CERTIFICATE", certificate)).unwrap();
    }

    #[test]
    fn a_pair_signs_while_its_terms_name_it_and_is_published_while_it_is_in_force() {
        let secrets = tempfile::tempdir().unwrap();
        assert!(
            Sm2Keys::open(secrets.path(), &[1; 32])
                .unwrap()
                .names()
                .is_empty()
        );
        lay(secrets.path(), "one", PKCS8, LEAF);
        let keys = Sm2Keys::open(secrets.path(), &[1; 32]).unwrap();
        assert_eq!(keys.names().len(), 1);
        let leaf = Certificate::parse(LEAF).unwrap();
        let chain = keys.chain_at(leaf.not_before());
        assert_eq!(chain, [to_base64(LEAF)]);
        assert!(keys.chain_at(leaf.not_before() - 1).is_empty());
        assert!(keys.chain_at(leaf.not_after() + 1).is_empty());
        assert!(keys.signer(&chain).is_some());
        assert!(keys.signer(&[]).is_none());
    }

    /// One would not know which of the two signs. No PIN is sent to find that out.
    #[test]
    fn a_key_in_a_file_and_in_a_token_is_refused() {
        let secrets = tempfile::tempdir().unwrap();
        lay(secrets.path(), "one", PKCS8, LEAF);
        let at = secrets.path().join(FOLDER).join("one.token");
        fs::write(at, "skf:token=UKEY?module-path=/nowhere.so").unwrap();
        let refused = Sm2Keys::open(secrets.path(), &[1; 32]);
        assert!(matches!(refused, Err(KeysError::Sm2InBoth(_))));
    }

    #[test]
    fn what_is_no_pair_of_sm2_is_refused() {
        for (key, certificate) in [(OTHER, LEAF), (PKCS8, PKCS8)] {
            let secrets = tempfile::tempdir().unwrap();
            lay(secrets.path(), "one", key, certificate);
            let refused = Sm2Keys::open(secrets.path(), &[1; 32]);
            assert!(matches!(refused, Err(KeysError::Sm2(_))));
        }
    }
}
