//! The platform's own keys. They are made once and kept outside the data
//! directory, and the service does not start with others than its data names.
//!
//! The secrets directory holds the root secret (everything confidential in the
//! store is sealed under keys derived from it), the log key (statements),
//! the receipt key and the public log's key; of these three each may live in a token
//! instead (`[token]` of the configuration). `platform.json` in the data
//! directory names their public halves and the origin. A data directory whose
//! keys are missing or are not those it names is not opened: without its secrets
//! a restored backup cannot be read, and clients have pinned the public keys.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_crypto::Digest;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::tlog::{LogKey, NoteKeyProblem};
use kaibiao_os::files::{self, Readers};
use kaibiao_os::random::{self, SystemRng};
use kaibiao_store::Store;
use kaibiao_token::{Keeper, KeeperProblem};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::known::Known;
use crate::sm2::Sm2Keys;
use crate::{config, token};

/// The names of the files in the secrets directory.
const ROOT: &str = "root";
const LOG: &str = "log.pem";
const RECEIPT: &str = "receipt.pem";
const TLOG: &str = "public-log.pem";

/// What the data directory says about the platform it belongs to.
const PLATFORM: &str = "platform.json";

/// The platform's identity and secrets.
pub struct PlatformKeys {
    /// Part of every signed message.
    pub origin: String,
    /// Signs statements and acknowledgements.
    pub log: PlatformKey,
    /// Signs receipts.
    pub receipt: PlatformKey,
    /// Signs the public log's checkpoints, and nothing else.
    pub tlog: PlatformKey,
    /// Sign receipts and statements of projects of suite `gm` a second time.
    pub sm2: Sm2Keys,
    root: Zeroizing<[u8; 32]>,
    /// Where they lie.
    secrets: PathBuf,
    /// The files of those that are no token's.
    files: Vec<PathBuf>,
    /// What holds the others.
    token: Option<Arc<Keeper>>,
    /// What the secrets directory remembered at this start.
    known: Option<Known>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    origin: String,
    log_key: String,
    receipt_key: String,
    /// Absent where the platform is older than its public log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_log_key: Option<String>,
}

/// Why the platform's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{path}: not what was written there by this service", path = .0.display())]
    Unreadable(PathBuf),
    #[error(
        "数据目录已有内容，但密钥文件 {path} 不存在；请恢复密钥目录的备份，或换一个空的数据目录 / \
         the data directory is in use but {path} is missing: restore the secrets directory, \
         or choose an empty data directory",
        path = .0.display()
    )]
    Missing(PathBuf),
    #[error(
        "密钥目录 {secrets} 属于一个已经运行过的平台，但数据目录 {data} 中没有它的数据库；\
         请从备份恢复（kaibiao restore）。若要新建平台，请同时换用新的数据目录和新的密钥目录 / \
         {secrets} belongs to a platform that has been in use, and {data} does not hold its database: \
         restore it from a backup (kaibiao restore). A new platform takes a new data directory and a \
         new secrets directory",
        secrets = secrets.display(), data = data.display()
    )]
    NoData { secrets: PathBuf, data: PathBuf },
    #[error(
        "数据目录比密钥目录所记的旧：最后一条记录在 {found}，平台已经用到 {known}，其间受理的内容不在其中。\
         请恢复更新的备份；若这已是最新的一份，请用 kaibiao restore 确认，并通知各方核对回执 / \
         the data directory is older than the platform: its newest event is of {found}, the platform \
         had come to {known}, and what was accepted in between is missing. Restore a newer backup; if \
         there is none, say so with kaibiao restore, and ask everybody to compare their receipts"
    )]
    Older { found: String, known: String },
    #[error(
        "{path} 实际位于数据目录之内；密钥必须放在数据目录之外 / \
         {path} leads into the data directory: secrets must lie outside of it",
        path = .0.display()
    )]
    Inside(PathBuf),
    #[error(
        "数据目录属于另一组密钥或另一个 origin（{what}）；请恢复原来的密钥与配置 / \
         the data directory belongs to other keys or another origin ({what}): \
         restore the former ones"
    )]
    Changed { what: &'static str },
    #[error(
        "{path} 与同名的 .cert.pem 不是一对可用的SM2签名私钥（未加密的 PKCS #8 PEM）和证书（PEM，本级证书在前，须允许数字签名）；\
         请更正或移走 / \
         {path} and the .cert.pem of its name are no pair of an SM2 private key (PKCS #8 PEM, not encrypted) and \
         its certificate (PEM, leaf first, allowed to sign): correct or remove them",
        path = .0.display()
    )]
    Sm2(PathBuf),
    #[error(
        "{path} 所指的令牌中没有同名 .cert.pem 中证书的 SM2 签名密钥，或证书（PEM，本级证书在前，须允许数字签名）不可用；\
         请核对地址与证书 / \
         the token that {path} names does not have the SM2 key of the certificate in the .cert.pem of its name, or that \
         certificate (PEM, leaf first, allowed to sign) is of no use: check the address and the certificate",
        path = .0.display()
    )]
    Sm2NotInToken(PathBuf),
    #[error(
        "{path} 与同名的 .token 同时存在，无法确定由哪个密钥签名；请把私钥文件移出密钥目录另行封存，或移走 .token / \
         {path} is there beside the .token of its name, and one does not know which key signs: move the private key out \
         of the secrets directory to where it is kept, or remove the .token",
        path = .0.display()
    )]
    Sm2InBoth(PathBuf),
    #[error("{}", token_problem(.address, .pin, .refused, .problem))]
    Token {
        address: String,
        pin: PathBuf,
        refused: PathBuf,
        problem: Box<KeeperProblem>,
    },
    #[error(
        "令牌中没有标签为“{0}”的 Ed25519 密钥对（公钥须与私钥同在、CKA_ID 相同），或有多对；请核对 [token] 的配置 / \
         the token has no pair of Ed25519 keys labelled \"{0}\" (public and private half with one CKA_ID), or several: \
         check [token] in the configuration"
    )]
    NotInToken(String),
    #[error(
        "按配置，密钥 {path} 在令牌中，但该文件仍在；请把它移出密钥目录另行封存，或从 [token] 中去掉这一项 / \
         {path} is in the token by the configuration, and the file is there as well: move it out of the secrets \
         directory to where it is kept, or take the key out of [token]",
        path = .0.display()
    )]
    InBoth(PathBuf),
}

