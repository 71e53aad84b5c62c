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
//! rule = { source = { subject = "2.5.4.97" } }
//! revocation = "required"
//! ```

use std::path::{Path, PathBuf};

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, OrganisationRule, RevocationPolicy, Trust, TrustProblem};
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
    #[error("{path}: {problem}")]
    Problem {
        path: PathBuf,
        problem: TrustProblem,
    },
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
    pub rule: OrganisationRule,
}

/// The authorities as the directory names them.
fn read(directory: &Path) -> Result<Vec<Ca>, TrustError> {
    let path = directory.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| TrustError::Read {
        path: path.clone(),
        error,
    })?;
    let file: TrustFile = toml::from_str(&text).map_err(|error| TrustError::Form {
        path,
        reason: error.to_string(),
    })?;
    file.ca.into_iter().map(|ca| ca.read(directory)).collect()
}

/// The authorities of a trust directory, ready to judge by.
#[derive(Debug, Default)]
pub struct Authorities {
    /// What judges certificates.
    pub trust: Trust,
    /// The same authorities by name.
    pub cas: Vec<Authority>,
}

/// An authority as it is shown to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The `id` in `trust.toml`.
    pub id: String,
    /// SHA-256 of the root's DER.
    pub root: Digest,
}

impl Authorities {
    /// Reads a trust directory. Without `trust.toml` nobody is believed.
    ///
    /// # Errors
    /// When a file cannot be read or used; the error names it.
    pub fn read(directory: &Path) -> Result<Self, TrustError> {
        if !directory.join(FILE).exists() {
            return Ok(Self::default());
        }
        let cas = read(directory)?;
        let trust = Trust::new(&cas).map_err(|problem| TrustError::Problem {
            path: directory.to_owned(),
            problem,
        })?;
        let cas = cas
            .iter()
            .map(|ca| Authority {
                id: ca.id.clone(),
                root: Digest::of(&ca.root),
            })
            .collect();
        Ok(Self { trust, cas })
    }
}

impl CaEntry {
    fn read(self, directory: &Path) -> Result<Ca, TrustError> {
        let certificate = |path: &PathBuf| {
            one(&directory.join(path), |bytes| {
                CertificateDer::from_pem_slice(bytes).map(|der| der.to_vec())
            })
        };
        let list = |path: &PathBuf| {
            one(&directory.join(path), |bytes| {
                CertificateRevocationListDer::from_pem_slice(bytes).map(|der| der.to_vec())
            })
        };
        Ok(Ca {
            root: certificate(&self.root)?,
            intermediates: self
                .intermediates
                .iter()
                .map(certificate)
                .collect::<Result<_, _>>()?,
            crls: self.crls.iter().map(list).collect::<Result<_, _>>()?,
            id: self.id,
            rule: self.rule,
            revocation: self.revocation,
        })
    }
}

/// Reads one DER object from a file in DER or PEM.
fn one(
    path: &Path,
    from_pem: impl Fn(&[u8]) -> Result<Vec<u8>, rustls::pki_types::pem::Error>,
) -> Result<Base64, TrustError> {
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
