//! The local HTTPS authority, for an intranet: made on the first run. Its root is
//! written beside the data (`tls-ca.pem`), to be handed to the machines that shall
//! trust it; its key and the server's stay in the secrets directory.
//!
//! It may certify the names by which this service is reached and no others, so that
//! whoever takes its key cannot pose as anybody else to those machines.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use kaibiao_app::config::Config;
use kaibiao_os::files::{self, Readers};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};

/// How long its certificates are valid, in days.
const AUTHORITY_DAYS: i64 = 10 * 365;
const SERVER_DAYS: i64 = 825;

/// One that ends within so many days is made again.
const RENEWED_DAYS: i64 = 60;

const DAY: i64 = 86_400;

/// The files of the authority, and of its certificate for this server.
struct Files {
    authority: Pair,
    server: Pair,
    public: PathBuf,
}

/// A key, its certificate, and what the certificate was made for: its names, and when
/// it ends.
struct Pair {
    key: PathBuf,
    certificate: PathBuf,
    made_for: PathBuf,
}

/// Chain and key of this server by its local authority, as of `now` in seconds since
/// 1970. Either is made when it is not there, ends soon, or is for other names.
pub fn certificate(config: &Config, now: i64) -> anyhow::Result<(PathBuf, PathBuf)> {
    let files = Files::of(config);
    let names = names(config);
    if !files.authority.serves(&names, now) {
        make_authority(&files, &names, now)?;
    }
    if !files.server.serves(&names, now) {
        make_server(&files, &names, now)?;
    }
    Ok((files.server.certificate, files.server.key))
}

impl Files {
    fn of(config: &Config) -> Self {
        let secrets = config.secrets();
        let pair = |key: &str, certificate: &str, made_for: &str| Pair {
            key: secrets.join(key),
            certificate: secrets.join(certificate),
            made_for: secrets.join(made_for),
        };
        Self {
            authority: pair("tls-ca-key.pem", "tls-ca.pem", "tls-ca-names"),
            server: pair("tls-key.pem", "tls.pem", "tls-names"),
            public: config.data.join("tls-ca.pem"),
        }
    }
}

impl Pair {
    /// Whether it is there, is for these names, and will not end soon.
    fn serves(&self, names: &[String], now: i64) -> bool {
        let made_for = fs::read_to_string(&self.made_for).unwrap_or_default();
        let (ends, known) = made_for.split_once('\n').unwrap_or_default();
        let ends: i64 = ends.parse().unwrap_or_default();
        let known: Vec<&str> = known.lines().collect();
        self.key.exists()
            && self.certificate.exists()
            && ends > now + RENEWED_DAYS * DAY
            && names.iter().all(|name| known.contains(&name.as_str()))
    }

    fn write(&self, key: &KeyPair, chain: &str, names: &[String], ends: i64) -> anyhow::Result<()> {
        write(&self.key, &key.serialize_pem(), Readers::Owner)?;
        write(&self.certificate, chain, Readers::Owner)?;
        let made_for = format!("{ends}\n{}", names.join("\n"));
        write(&self.made_for, &made_for, Readers::Owner)
    }
}

fn make_authority(files: &Files, names: &[String], now: i64) -> anyhow::Result<()> {
    let pair = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Kaibiao local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted = names.iter().map(|name| match name.parse::<IpAddr>() {
        Ok(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
        }
        Err(_) => GeneralSubtree::DnsName(name.clone()),
    });
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted.collect(),
        excluded_subtrees: Vec::new(),
    });
    let ends = valid_for(&mut params, now, AUTHORITY_DAYS);
    let authority = params.self_signed(&pair)?.pem();
    // What the former one has certified is of no use any more.
    if files.server.made_for.exists() {
        fs::remove_file(&files.server.made_for)?;
    }
    files.authority.write(&pair, &authority, names, ends)?;
    write(&files.public, &authority, Readers::Everyone)?;
    tracing::warn!(
        root = %files.public.display(),
        "a local authority for HTTPS was made; hand its root to the machines that shall trust it"
    );
    Ok(())
}

fn make_server(files: &Files, names: &[String], now: i64) -> anyhow::Result<()> {
    let key = files::read_secret(&files.authority.key)
        .with_context(|| files.authority.key.display().to_string())?;
    let authority = fs::read_to_string(&files.authority.certificate)?;
    let issuer = Issuer::from_ca_cert_pem(&authority, KeyPair::from_pem(&key)?)?;
    let pair = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Kaibiao");
    for name in names {
        params.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.as_str().try_into()?),
        });
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let ends = valid_for(&mut params, now, SERVER_DAYS);
    let certificate = params.signed_by(&pair, &issuer)?;
    let chain = certificate.pem() + &authority;
    files.server.write(&pair, &chain, names, ends)?;
    tracing::info!("the local authority has certified this server anew");
    Ok(())
}

/// `localhost`, the address listened on, this host's name, and what is
/// configured.
fn names(config: &Config) -> Vec<String> {
    let mut names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    if !config.listen.ip().is_unspecified() {
        names.push(config.listen.ip().to_string());
    }
    if let Ok(host) = fs::read_to_string("/etc/hostname") {
        let host = host.trim().to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if !host.is_empty() && host.bytes().all(plain) {
            names.push(host);
        }
    }
    names.extend(config.tls.names.iter().cloned());
    names.sort();
    names.dedup();
    names
}

/// Valid from yesterday, so that clocks may differ, for so many days; answers when it
/// ends, in seconds since 1970.
fn valid_for(params: &mut CertificateParams, now: i64, days: i64) -> i64 {
    let at = |seconds: i64| {
        rcgen::date_time_ymd(1970, 1, 1)
            + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    };
    let ends = now + days * DAY;
    params.not_before = at(now - DAY);
    params.not_after = at(ends);
    ends
}

fn write(path: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    files::write(path, text.as_bytes(), readers).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn config(directory: &Path, names: &[&str]) -> Config {
        let mut config = Config {
            data: directory.join("data"),
            ..Config::default()
        };
        config.tls.names = names.iter().map(|&name| name.to_owned()).collect();
        fs::create_dir_all(&config.data).unwrap();
        fs::create_dir_all(config.secrets()).unwrap();
        config
    }

    #[test]
    fn the_servers_certificate_is_made_again_before_its_end_and_the_authority_stays() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), &[]);
        let (chain, _) = certificate(&config, NOW).unwrap();
        let first = fs::read_to_string(&chain).unwrap();
        let root = fs::read(config.data.join("tls-ca.pem")).unwrap();
        certificate(&config, NOW + (SERVER_DAYS - RENEWED_DAYS - 1) * DAY).unwrap();
        assert_eq!(fs::read_to_string(&chain).unwrap(), first);
        certificate(&config, NOW + (SERVER_DAYS - RENEWED_DAYS) * DAY).unwrap();
        assert_ne!(fs::read_to_string(&chain).unwrap(), first);
        assert_eq!(fs::read(config.data.join("tls-ca.pem")).unwrap(), root);
    }

    #[test]
    fn a_new_name_takes_a_new_authority_because_the_former_may_not_certify_it() {
        let directory = tempfile::tempdir().unwrap();
        certificate(&config(directory.path(), &["hall.test"]), NOW).unwrap();
        let root = directory.path().join("data/tls-ca.pem");
        let first = fs::read(&root).unwrap();
        certificate(&config(directory.path(), &["hall.test"]), NOW).unwrap();
        assert_eq!(fs::read(&root).unwrap(), first);
        certificate(&config(directory.path(), &["other.test"]), NOW).unwrap();
        assert_ne!(fs::read(&root).unwrap(), first);
    }
}
