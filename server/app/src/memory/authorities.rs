//! Which certificates are believed: a directory that an operator keeps, read
//! at start and again whenever it changes.
//!
//! When the directory cannot be read any more, the authorities stay as they were
//! and the log says so, because a half-copied file must not lock everybody out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use kaibiao_crypto::certificate::Trust;
use kaibiao_os::trust;

pub use kaibiao_os::trust::{Authority, TrustError};

/// The authorities believed now.
pub struct Authorities {
    directory: PathBuf,
    held: RwLock<Held>,
}

struct Held {
    files: Files,
    believed: Arc<Believed>,
}

/// One reading of the directory.
#[derive(Debug, Default)]
pub struct Believed {
    /// What judges certificates.
    pub trust: Trust,
    /// The number of this reading, from 1. It changes whenever the authorities do.
    pub reading: u64,
    /// The same authorities by name.
    pub cas: Vec<Authority>,
}

/// Names, sizes and times of the directory's files.
type Files = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Authorities {
    /// Reads the directory. Without `trust.toml` nobody is believed, and every
    /// login is refused until there is one.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn open(directory: PathBuf) -> Result<Self, TrustError> {
        let files = look(&directory);
        let believed = Arc::new(Believed::read(&directory, 1)?);
        Ok(Self {
            directory,
            held: RwLock::new(Held { files, believed }),
        })
    }

    /// The authorities believed now.
    pub fn now(&self) -> Arc<Believed> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held.believed)
    }

    /// Reads the directory again if a file of it changed. True when the
    /// authorities are others now.
    ///
    /// # Errors
    /// When the directory cannot be read; the authorities stay as they were.
    pub fn refresh(&self) -> Result<bool, TrustError> {
        let files = look(&self.directory);
        let reading = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if held.files == files {
                return Ok(false);
            }
            held.believed.reading + 1
        };
        let believed = Arc::new(Believed::read(&self.directory, reading)?);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Held { files, believed };
        Ok(true)
    }
}

impl Believed {
    fn read(directory: &Path, reading: u64) -> Result<Self, TrustError> {
        let trust::Authorities { trust, cas } = trust::Authorities::read(directory)?;
        Ok(Self {
            trust,
            reading,
            cas,
        })
    }
}

fn look(directory: &Path) -> Files {
    let mut files: Files = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((entry.path(), about.len(), about.modified().ok()))
        })
        .collect();
    files.sort();
    files
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

    fn list(id: &str, root: &str) -> String {
        format!(
            "[[ca]]\nid = \"{id}\"\nroot = \"{root}\"\n\
             rule = {{ source = {{ subject = \"2.5.4.97\" }} }}\n"
        )
    }

    #[test]
    fn a_directory_without_a_list_trusts_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let store = Authorities::open(directory.path().join("none")).unwrap();
        assert!(store.now().cas.is_empty());
    }

    #[test]
    fn a_new_list_is_taken_up_and_a_broken_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let store = Authorities::open(directory.path().to_owned()).unwrap();

        fs::write(at("root.pem"), authority("root")).unwrap();
        fs::write(at(trust::FILE), list("demo", "root.pem")).unwrap();
        assert!(store.refresh().unwrap());
        assert_eq!(store.now().cas[0].id, "demo");
        assert!(!store.refresh().unwrap());

        fs::write(at(trust::FILE), list("other", "missing.pem")).unwrap();
        assert!(matches!(store.refresh(), Err(TrustError::Read { .. })));
        assert_eq!(store.now().cas[0].id, "demo");
    }
}
