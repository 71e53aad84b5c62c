//! A small certificate authority on disk, for demonstrations and tests.
//!
//! Its directory holds `ca.pem`, `ca.key.pem` (0600), `ca.crl.pem` and
//! `index.json`, the register of what it issued and revoked, which one process at a
//! time changes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::keys::generate::{self, KeyKind};
use kaibiao_client::keys::store;
use kaibiao_crypto::certificate::{Attribute, RevocationPolicy, Rules};
use kaibiao_os::random;
use kaibiao_os::trust::{self, CaEntry, TrustFile};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::paper::{self, Contents, Issuer, List, Purpose, Text};
use super::signing::{self, AuthorityKey};

/// The attribute of a subject that carries the 18-character code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeAttribute {
    /// 2.5.4.97
    OrganizationIdentifier,
    /// 2.5.4.5
    SerialNumber,
}

impl CodeAttribute {
    fn part(self) -> Outcome<Attribute> {
        let name = match self {
            CodeAttribute::OrganizationIdentifier => "organizationIdentifier",
            CodeAttribute::SerialNumber => "serialNumber",
        };
        name.parse().map_err(Failure::unexpected)
    }

    fn oid(self) -> &'static str {
        match self {
            CodeAttribute::OrganizationIdentifier => "2.5.4.97",
            CodeAttribute::SerialNumber => "2.5.4.5",
        }
    }
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// One key signs and decrypts.
    Both,
    Sign,
    Encrypt,
}

/// The revocation reasons a register office gives (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    Unspecified,
    KeyCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
}

/// Whom a certificate names, and how long it lasts.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The organisation's name (O).
    pub organisation: String,
    /// The person holding the key (CN).
    pub person: String,
    /// 统一社会信用代码, checked.
    pub code: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// A fresh key with its certificate.
pub struct Issued {
    pub usage: Usage,
    /// Lowercase hex.
    pub serial: String,
    pub pkcs8: Zeroizing<Vec<u8>>,
    pub certificate_der: Vec<u8>,
    pub certificate_pem: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    id: String,
    name: String,
    code_attribute: CodeAttribute,
    crl_number: u64,
    issued: Vec<Entry>,
}

impl Index {
    fn read(directory: &Path) -> Outcome<Self> {
        let index = files::read(&directory.join("index.json"))?;
        serde_json::from_slice(&index).map_err(|error| damaged(directory, error))
    }
}

/// One line of the register.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub serial: String,
    pub organisation: String,
    pub person: String,
    pub code: String,
    pub usage: Usage,
    pub not_after: Timestamp,
    pub revoked: Option<Revoked>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    pub at: Timestamp,
    pub reason: Reason,
}

/// An authority whose directory is open.
pub struct Authority {
    directory: PathBuf,
    index: Index,
    key: AuthorityKey,
    issuer: Issuer,
    root_der: Vec<u8>,
}

/// Nobody refreshes the revocation list, so it has to outlast a demonstration.
const CRL_LIFE: Duration = Duration::from_hours(8760);
/// organizationName and commonName (X.520).
const O: &str = "2.5.4.10";
const CN: &str = "2.5.4.3";
/// Certificates are valid from a little earlier on, because clocks may differ.
const LEEWAY: Duration = Duration::from_hours(1);

