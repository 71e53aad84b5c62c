//! Which certificates are believed: a directory that an operator keeps, read
//! at start and again whenever it changes.
//!
//! What cannot be read any more stays as it was, authority by authority, and
//! readiness and the log say so, because a half-copied file must not lock anybody
//! out.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use kaibiao_core::ids::Millis;
use kaibiao_os::trust;

pub use kaibiao_os::trust::TrustError;

/// The authorities believed now.
pub struct Authorities {
    directory: PathBuf,
    held: RwLock<Held>,
}

struct Held {
    files: Files,
    believed: Arc<Believed>,
    /// Until when an authority's ended lists are relied on, by its id.
    bridges: BTreeMap<String, Millis>,
}

/// One reading of the directory.
#[derive(Debug, Default)]
pub struct Believed {
    read: trust::Authorities,
    /// The number of this reading, from 1. It changes whenever the authorities do.
    pub reading: u64,
}

impl Deref for Believed {
    type Target = trust::Authorities;

    fn deref(&self) -> &trust::Authorities {
        &self.read
    }
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
        let read = trust::Authorities::read(&directory)?;
        let believed = Arc::new(Believed { read, reading: 1 });
        Ok(Self {
            directory,
            held: RwLock::new(Held {
                files,
                believed,
                bridges: BTreeMap::new(),
            }),
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
        let (before, bridges) = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if held.files == files {
                return Ok(false);
            }
            (Arc::clone(&held.believed), held.bridges.clone())
        };
        self.read_again(files, &before, bridges)?;
        Ok(true)
    }

    /// Lets an authority's lists be relied on until then although they ended.
    ///
    /// # Errors
    /// When the directory cannot be read; the authorities stay as they were.
    pub fn bridge(&self, ca: &str, until: Millis) -> Result<(), TrustError> {
        let (before, mut bridges) = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&held.believed), held.bridges.clone())
        };
        bridges.insert(ca.to_owned(), until);
        self.read_again(look(&self.directory), &before, bridges)
    }

    fn read_again(
        &self,
        files: Files,
        before: &Believed,
        bridges: BTreeMap<String, Millis>,
    ) -> Result<(), TrustError> {
        let mut read = trust::Authorities::read_after(&self.directory, &before.read)?;
        for (ca, until) in &bridges {
            read.trust.bridge(ca, *until);
        }
        let reading = before.reading + 1;
        let believed = Arc::new(Believed { read, reading });
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Held {
            files,
            believed,
            bridges,
        };
        Ok(())
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
             code = [{{ place = {{ subject = \"2.5.4.97\" }} }}]\n"
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

        fs::write(at(trust::FILE), list("demo", "missing.pem")).unwrap();
        assert!(store.refresh().unwrap());
        assert_eq!(store.now().cas[0].id, "demo");
        assert_eq!(store.now().faults[0].ca, "demo");
        fs::write(at(trust::FILE), "half a li").unwrap();
        assert!(matches!(store.refresh(), Err(TrustError::Form { .. })));
        assert_eq!(store.now().cas[0].id, "demo");
    }
}
