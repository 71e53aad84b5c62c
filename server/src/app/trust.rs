//! Which certificates are believed: a directory that an operator keeps, read
//! at start and again whenever it changes.
//!
//! `trust.toml` lists the authorities; roots, intermediates and revocation
//! lists lie beside it, in PEM or DER:
//!
//! ```toml
//! [[ca]]
//! id = "demo"                      # an organisation's `issuer`; never reused
//! root = "demo-root.pem"
//! intermediates = ["demo-signing.pem"]
//! crls = ["demo.crl"]
//! revocation = "required"          # or "best-effort"
//! rule = { source = { subject = "2.5.4.97" } }
//! ```
//!
//! A directory that cannot be read any more leaves the authorities as they
//! were: a half-copied file must not lock everybody out, and the log says so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, OrganisationRule, RevocationPolicy, Trust, TrustProblem};
use kaibiao_crypto::encoding::Base64;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use serde::Deserialize;

/// The list of authorities within the directory.
pub const FILE: &str = "trust.toml";

/// The authorities believed now.
pub struct TrustStore {
    directory: PathBuf,
    held: RwLock<Held>,
}

struct Held {
    seen: Seen,
    authorities: Arc<Authorities>,
}

/// One reading of the directory.
#[derive(Debug, Default)]
pub struct Authorities {
    pub trust: Trust,
    pub cas: Vec<Authority>,
}

/// An authority as it is shown to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub id: String,
    /// SHA-256 of the root's DER.
    pub root: Digest,
}

/// Names, sizes and times of the directory's files.
type Seen = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{path}: {reason}", path = path.display())]
    List { path: PathBuf, reason: String },
    #[error("{path}: neither PEM nor DER of what it should be", path = .0.display())]
    Unreadable(PathBuf),
    #[error(transparent)]
    Trust(#[from] TrustProblem),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    ca: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    root: PathBuf,
    #[serde(default)]
    intermediates: Vec<PathBuf>,
    #[serde(default)]
    crls: Vec<PathBuf>,
    #[serde(default = "OrganisationRule::organisation_identifier")]
    rule: OrganisationRule,
    #[serde(default)]
    revocation: RevocationPolicy,
}

impl TrustStore {
    /// Reads the directory. Without `trust.toml` nobody is believed, and every
    /// login is refused until there is one.
    pub fn open(directory: PathBuf) -> Result<Self, TrustError> {
        let seen = look(&directory);
        let authorities = Arc::new(read(&directory)?);
        Ok(Self {
            directory,
            held: RwLock::new(Held { seen, authorities }),
        })
    }

    /// The authorities believed now.
    pub fn now(&self) -> Arc<Authorities> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held.authorities)
    }

    /// Reads the directory again if a file of it changed. True when the
    /// authorities are others now.
    pub fn refresh(&self) -> Result<bool, TrustError> {
        let seen = look(&self.directory);
        {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if held.seen == seen {
                return Ok(false);
            }
        }
        let authorities = Arc::new(read(&self.directory)?);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Held { seen, authorities };
        Ok(true)
    }
}

fn look(directory: &Path) -> Seen {
    let mut seen: Seen = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((entry.path(), about.len(), about.modified().ok()))
        })
        .collect();
    seen.sort();
    seen
}

fn read(directory: &Path) -> Result<Authorities, TrustError> {
    let path = directory.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Authorities::default()),
        Err(source) => return Err(TrustError::File { path, source }),
    };
    let list: List = toml::from_str(&text).map_err(|error| TrustError::List {
        path,
        reason: error.message().to_owned(),
    })?;
    let cas = list
        .ca
        .into_iter()
        .map(|entry| {
            Ok(Ca {
                root: certificate(&directory.join(entry.root))?,
                intermediates: entry
                    .intermediates
                    .iter()
                    .map(|path| certificate(&directory.join(path)))
                    .collect::<Result<_, TrustError>>()?,
                crls: entry
                    .crls
                    .iter()
                    .map(|path| revocation_list(&directory.join(path)))
                    .collect::<Result<_, TrustError>>()?,
                id: entry.id,
                rule: entry.rule,
                revocation: entry.revocation,
            })
        })
        .collect::<Result<Vec<Ca>, TrustError>>()?;
    Ok(Authorities {
        trust: Trust::new(&cas)?,
        cas: cas
            .iter()
            .map(|ca| Authority {
                id: ca.id.clone(),
                root: Digest::of(&ca.root),
            })
            .collect(),
    })
}

fn certificate(path: &Path) -> Result<Base64, TrustError> {
    der(path, |bytes| {
        CertificateDer::from_pem_slice(bytes).map(|der| der.to_vec())
    })
}

fn revocation_list(path: &Path) -> Result<Base64, TrustError> {
    der(path, |bytes| {
        CertificateRevocationListDer::from_pem_slice(bytes).map(|der| der.to_vec())
    })
}

fn der(
    path: &Path,
    pem: impl FnOnce(&[u8]) -> Result<Vec<u8>, pem::Error>,
) -> Result<Base64, TrustError> {
    let bytes = fs::read(path).map_err(|source| TrustError::File {
        path: path.to_owned(),
        source,
    })?;
    // DER of either begins with a SEQUENCE; PEM is text.
    if bytes.first() == Some(&0x30) {
        return Ok(Base64(bytes));
    }
    match pem(&bytes) {
        Ok(der) => Ok(Base64(der)),
        Err(_) => Err(TrustError::Unreadable(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(name: &str) -> String {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_directory_without_a_list_trusts_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let store = TrustStore::open(directory.path().join("none")).unwrap();
        assert!(store.now().cas.is_empty());
    }

    #[test]
    fn a_new_list_is_taken_up_and_a_broken_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let store = TrustStore::open(directory.path().to_owned()).unwrap();

        fs::write(at("root.pem"), authority("root")).unwrap();
        fs::write(at(FILE), "[[ca]]\nid = \"demo\"\nroot = \"root.pem\"\n").unwrap();
        assert!(store.refresh().unwrap());
        assert_eq!(store.now().cas[0].id, "demo");
        assert!(!store.refresh().unwrap());

        fs::write(at(FILE), "[[ca]]\nid = \"other\"\nroot = \"missing.pem\"\n").unwrap();
        assert!(matches!(store.refresh(), Err(TrustError::File { .. })));
        assert_eq!(store.now().cas[0].id, "demo");
    }

    #[test]
    fn an_unknown_key_in_the_list_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join(FILE),
            "[[ca]]\nid = \"a\"\nrooot = \"b\"\n",
        )
        .unwrap();
        assert!(matches!(
            TrustStore::open(directory.path().to_owned()),
            Err(TrustError::List { .. })
        ));
    }
}