impl Authority {
    /// Makes a new authority in an empty or missing directory.
    pub fn init(
        directory: &Path,
        id: &str,
        name: &str,
        kind: KeyKind,
        days: u32,
        code_attribute: CodeAttribute,
    ) -> Outcome<Self> {
        if directory.join("index.json").exists() {
            return Err(Failure::new(
                Kind::Input,
                "pki-exists",
                format!(
                    "{} 中已有一个 CA;请换一个目录,或直接用它签发。",
                    directory.display()
                ),
                format!(
                    "{} already holds an authority; choose another directory, or issue from this one.",
                    directory.display()
                ),
            ));
        }
        check_id(id)?;
        std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, &error))?;

        let pkcs8 = generate::private_key(kind)?;
        let key = AuthorityKey::from_pkcs8(&pkcs8)?;
        let subject = paper::name(&[(O, Text::Utf8(name)), (CN, Text::Utf8(name))])?;
        let issuer = Issuer::new(subject.clone(), &key.spki)?;
        let now = Timestamp::now();
        let contents = Contents {
            serial: &serial(),
            subject,
            from: now - LEEWAY,
            until: now + days_of(days),
            spki: key.spki.clone(),
        };
        let root_der = issuer.certificate(&key, contents, &Purpose::Authority)?;

        files::write(
            &directory.join("ca.key.pem"),
            store::private_pem(&pkcs8).as_bytes(),
            Readers::Owner,
        )?;
        files::write(
            &directory.join("ca.pem"),
            store::pem("CERTIFICATE", &root_der).as_bytes(),
            Readers::Everyone,
        )?;
        let mut authority = Authority {
            directory: directory.to_owned(),
            index: Index {
                id: id.to_owned(),
                name: name.to_owned(),
                code_attribute,
                crl_number: 0,
                issued: Vec::new(),
            },
            key,
            issuer,
            root_der,
        };
        authority.write_list(Timestamp::now() + CRL_LIFE)?;
        Ok(authority)
    }

    /// Opens an authority made earlier.
    pub fn open(directory: &Path) -> Outcome<Self> {
        let index = Index::read(directory)?;
        let root = files::read(&directory.join("ca.pem"))?;
        let root = rustls::pki_types::CertificateDer::from_pem_slice(&root)
            .map_err(|error| damaged(directory, error))?;
        let key = Zeroizing::new(files::read(&directory.join("ca.key.pem"))?);
        let key =
            PrivatePkcs8KeyDer::from_pem_slice(&key).map_err(|error| damaged(directory, error))?;
        let key = Zeroizing::new(key.secret_pkcs8_der().to_vec());
        Ok(Authority {
            directory: directory.to_owned(),
            index,
            key: AuthorityKey::from_pkcs8(&key).map_err(|error| damaged(directory, error))?,
            issuer: Issuer::of_certificate(&root).map_err(|error| damaged(directory, error))?,
            root_der: root.to_vec(),
        })
    }

    /// Issues one certificate for a fresh key and enters it in the register.
    pub fn issue(&mut self, subject: &Subject, kind: KeyKind, usage: Usage) -> Outcome<Issued> {
        if (kind == KeyKind::Sm2) != self.is_sm2() {
            return Err(mixed(self.is_sm2()));
        }
        let pkcs8 = generate::private_key(kind)?;
        let serial = serial();
        let certificate_der = self.certify(subject, &serial, &pkcs8, kind, usage)?;
        let serial = hex::encode(serial);
        let _turn = self.turn()?;
        self.index.issued.push(Entry {
            serial: serial.clone(),
            organisation: subject.organisation.clone(),
            person: subject.person.clone(),
            code: subject.code.clone(),
            usage,
            not_after: subject.not_after,
            revoked: None,
        });
        self.save()?;
        Ok(Issued {
            usage,
            serial,
            pkcs8,
            certificate_pem: store::pem("CERTIFICATE", &certificate_der).to_string(),
            certificate_der,
        })
    }

    /// Revokes a certificate by its serial number and writes a new list.
    pub fn revoke(&mut self, serial: &str, reason: Reason, at: Timestamp) -> Outcome<Entry> {
        let wanted = serial.trim_start_matches("0x").to_ascii_lowercase();
        let _turn = self.turn()?;
        let entry = self
            .index
            .issued
            .iter_mut()
            .find(|entry| entry.serial == wanted)
            .ok_or_else(|| {
                Failure::new(
                    Kind::Input,
                    "pki-unknown-serial",
                    format!("本 CA 没有签发过序列号为 {wanted} 的证书;请用 pki list 查看。"),
                    format!("This authority issued no certificate {wanted}; see `pki list`."),
                )
            })?;
        entry.revoked.get_or_insert(Revoked { at, reason });
        let entry = entry.clone();
        self.write_list(Timestamp::now() + CRL_LIFE)?;
        Ok(entry)
    }

    pub fn id(&self) -> &str {
        &self.index.id
    }

    pub fn name(&self) -> &str {
        &self.index.name
    }

    pub fn code_attribute(&self) -> CodeAttribute {
        self.index.code_attribute
    }

    /// Whether it is of SM2, as then is all that it issues.
    pub fn is_sm2(&self) -> bool {
        self.key.is_sm2()
    }

    pub fn register(&self) -> &[Entry] {
        &self.index.issued
    }

    pub fn root_der(&self) -> &[u8] {
        &self.root_der
    }

    pub fn root_path(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    pub fn crl_path(&self) -> PathBuf {
        self.directory.join("ca.crl.pem")
    }

    /// Writes a trust directory that believes this authority, or renews the
    /// root and list in one that already does.
    pub fn write_trust(&self, directory: &Path) -> Outcome<()> {
        std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, &error))?;
        let path = directory.join(trust::FILE);
        let mut file = if path.exists() {
            toml::from_str(&files::read_text(&path)?).map_err(|error| damaged(directory, error))?
        } else {
            TrustFile::default()
        };
        let root = PathBuf::from(format!("{}.pem", self.index.id));
        let list = PathBuf::from(format!("{}.crl.pem", self.index.id));
        for (from, to) in [(self.root_path(), &root), (self.crl_path(), &list)] {
            files::write(&directory.join(to), &files::read(&from)?, Readers::Everyone)?;
        }
        let Rules { code, name } = Rules::of_subject(self.index.code_attribute.part()?);
        file.ca.retain(|ca| ca.id != self.index.id);
        file.ca.push(CaEntry {
            id: self.index.id.clone(),
            root,
            intermediates: Vec::new(),
            crls: vec![list],
            revocation: RevocationPolicy::Required,
            code,
            name,
        });
        let text = toml::to_string_pretty(&file).map_err(Failure::unexpected)?;
        files::write(&path, text.as_bytes(), Readers::Everyone)
    }

    fn certify(
        &self,
        subject: &Subject,
        serial: &[u8],
        pkcs8: &[u8],
        kind: KeyKind,
        usage: Usage,
    ) -> Outcome<Vec<u8>> {
        let name = [
            (O, Text::Utf8(&subject.organisation)),
            (CN, Text::Utf8(&subject.person)),
            (
                self.index.code_attribute.oid(),
                Text::Printable(&subject.code),
            ),
        ];
        let contents = Contents {
            serial,
            subject: paper::name(&name)?,
            from: subject.not_before,
            until: subject.not_after,
            spki: signing::spki(pkcs8)?,
        };
        let purpose = Purpose::Holder(kind, usage);
        self.issuer.certificate(&self.key, contents, &purpose)
    }

    /// Writes a new revocation list; the next one is due at `until`.
    pub fn publish(&mut self, until: Timestamp) -> Outcome<()> {
        let _turn = self.turn()?;
        self.write_list(until)
    }

    /// Waits until no other process changes the register, and reads what the last one
    /// left; until the turn is dropped nobody else has one.
    fn turn(&mut self) -> Outcome<File> {
        let path = self.directory.join("lock");
        let lock = files::create(&path, Readers::Owner);
        let lock = lock.map_err(|error| Failure::file(&path, &error))?;
        lock.lock().map_err(|error| Failure::file(&path, &error))?;
        self.index = Index::read(&self.directory)?;
        Ok(lock)
    }

    fn write_list(&mut self, until: Timestamp) -> Outcome<()> {
        self.index.crl_number += 1;
        let revoked = self.index.issued.iter().filter_map(|entry| {
            let revoked = entry.revoked.as_ref()?;
            Some((hex::decode(&entry.serial), revoked))
        });
        let mut listed = Vec::new();
        for (serial, revoked) in revoked {
            let serial = serial.map_err(|error| damaged(&self.directory, error))?;
            listed.push((serial, revoked.at, revoked.reason));
        }
        let list = List {
            number: self.index.crl_number,
            from: Timestamp::now(),
            until,
            revoked: listed,
        };
        let list = self.issuer.list(&self.key, &list)?;
        let list = store::pem("X509 CRL", &list);
        files::write(&self.crl_path(), list.as_bytes(), Readers::Everyone)?;
        self.save()
    }

    fn save(&self) -> Outcome<()> {
        let json = serde_json::to_vec_pretty(&self.index).map_err(Failure::unexpected)?;
        files::write(&self.directory.join("index.json"), &json, Readers::Everyone)
    }
}

