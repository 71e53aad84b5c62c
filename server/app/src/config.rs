//! Configuration: built-in values, then a TOML file, then the environment
//! (`KAIBIAO_*`, two underscores between a section and its key), then the
//! command line. A key that is not known is an error, so that a misspelt
//! limit is never silently the default.

mod blobs;
mod check;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use kaibiao_crypto::tlog::WitnessKey;
use kaibiao_store::{Database, Site};
use reqwest::Url;
use serde::{Deserialize, Serialize};

pub use self::blobs::Blobs;
use crate::proxies::{Network, Proxies};

/// Environment variables of the client commands, of the build and of its tests,
/// which the service ignores. Any other one that is no key is an error.
const CLIENT_VARIABLES: &[&str] = &[
    "server",
    "ca",
    "key",
    "passphrase",
    "tls_ca",
    "passphrase_file",
    "lang",
    "roots",
    "json",
    "config",
    "session",
    "state",
    "pin",
    "token_module",
    // Variables of the build and of its tests.
    "bin",
    "crash_abort",
    "crash_dir",
    "fonts",
    "golden",
    "headed",
    "keep",
    "kills",
    "page",
    "screens",
    "slow",
    "speed",
    "tool_out",
    "write_docs",
];

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data directory: streams, blobs, trusted roots.
    pub data: PathBuf,
    /// Where secrets lie, outside the data directory. Default: the data
    /// directory's name with `.secret` appended.
    pub secrets: Option<PathBuf>,
    pub token: Token,
    pub blobs: Blobs,
    pub listen: SocketAddr,
    /// The platform's name inside signatures. Default: derived from the log
    /// key, so that it stays the same as long as the keys do.
    pub origin: Option<String>,
    /// The address users see, for links and the check of `Origin`. Default:
    /// the address listened on.
    pub public_url: Option<String>,
    /// Threads that serve requests; 0 means one per core.
    pub workers: usize,
    pub store: Store,
    pub redis: Redis,
    pub trust: Trust,
    pub tls: Tls,
    /// Reverse proxies before the service.
    pub proxies: Proxies,
    pub metrics: Metrics,
    pub log: Log,
    pub limits: Limits,
    pub session: Session,
    pub legal: Legal,
    pub clock: Clock,
    pub webhook: Webhook,
    pub mail: Mail,
    pub sms: Webhook,
    pub alerts: Alerts,
    pub desk: Desk,
    pub exports: Exports,
    pub public_log: PublicLog,
    pub timestamps: Timestamps,
}

/// The token that holds keys of the platform in place of files in the secrets directory
/// (docs/ops/tokens.md).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Which token: `pkcs11:token=LABEL?module-path=LIBRARY`.
    pub address: Option<String>,
    /// A file with its PIN.
    pub pin_file: Option<PathBuf>,
    /// What the token calls the key of statements. One that is not named lies in its file.
    pub log: Option<String>,
    /// What it calls the key of receipts.
    pub receipt: Option<String>,
    /// What it calls the key of the public log.
    pub public_log: Option<String>,
}

/// Who cosigns the public log (docs/spec/evidence.md).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicLog {
    /// How many of them must have cosigned what an opening rests on. More than half of
    /// them, or 0: then nothing waits for them.
    pub quorum: u8,
    pub witnesses: Vec<Witness>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its address, up to `/add-checkpoint`.
    pub url: String,
    /// Its key, `name+hash+base64`.
    pub key: WitnessKey,
}

/// The authority of time that stamps the public log's checkpoints
/// (docs/spec/timestamps.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamps {
    /// Where it answers requests (RFC 3161, over HTTP). Without it nothing is stamped.
    pub url: Option<String>,
    /// Files of root certificates, PEM or DER, under which its stamps are believed.
    pub roots: Vec<PathBuf>,
    /// Files of intermediate certificates that its stamps leave out.
    pub intermediates: Vec<PathBuf>,
    /// Files of its revocation lists. They are read anew for every stamp.
    pub lists: Vec<PathBuf>,
    /// How long it may take for one answer.
    pub patience_seconds: u64,
}