fn token_problem(address: &str, pin: &Path, refused: &Path, problem: &KeeperProblem) -> String {
    let (pin, refused) = (pin.display(), refused.display());
    let more = match problem {
        KeeperProblem::RefusedBefore => format!(
            "（PIN 文件：{pin}；若文件中的 PIN 现已正确，请删除 {refused}）/ (the file: {pin}; where the PIN in it is \
             right by now, remove {refused})"
        ),
        KeeperProblem::Token(kaibiao_token::TokenProblem::PinWrong { .. }) => {
            format!("（PIN 文件：{pin}）/ (the file: {pin})")
        }
        _ => String::new(),
    };
    format!("{address}: {} / {problem} {more}", problem.zh())
}

impl PlatformKeys {
    /// Reads the keys, or makes them when the data directory is new.
    pub fn open(config: &Config) -> Result<Self, KeysError> {
        let secrets = config.secrets();
        let platform = config.data.join(PLATFORM);
        let first_run = is_empty(&config.data)?;
        let known = Known::read(&secrets)?;
        // A database on a server is compared with what is known of it once it is open.
        if known.is_some() && !config.is_shared() && !Store::is_at(&config.data) {
            return Err(KeysError::NoData {
                secrets,
                data: config.data.clone(),
            });
        }
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| KeysError::File { path, source }
        };

        files::directory(&config.data, Readers::Owner).map_err(at(&config.data))?;
        files::directory(&secrets, Readers::Owner).map_err(at(&secrets))?;