/// Positive, 16 random bytes (CA/Browser Forum asks for at least 8).
fn serial() -> [u8; 16] {
    let mut bytes = random::bytes::<16>();
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    bytes
}

pub fn days_of(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

/// No chain mixes SM2 with another kind of key.
fn mixed(is_sm2: bool) -> Failure {
    let (zh, en) = if is_sm2 {
        (
            "本 CA 是 SM2 的,只签发 SM2 证书;请去掉 --key-type,或另建一个 CA。",
            "This authority is of SM2 and issues SM2 certificates only; leave --key-type out, or make another authority.",
        )
    } else {
        (
            "本 CA 不是 SM2 的,不能签发 SM2 证书;请用 pki init --key-type sm2 另建一个 CA。",
            "This authority is not of SM2 and cannot issue SM2 certificates; make another with `pki init --key-type sm2`.",
        )
    };
    Failure::new(Kind::Usage, "pki-key-type", zh, en)
}

fn check_id(id: &str) -> Outcome<()> {
    let fits = (1..=32).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Usage,
        "pki-id",
        format!("CA 代号 {id:?} 不合要求:1 至 32 个小写字母、数字或连字符。"),
        format!("The authority id {id:?} must be 1 to 32 lowercase letters, digits or hyphens."),
    ))
}

fn damaged(directory: &Path, error: impl std::fmt::Display) -> Failure {
    let directory = directory.display();
    Failure::new(
        Kind::Input,
        "pki-damaged",
        format!("{directory} 不是完好的 CA 目录:{error}。请从备份恢复,或用 pki init 另建。"),
        format!(
            "{directory} is not an intact authority directory: {error}. Restore it from a backup, or make another with `pki init`."
        ),
    )
}