/// Where streams are kept (docs/ops/nodes.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which any number of nodes may share.
    /// Of several servers, `HOST:PORT,HOST:PORT`, the one that takes writes.
    /// Default: a file in the data directory, for one process.
    pub url: Option<String>,
    /// How many connections this node has to it at most.
    pub connections: u32,
}

/// By which nodes wake each other (docs/ops/nodes.md).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// `redis://USER:PASSWORD@HOST:PORT`, or `rediss://`. Without it nodes look for what
    /// others did four times a second.
    pub url: Option<String>,
}

/// When the machine's clock is believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The longest absence after which a start believes the clock by itself
    /// although something fell due meanwhile.
    pub longest_absence_seconds: u64,
}

/// The legal minima of this platform, in seconds. They are copied into what a
/// publication fixes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Legal {
    /// From publication to T0: 20 days (招标投标法 art. 24).
    pub notice_seconds: u32,
    /// From a change that bids depend on to T0: 15 days (实施条例 art. 21).
    pub amendment_seconds: u32,
    /// The shortest unlocking window.
    pub window_seconds: u32,
}

/// Which certificates are believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// A directory with `trust.toml` and the PEM files it names. Default:
    /// `trust` in the data directory.
    pub directory: Option<PathBuf>,
    /// How often the directory is looked at for changes, in seconds.
    pub reload_seconds: u64,
}

/// HTTPS. On anything but loopback it is always on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// HTTPS on loopback as well.
    pub always: bool,
    /// PEM chain and PKCS#8 key. Without them a local CA is made.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Host names and addresses for the local CA's certificate, beside
    /// `localhost` and the address listened on.
    pub names: Vec<String>,
}

/// Who may collect metrics (docs/ops/monitoring.md).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Addresses or networks of collectors, beside programs on this machine.
    pub collectors: Vec<Network>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or a filter of `tracing-subscriber`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

/// Limits against floods. Sizes in bytes, times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The size of any JSON body that has no limit of its own below.
    pub json_bytes: usize,
    /// The size of a bid's header with its act.
    pub header_bytes: usize,
    /// The size of one bid's ciphertext.
    pub bid_bytes: u64,
    /// The size of an attachment.
    pub attachment_bytes: usize,
    /// The attachments of one organisation in one project, together.
    pub attachments_bytes: u64,
    /// The bodies that are being read, all together: three quarters for those who are
    /// logged in, the rest for strangers; one caller may have an eighth of its part.
    pub bodies_bytes: usize,
    /// All versions of one organisation's bid for one lot, together.
    pub versions_bytes: u64,
    /// All bids of one organisation for all lots of one project, with their versions.
    pub project_bytes: u64,
    /// One organisation's uploads under way, in all projects.
    pub uploads_bytes: u64,
    /// Requests per second and per caller (person, else address).
    pub requests_per_second: u32,
    pub requests_burst: u32,
    /// Logins per minute and address.
    pub logins_per_minute: u32,
    pub logins_burst: u32,
    /// Connections of each worker. An eighth is kept for probes and for those who
    /// are logged in. Fewer where there are not enough descriptors.
    pub connections: usize,
    /// Connections from one address that is no trusted proxy's.
    pub connections_per_address: usize,
    /// Live rooms that one person watches at once, and that are watched from one
    /// address without a login.
    pub sockets_per_person: usize,
    pub sockets_per_address: usize,
    /// A request's head must be there within this time.
    pub head_seconds: u64,
    /// A request's body must make progress within this time.
    pub body_seconds: u64,
    /// An idle connection is closed after this time.
    pub idle_seconds: u64,
    /// How long a clean stop waits for what is under way.
    pub stop_seconds: u64,
    /// A watcher that takes nothing for so long is dropped.
    pub watcher_seconds: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub hours: u64,
    /// How long a login challenge can be answered, in seconds.
    pub challenge_seconds: u64,
}