        let held = &config.token;
        let labels = [
            None,
            held.log.as_ref(),
            held.receipt.as_ref(),
            held.public_log.as_ref(),
        ];
        let all = [ROOT, LOG, RECEIPT, TLOG].into_iter().zip(labels);
        let (in_files, in_token): (Vec<_>, Vec<_>) = all.partition(|(_, label)| label.is_none());
        let in_files: Vec<_> = in_files
            .iter()
            .map(|(file, _)| secrets.join(file))
            .collect();
        for (file, _) in in_token {
            let path = secrets.join(file);
            if path.is_file() {
                return Err(KeysError::InBoth(path));
            }
        }
        for path in &in_files {
            let inside = files::settled(path)
                .and_then(|place| files::settled(&config.data).map(|data| place.starts_with(data)));
            if inside.map_err(at(path))? {
                return Err(KeysError::Inside(path.clone()));
            }
        }
        let root = open_root(&secrets.join(ROOT), first_run)?;
        let token = open_token(config, &root)?;
        let open = |file: &str, label: Option<&String>, make: bool| match (&token, label) {
            (Some(token), Some(label)) => token::key(token, label),
            _ => open_key(&secrets.join(file), make),
        };
        let log = open(LOG, held.log.as_ref(), first_run)?;
        let receipt = open(RECEIPT, held.receipt.as_ref(), first_run)?;
        let former = read_identity(&platform)?;
        let has_log = former.as_ref().is_none_or(|it| it.public_log_key.is_some());
        let tlog = open(TLOG, held.public_log.as_ref(), first_run || !has_log)?;
        let sm2 = Sm2Keys::open(&secrets, &root)?;
        let origin = named(config, former.as_ref()).unwrap_or_else(|| derived(&log));
        let identity = Identity {
            origin: origin.clone(),
            log_key: BASE64.encode(log.public_key().as_bytes()),
            receipt_key: BASE64.encode(receipt.public_key().as_bytes()),
            public_log_key: Some(BASE64.encode(tlog.public_key().as_bytes())),
        };
        if let Some(former) = &former {
            identity.same_as(former)?;
        }
        if former.as_ref() != Some(&identity) {
            let bytes = serde_json::to_vec_pretty(&identity)
                .map_err(|_| KeysError::Unreadable(platform.clone()))?;
            files::write(&platform, &bytes, Readers::Everyone).map_err(at(&platform))?;
        }
        Ok(Self {
            origin,
            log,
            receipt,
            tlog,
            sm2,
            root,
            secrets,
            files: in_files,
            token,
            known,
        })
    }

    /// The root secret in a secrets directory that has one.
    pub fn read_root(secrets: &Path) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        open_root(&secrets.join(ROOT), false)
    }

    /// The origin of the platform that a configuration's secrets belong to.
    pub fn origin_of(config: &Config) -> Result<String, KeysError> {
        let former = read_identity(&config.data.join(PLATFORM))?;
        if let Some(origin) = named(config, former.as_ref()) {
            return Ok(origin);
        }
        let secrets = config.secrets();
        let log = match &config.token.log {
            None => open_key(&secrets.join(LOG), false)?,
            Some(label) => {
                let root = open_root(&secrets.join(ROOT), false)?;
                let token = open_token(config, &root)?;
                let token = token.ok_or_else(|| KeysError::NotInToken(label.clone()))?;
                token::key(&token, label)?
            }
        };
        Ok(derived(&log))
    }

    /// The secrets without which this platform cannot go on, and that are not where they
    /// were read.
    pub fn missing(&self) -> Vec<PathBuf> {
        let paths = self.files.iter().cloned().chain(self.sm2.paths());
        paths.filter(|path| !path.is_file()).collect()
    }

    /// Whether keys are in tokens, and what is wrong with one now, as far as is known.
    pub fn token(&self) -> Option<Result<(), KeeperProblem>> {
        let tokens = || self.token.iter().chain(self.sm2.tokens());
        let problem = tokens().find_map(|token| token.problem());
        tokens().next().map(|_| problem.map_or(Ok(()), Err))
    }

    /// Where the keys lie.
    pub fn directory(&self) -> &Path {
        &self.secrets
    }

    /// What the secrets directory remembered of the data at this start.
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// The public log's key under the log's name, which is the origin.
    ///
    /// # Errors
    /// When the origin is no name of a log.
    pub fn log_key(&self) -> Result<LogKey, NoteKeyProblem> {
        Ok(LogKey::new(self.origin.parse()?, self.tlog.public_key()))
    }

    /// Whose platform it is, for anybody to read: the origin and the public keys.
    pub fn identity(&self) -> String {
        // In the order of the names, so that it is the same text whoever writes it.
        serde_json::json!({
            "log_key": BASE64.encode(self.log.public_key().as_bytes()),
            "origin": self.origin,
            "public_log_key": BASE64.encode(self.tlog.public_key().as_bytes()),
            "receipt_key": BASE64.encode(self.receipt.public_key().as_bytes()),
        })
        .to_string()
    }

    /// The secret under whose keys everything confidential in the store is sealed.
    pub fn root(&self) -> &Zeroizing<[u8; 32]> {
        &self.root
    }
}

impl Identity {
    fn same_as(&self, former: &Self) -> Result<(), KeysError> {
        let known = former.public_log_key.as_ref();
        let now = self.public_log_key.as_ref();
        if known.is_some() && now != known {
            return Err(KeysError::Changed {
                what: "public log key",
            });
        }
        for (what, now, then) in [
            ("origin", &self.origin, &former.origin),
            ("log key", &self.log_key, &former.log_key),
            ("receipt key", &self.receipt_key, &former.receipt_key),
        ] {
            if now != then {
                return Err(KeysError::Changed { what });
            }
        }
        Ok(())
    }
}

