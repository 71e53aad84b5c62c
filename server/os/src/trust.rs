//! The trust directory: which certificate authorities are believed, and by
//! which lists certificates are revoked. The service and the client read the
//! same form; each keeps its own directory.
//!
//! `trust.toml` has one `[[ca]]` table for each authority:
//!
//! ```toml
//! [[ca]]
//! id = "demo-ca"                 # names the issuer of an organisation; never reused
//! root = "demo-ca.pem"           # PEM or DER, beside this file
//! intermediates = []
//! crls = ["demo-ca.crl.pem"]     # PEM or DER
//! code = [{ place = { subject = "organizationIdentifier" } }]
//! name = [{ place = { subject = "O" } }]
//! revocation = "required"
//! ```
//!
//! What cannot be used of one authority is that authority's fault and nobody
//! else's; only a file that is no list of authorities at all is refused.

use std::path::{Path, PathBuf};

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{
    Ca, RevocationPolicy, Rules, Source, TimeAuthorities, TimeAuthority, Trust, TrustProblem,
};
use kaibiao_crypto::encoding::Base64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use serde::{Deserialize, Serialize};

/// The name of the file that names the others.
pub const FILE: &str = "trust.toml";

/// Why a trust directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("{path}: {error}")]
    Read {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path}: {reason}")]
    Form { path: PathBuf, reason: String },
}

/// What is wrong with one authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{ca}: {reason}")]
pub struct Fault {
    /// The `id` in `trust.toml`, or the entry's place where it has none.
    pub ca: String,
    pub reason: String,
}

/// What `trust.toml` says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFile {
    #[serde(default)]
    pub ca: Vec<CaEntry>,
}

/// One authority in `trust.toml`; paths are relative to its directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaEntry {
    pub id: String,
    pub root: PathBuf,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intermediates: Vec<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<PathBuf>,
    #[serde(default)]
    pub revocation: RevocationPolicy,
    /// Where the organisation's code stands.
    pub code: Vec<Source>,
    /// Where its name stands; in O when left out.
    #[serde(default = "Rules::usual_name")]
    pub name: Vec<Source>,
}

/// The same, with entries that are read one by one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default)]
    ca: Vec<toml::Table>,
}

/// The authorities of a trust directory, ready to judge by.
#[derive(Debug, Default)]
pub struct Authorities {
    /// What judges certificates.
    pub trust: Trust,
    /// The same authorities by name.
    pub cas: Vec<Authority>,
    /// What cannot be used, by authority. One whose root or form is wrong is left
    /// out; of one whose list is wrong every certificate is refused for that.
    pub faults: Vec<Fault>,
    /// What was read, for the next reading to fall back to.
    read: Vec<Ca>,
}

/// An authority as it is shown to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The `id` in `trust.toml`.
    pub id: String,
    /// SHA-256 of the root's DER.
    pub root: Digest,
    /// Where it puts codes and names.
    pub rules: Rules,
    /// What is done where its lists are missing.
    pub revocation: RevocationPolicy,
    /// SHA-256 of the DER of its intermediates, in the order of `trust.toml`.
    pub intermediates: Vec<Digest>,
    /// The same of its revocation lists.
    pub crls: Vec<Digest>,
}

impl Authorities {
    /// Reads a trust directory. Without `trust.toml` nobody is believed.
    ///
    /// # Errors
    /// When `trust.toml` cannot be read; the error names it.
    pub fn read(directory: &Path) -> Result<Self, TrustError> {
        Self::read_after(directory, &Self::default())
    }

    /// Reads it again: of an authority that cannot be used as it is now, what was
    /// read before stays, because a half-copied file must not lock anybody out.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_after(directory: &Path, before: &Self) -> Result<Self, TrustError> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path).map_err(|error| TrustError::Read {
            path: path.clone(),
            error,
        })?;
        let entries: Entries = toml::from_str(&text).map_err(|error| TrustError::Form {
            path,
            reason: error.to_string(),
        })?;
        let mut faults = Vec::new();
        let mut read = Vec::new();
        for (number, entry) in (1..).zip(entries.ca) {
            let id = entry.get("id").and_then(toml::Value::as_str);
            let ca = id.map_or_else(|| format!("[[ca]] {number}"), str::to_owned);
            let mut reasons = Vec::new();
            let found = match entry.try_into::<CaEntry>() {
                Ok(entry) => entry.read(directory, &mut reasons),
                Err(error) => {
                    reasons.push(error.to_string());
                    None
                }
            };
            if let Some(found) = &found {
                let (_, problems) = Trust::usable(std::slice::from_ref(found));
                reasons.extend(problems.iter().map(ToString::to_string));
            }
            let former = before.read.iter().find(|it| it.id == ca);
            read.extend(match former {
                Some(former) if !reasons.is_empty() => Some(former.clone()),
                _ => found,
            });
            faults.extend(reasons.into_iter().map(|reason| Fault {
                ca: ca.clone(),
                reason,
            }));
        }
        let (trust, problems) = Trust::usable(&read);
        let twice = |it: &&TrustProblem| matches!(it, TrustProblem::Duplicate(_));
        faults.extend(problems.iter().filter(twice).map(|problem| Fault {
            ca: problem.ca().to_owned(),
            reason: problem.to_string(),
        }));
        let used = read.iter().filter(|ca| trust.knows(ca));
        let cas = used
            .map(|ca| Authority {
                id: ca.id.clone(),
                root: Digest::of(&ca.root),
                rules: ca.rules.clone(),
                revocation: ca.revocation,
                intermediates: ca.intermediates.iter().map(|it| Digest::of(it)).collect(),
                crls: ca.crls.iter().map(|it| Digest::of(it)).collect(),
            })
            .collect();
        Ok(Self {
            trust,
            cas,
            faults,
            read,
        })
    }
}