/// What persons are told outside the hall (docs/spec/alerts.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// How long what nobody has to act on within minutes is held back, so that what
    /// one project tells one person meanwhile is one letter.
    pub gather_seconds: u16,
    /// How long a custodian's agent is not heard before its organisation is told.
    pub agent_silent_seconds: u32,
}

/// The centre's desk, beside what the page offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Its telephone as people dial it, shown beside every button for help.
    pub phone: Option<String>,
}

/// Where messages for other systems are delivered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: Option<String>,
    /// A file with the shared secret of the signature (HMAC-SHA-256).
    pub secret_file: Option<PathBuf>,
}

/// The relay by which persons are written to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtps://host`, or `smtp://host:587?tls=required`; without encryption on this
    /// machine only.
    pub url: Option<String>,
    /// The sender, `name <address>` or the address alone.
    pub from: Option<String>,
    pub user: Option<String>,
    /// A file with the user's password.
    pub password_file: Option<PathBuf>,
}

/// What this installation is called in other people's systems
/// (docs/spec/exports.md).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exports {
    /// The prefix of OCIDs that is registered for the publisher.
    pub ocid_prefix: Option<String>,
    /// 交易系统标识码.
    pub platform_code: Option<String>,
    /// 公共服务平台标识码.
    pub service_platform_code: Option<String>,
}

impl Config {
    /// Where streams are kept.
    #[must_use]
    pub fn database(&self) -> Database {
        match &self.store.url {
            None => Database::File,
            Some(url) => Database::Postgres {
                url: url.clone(),
                connections: self.store.connections,
            },
        }
    }

    /// Where everything is that is stored.
    ///
    /// # Errors
    /// The bucket's key is not there or cannot be read.
    pub fn site(&self) -> Result<Site, ConfigError> {
        Ok(Site {
            data: self.data.clone(),
            database: self.database(),
            blobs: self.blobs.place()?,
        })
    }