fn read_identity(path: &Path) -> Result<Option<Identity>, KeysError> {
    match fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(identity) => Ok(Some(identity)),
            Err(_) => Err(KeysError::Unreadable(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeysError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The platform's name as configured, or as its data says.
fn named(config: &Config, former: Option<&Identity>) -> Option<String> {
    let configured = config.origin.clone();
    configured.or_else(|| former.map(|former| former.origin.clone()))
}

/// The platform's name after its log key.
fn derived(log: &PlatformKey) -> String {
    let digest = Digest::of(log.public_key().as_bytes());
    format!("kaibiao/{}", hex::encode(&digest.as_bytes()[..8]))
}

/// The token that the configuration names, opened.
fn open_token(config: &Config, root: &[u8; 32]) -> Result<Option<Arc<Keeper>>, KeysError> {
    let config::Token {
        address, pin_file, ..
    } = &config.token;
    let (Some(address), Some(pin)) = (address, pin_file) else {
        return Ok(None);
    };
    token::open(address, pin, &config.secrets(), root).map(Some)
}

/// Whether the data directory is new: it holds nothing, or only the trust
/// directory, which an operator may have laid out first.
fn is_empty(data: &Path) -> Result<bool, KeysError> {
    let failed = |source| KeysError::File {
        path: data.to_owned(),
        source,
    };
    match fs::read_dir(data) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(failed)?.file_name();
                if name != "trust" && name != "lost+found" {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed(error)),
    }
}

fn open_root(path: &Path, first_run: bool) -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let text = read_or_make(path, first_run, || {
        let mut root = Zeroizing::new([0; 32]);
        random::fill(root.as_mut_slice());
        Ok(Zeroizing::new(format!(
            "{}\n",
            hex::encode(root.as_slice())
        )))
    })?;
    let mut root = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_end(), root.as_mut_slice())
        .map_err(|_| KeysError::Unreadable(path.to_owned()))?;
    Ok(root)
}

fn open_key(path: &Path, first_run: bool) -> Result<PlatformKey, KeysError> {
    let pem = read_or_make(path, first_run, || {
        let (_, pkcs8) = PlatformKey::generate(&mut SystemRng);
        Ok(Zeroizing::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            *Zeroizing::new(BASE64.encode(&*pkcs8))
        )))
    })?;
    let unreadable = || KeysError::Unreadable(path.to_owned());
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unreadable())?;
    PlatformKey::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| unreadable())
}

fn read_or_make(
    path: &Path,
    first_run: bool,
    make: impl FnOnce() -> Result<Zeroizing<String>, KeysError>,
) -> Result<Zeroizing<String>, KeysError> {
    let failed = |source| KeysError::File {
        path: path.to_owned(),
        source,
    };
    match files::read_secret(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !first_run {
                return Err(KeysError::Missing(path.to_owned()));
            }
            let text = make()?;
            files::write(path, text.as_bytes(), Readers::Owner).map_err(failed)?;
            Ok(text)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(directory: &Path) -> Config {
        Config {
            data: directory.join("data"),
            ..Config::default()
        }
    }

    #[test]
    fn the_second_start_finds_the_keys_of_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        let first = PlatformKeys::open(&config).unwrap();
        let second = PlatformKeys::open(&config).unwrap();
        assert_eq!(first.origin, second.origin);
        assert_eq!(first.root(), second.root());
        assert_eq!(first.log.public_key(), second.log.public_key());
        assert_ne!(first.log.public_key(), first.receipt.public_key());
    }

    #[test]
    fn a_data_directory_without_its_secrets_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        PlatformKeys::open(&config).unwrap();
        fs::remove_file(config.secrets().join(ROOT)).unwrap();
        assert!(matches!(
            PlatformKeys::open(&config),
            Err(KeysError::Missing(_))
        ));
    }

    #[test]
    fn a_platform_that_was_in_use_is_missed_where_its_database_would_be() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        let origin = PlatformKeys::open(&config).unwrap().origin;
        let (newest, streams) = (1, 1);
        let known = Known {
            origin,
            newest,
            streams,
        };
        known.write(&config.secrets()).unwrap();
        assert!(matches!(
            PlatformKeys::open(&config),
            Err(KeysError::NoData { .. })
        ));
        // It is on a server, and no file of it is in the data directory.
        config.store.url = Some("postgres://db.example/kaibiao".into());
        PlatformKeys::open(&config).unwrap();
    }

    #[test]
    fn another_log_key_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        PlatformKeys::open(&config).unwrap();
        let secrets = config.secrets();
        fs::copy(secrets.join(RECEIPT), secrets.join(LOG)).unwrap();
        assert!(matches!(
            PlatformKeys::open(&config),
            Err(KeysError::Changed { what: "log key" })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        for file in [ROOT, LOG, RECEIPT, TLOG] {
            let directory = tempfile::tempdir().unwrap();
            let config = config(directory.path());
            PlatformKeys::open(&config).unwrap();
            let secret = config.secrets().join(file);
            for mode in [0o644, 0o640, 0o604, 0o620] {
                fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
                let refused = PlatformKeys::open(&config).err().unwrap();
                assert!(refused.to_string().contains("chmod 600"), "{refused}");
            }
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o400)).unwrap();
            PlatformKeys::open(&config).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_secrets() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        PlatformKeys::open(&config).unwrap();
        for file in [ROOT, LOG, RECEIPT, TLOG] {
            let mode = fs::metadata(config.secrets().join(file))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0, "{file}");
        }
    }
}