impl Authorities {
    /// The authorities as they are configured, with their files.
    pub fn configured(&self) -> &[Ca] {
        &self.read
    }
}

impl CaEntry {
    /// Its files; `None` without its root. A list that cannot be read is handed
    /// on as none at all, so that it is missed and not done without.
    fn read(self, directory: &Path, reasons: &mut Vec<String>) -> Option<Ca> {
        let mut file = |path: &PathBuf, from_pem: FromPem| {
            let read = one(&directory.join(path), from_pem);
            read.inspect_err(|error| reasons.push(error.to_string()))
                .ok()
        };
        let root = file(&self.root, certificate)?;
        let intermediates = self.intermediates.iter();
        let intermediates = intermediates
            .filter_map(|path| file(path, certificate))
            .collect();
        let crls = self.crls.iter();
        let crls = crls
            .map(|path| file(path, list).unwrap_or_else(|| Base64(Vec::new())))
            .collect();
        Some(Ca {
            id: self.id,
            root,
            intermediates,
            rules: Rules {
                code: self.code,
                name: self.name,
            },
            revocation: self.revocation,
            crls,
        })
    }
}

/// Reads authorities of time: each root as one, all with the same intermediate
/// certificates and revocation lists. Files are PEM or DER; a root's file is its id.
///
/// # Errors
/// When a file cannot be read, or is not what it is to be.
pub fn time_authorities(
    roots: &[PathBuf],
    intermediates: &[PathBuf],
    lists: &[PathBuf],
) -> Result<TimeAuthorities, TrustError> {
    let all = |paths: &[PathBuf], from_pem: FromPem| {
        let read = paths.iter().map(|path| one(path, from_pem));
        read.collect::<Result<Vec<Base64>, TrustError>>()
    };
    let (intermediates, crls) = (all(intermediates, certificate)?, all(lists, list)?);
    let authority = |path: &PathBuf| {
        Ok(TimeAuthority {
            id: path.display().to_string(),
            root: one(path, certificate)?,
            intermediates: intermediates.clone(),
            crls: crls.clone(),
        })
    };
    let authorities: Vec<_> = roots
        .iter()
        .map(authority)
        .collect::<Result<_, TrustError>>()?;
    TimeAuthorities::new(&authorities).map_err(|problem| TrustError::Form {
        path: PathBuf::from(problem.ca()),
        reason: problem.to_string(),
    })
}

type FromPem = fn(&[u8]) -> Result<Vec<u8>, rustls::pki_types::pem::Error>;

fn certificate(pem: &[u8]) -> Result<Vec<u8>, rustls::pki_types::pem::Error> {
    CertificateDer::from_pem_slice(pem).map(|der| der.to_vec())
}

fn list(pem: &[u8]) -> Result<Vec<u8>, rustls::pki_types::pem::Error> {
    CertificateRevocationListDer::from_pem_slice(pem).map(|der| der.to_vec())
}

/// Reads one DER object from a file in DER or PEM.
fn one(path: &Path, from_pem: FromPem) -> Result<Base64, TrustError> {
    let bytes = std::fs::read(path).map_err(|error| TrustError::Read {
        path: path.to_owned(),
        error,
    })?;
    if bytes.first() == Some(&0x30) {
        return Ok(Base64(bytes));
    }
    from_pem(&bytes)
        .map(Base64)
        .map_err(|error| TrustError::Form {
            path: path.to_owned(),
            reason: format!("neither DER nor PEM: {error:?}"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(name: &str) -> String {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    fn entry(id: &str, more: &str) -> String {
        format!(
            "[[ca]]\nid = \"{id}\"\nroot = \"{id}.pem\"\n\
             code = [{{ place = {{ subject = \"2.5.4.97\" }} }}]\n{more}\n"
        )
    }

    fn ids(authorities: &Authorities) -> Vec<&str> {
        authorities.cas.iter().map(|ca| ca.id.as_str()).collect()
    }

    #[test]
    fn what_cannot_be_used_of_one_authority_is_that_ones_fault_only() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for id in ["one", "two", "three"] {
            std::fs::write(at(&format!("{id}.pem")), root(id)).unwrap();
        }
        // A list of version 1 has no place for what version 2 must say.
        std::fs::write(at("v1.crl"), b"\x30\x03\x02\x01\x00").unwrap();
        let text = [
            entry("one", ""),
            entry("two", "crls = [\"v1.crl\", \"missing.crl\"]"),
            entry("three", "unknown = 1"),
            entry("four", ""),
        ];
        std::fs::write(at(FILE), text.concat()).unwrap();
        let read = Authorities::read(directory.path()).unwrap();
        assert_eq!(ids(&read), ["one", "two"]);
        let faults: Vec<&str> = read.faults.iter().map(|it| it.ca.as_str()).collect();
        assert_eq!(faults, ["two", "two", "three", "four"]);
        assert!(Authorities::read(&at("none")).unwrap().cas.is_empty());
    }

    #[test]
    fn an_authority_whose_files_break_stays_as_it_was_and_the_others_go_on() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for id in ["one", "two"] {
            std::fs::write(at(&format!("{id}.pem")), root(id)).unwrap();
        }
        let text = [entry("one", ""), entry("two", "")].concat();
        std::fs::write(at(FILE), &text).unwrap();
        let before = Authorities::read(directory.path()).unwrap();
        let known = before.cas[0].clone();
        std::fs::write(at("one.pem"), "half").unwrap();
        std::fs::write(at("two.pem"), root("renewed")).unwrap();
        let after = Authorities::read_after(directory.path(), &before).unwrap();
        assert_eq!(after.faults.len(), 1);
        assert_eq!(after.cas[0], known);
        assert_ne!(after.cas[1], before.cas[1]);
    }
}