    /// Whether other nodes serve the same platform.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.store.url.is_some()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "kaibiao-data".into(),
            secrets: None,
            token: Token::default(),
            blobs: Blobs::default(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            origin: None,
            public_url: None,
            workers: 0,
            store: Store {
                url: None,
                connections: 16,
            },
            redis: Redis::default(),
            trust: Trust {
                directory: None,
                reload_seconds: 5,
            },
            tls: Tls {
                always: false,
                certificate: None,
                key: None,
                names: Vec::new(),
            },
            proxies: Proxies::default(),
            metrics: Metrics::default(),
            log: Log {
                level: "info".to_owned(),
                format: LogFormat::Json,
            },
            limits: Limits {
                json_bytes: 1 << 20,
                header_bytes: 4 << 20,
                bid_bytes: 16 << 30,
                attachment_bytes: 20 << 20,
                attachments_bytes: 1 << 30,
                bodies_bytes: 256 << 20,
                versions_bytes: 64 << 30,
                project_bytes: 256 << 30,
                uploads_bytes: 64 << 30,
                requests_per_second: 200,
                requests_burst: 1000,
                logins_per_minute: 600,
                logins_burst: 600,
                connections: 25_000,
                connections_per_address: 4_000,
                sockets_per_person: 20,
                sockets_per_address: 500,
                head_seconds: 10,
                body_seconds: 30,
                idle_seconds: 75,
                stop_seconds: 20,
                watcher_seconds: 20,
            },
            session: Session {
                hours: 12,
                challenge_seconds: 120,
            },
            legal: Legal {
                notice_seconds: 20 * 86_400,
                amendment_seconds: 15 * 86_400,
                window_seconds: 10 * 60,
            },
            clock: Clock {
                longest_absence_seconds: 5 * 60,
            },
            webhook: Webhook::default(),
            mail: Mail::default(),
            sms: Webhook::default(),
            alerts: Alerts {
                gather_seconds: 60,
                agent_silent_seconds: 600,
            },
            desk: Desk::default(),
            exports: Exports::default(),
            public_log: PublicLog::default(),
            timestamps: Timestamps {
                url: None,
                roots: Vec::new(),
                intermediates: Vec::new(),
                lists: Vec::new(),
                patience_seconds: 10,
            },
        }
    }
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("配置文件不存在 / no such configuration file: {0}")]
    Missing(PathBuf),
    #[error("配置有误 / configuration: {0}")]
    Unreadable(#[from] Box<figment::Error>),
    #[error("配置有误 / configuration: {key}: {reason}")]
    Unusable { key: &'static str, reason: String },
}

impl Config {
    /// Reads everything, in the order of precedence, and checks it.
    pub fn read(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let config: Self = figment
            .merge(
                Env::prefixed("KAIBIAO_")
                    .ignore(CLIENT_VARIABLES)
                    .split("__"),
            )
            .merge(Serialized::globals(overrides))
            .extract()
            .map_err(Box::new)?;
        config.check()?;
        Ok(config)
    }

    /// As TOML, for `config show`. It holds no secret: secrets are in files.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|error| ConfigError::Unusable {
            key: "config",
            reason: error.to_string(),
        })
    }

    /// Where secrets lie.
    pub fn secrets(&self) -> PathBuf {
        self.secrets.clone().unwrap_or_else(|| {
            let mut name = self
                .data
                .file_name()
                .map_or_else(|| "kaibiao".into(), std::ffi::OsStr::to_owned);
            name.push(".secret");
            self.data.with_file_name(name)
        })
    }

    /// Where the trusted roots lie.
    pub fn trust(&self) -> PathBuf {
        self.trust
            .directory
            .clone()
            .unwrap_or_else(|| self.data.join("trust"))
    }

    /// Whether connections are encrypted: always, except on loopback.
    pub fn encrypted(&self) -> bool {
        self.tls.always || self.tls.certificate.is_some() || !self.listen.ip().is_loopback()
    }

    /// The address users see, without a slash at its end.
    pub fn address(&self) -> String {
        let scheme = if self.encrypted() { "https" } else { "http" };
        let own = || format!("{scheme}://{}", self.listen);
        let address = self.public_url.clone().unwrap_or_else(own);
        address.trim_end_matches('/').to_owned()
    }

    /// Whether users reach it by HTTPS, its own or that of a proxy before it.
    pub fn reached_encrypted(&self) -> bool {
        match &self.public_url {
            Some(url) => url.starts_with("https://"),
            None => self.encrypted(),
        }
    }

    /// Whether `address` (scheme, host, port where it is not the usual one) is one
    /// by which users reach this service: the configured one, a name that its
    /// certificate is to bear, the address listened on, or this machine itself,
    /// from which nothing can be passed on to it by others.
    pub fn is_reached_at(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else {
            return false;
        };
        if url.origin().ascii_serialization() != address {
            return false;
        }
        let public = self.public_url.as_deref().map(Url::parse);
        if let Some(Ok(public)) = public
            && public.origin() == url.origin()
        {
            return true;
        }
        let scheme = if self.encrypted() { "https" } else { "http" };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let ip = host.parse::<IpAddr>().ok();
        if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
            return true;
        }
        let is_ours = ip == Some(self.listen.ip()) || self.tls.names.iter().any(|it| it == host);
        is_ours && url.scheme() == scheme && url.port_or_known_default() == Some(self.listen.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kaibiao.toml");
        std::fs::write(&file, toml).unwrap();
        Config::read(Some(&file), &Overrides::default())
    }

    #[test]
    fn nothing_configured_is_a_working_configuration() {
        let config = Config::read(None, &Overrides::default()).unwrap();
        assert_eq!(config, Config::default());
        assert!(!config.encrypted());
    }

    #[test]
    fn an_unknown_key_is_refused_at_every_depth() {
        for toml in ["lisen = \"127.0.0.1:1\"", "[limits]\njson_byte = 3"] {
            let error = read(toml).unwrap_err().to_string();
            assert!(error.contains("unknown field"), "{error}");
        }
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kaibiao.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nworkers = 3").unwrap();
        let overrides = Overrides {
            listen: Some("127.0.0.1:2".parse().unwrap()),
            data: None,
        };
        let config = Config::read(Some(&file), &overrides).unwrap();
        assert_eq!((config.listen.port(), config.workers), (2, 3));
    }

    #[test]
    fn anything_but_loopback_is_encrypted() {
        assert!(read("listen = \"0.0.0.0:443\"").unwrap().encrypted());
        assert!(read("listen = \"[::]:443\"").unwrap().encrypted());
        assert!(!read("listen = \"[::1]:80\"").unwrap().encrypted());
    }

    #[test]
    fn the_largest_bid_has_room_within_every_sum() {
        assert!(read("[limits]\nbid_bytes = 7\nuploads_bytes = 7").is_ok());
        for key in ["versions_bytes", "project_bytes", "uploads_bytes"] {
            let wrong = format!("[limits]\n{key} = 1");
            let refused = read(&wrong).unwrap_err().to_string();
            assert!(refused.contains(key), "{refused}");
        }
    }

    #[test]
    fn an_authority_of_time_comes_with_its_root() {
        let both = "[timestamps]\nurl = \"https://tsa.example.cn\"\nroots = [\"tsa.pem\"]";
        assert!(read(both).is_ok());
        for wrong in [
            "[timestamps]\nurl = \"https://tsa.example.cn\"",
            "[timestamps]\nroots = [\"tsa.pem\"]",
            "[timestamps]\nurl = \"tsa.example.cn\"\nroots = [\"tsa.pem\"]",
            "[timestamps]\npatience_seconds = 0",
        ] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.contains("timestamps"), "{refused}");
        }
    }

    #[test]
    fn secrets_never_lie_in_the_data_directory() {
        let config = read("data = \"/srv/kaibiao\"").unwrap();
        assert_eq!(config.secrets(), PathBuf::from("/srv/kaibiao.secret"));
        assert!(read("data = \"/srv/k\"\nsecrets = \"/srv/k/secret\"").is_err());
        assert!(read("data = \"k\"\nsecrets = \"./x/../k/secret\"").is_err());
        assert!(read("data = \"k\"\nsecrets = \"k-secret\"").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_the_secrets_into_the_data_directory() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(at("data/keys")).unwrap();
        std::os::unix::fs::symlink(at("data/keys"), at("secrets")).unwrap();
        let configured = format!("data = {:?}\nsecrets = {:?}", at("data"), at("secrets"));
        let refused = read(&configured).unwrap_err().to_string();
        assert!(refused.contains("outside the data directory"), "{refused}");
    }

    #[test]
    fn a_token_is_named_with_its_pin_and_what_it_holds() {
        let token = |text: &str| read(&format!("[token]\n{text}"));
        let (address, pin) = (
            "address = \"pkcs11:token=A\"\n",
            "pin_file = \"/run/pin\"\n",
        );
        assert!(token(&format!("{address}{pin}log = \"log\"")).is_ok());
        for wrong in [
            format!("{address}log = \"log\""),
            format!("{pin}log = \"log\""),
            "log = \"log\"".to_owned(),
            format!("{address}{pin}"),
            format!("{address}{pin}log = \"one\"\nreceipt = \"one\""),
            format!("address = \"pkcs11:token=A?pin-value=1\"\n{pin}log = \"log\""),
            format!("address = \"pkcs11:object=log\"\n{pin}log = \"log\""),
            format!("address = \"skf:\"\n{pin}log = \"log\""),
        ] {
            let refused = token(&wrong).unwrap_err().to_string();
            assert!(refused.contains("token"), "{wrong}: {refused}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        let config = Config::default();
        assert_eq!(read(&config.to_toml().unwrap()).unwrap(), config);
    }
}
