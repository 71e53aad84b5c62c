//! HTTPS: the configured certificate, or one of a local authority made on the
//! first run.
//!
//! The local authority is for an intranet: its root is written beside the data
//! (`tls-ca.pem`), to be handed to the machines that shall trust it; its key
//! and the server's stay in the secrets directory.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use kaibiao_app::config::Config;
use kaibiao_os::files::{self, Readers};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How rustls is to serve.
pub fn server(config: &Config) -> anyhow::Result<ServerConfig> {
    let (certificate, key) = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ => local_authority(config)?,
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("{}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(&key).with_context(|| format!("{}", key.display()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the TLS certificate and key do not go together")?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(server)
}

/// The local authority's server certificate: made when there is none, and made
/// again when the configured names are others.
fn local_authority(config: &Config) -> anyhow::Result<(std::path::PathBuf, std::path::PathBuf)> {
    let secrets = config.secrets();
    let at = |name: &str| secrets.join(name);
    let (ca_key, ca_pem) = (at("tls-ca-key.pem"), at("tls-ca.pem"));
    let (key, chain, names_file) = (at("tls-key.pem"), at("tls.pem"), at("tls-names"));
    let public = config.data.join("tls-ca.pem");

    if !ca_key.exists() || !ca_pem.exists() {
        let pair = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Kaibiao local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid_for(&mut params, 10 * 365);
        let authority = params.self_signed(&pair)?;
        write(&ca_key, &pair.serialize_pem(), Readers::Owner)?;
        write(&ca_pem, &authority.pem(), Readers::Owner)?;
        write(&public, &authority.pem(), Readers::Everyone)?;
        tracing::info!(root = %public.display(), "a local authority for HTTPS was made");
    }

    let names = names(config);
    let wanted = names.join("\n");
    let held = std::fs::read_to_string(&names_file).unwrap_or_default();
    if held != wanted || !key.exists() || !chain.exists() {
        let authority_key = KeyPair::from_pem(&std::fs::read_to_string(&ca_key)?)?;
        let authority_pem = std::fs::read_to_string(&ca_pem)?;
        let issuer = Issuer::from_ca_cert_pem(&authority_pem, authority_key)?;
        let pair = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Kaibiao");
        for name in &names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into()?),
            });
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid_for(&mut params, 825);
        let certificate = params.signed_by(&pair, &issuer)?;
        write(&key, &pair.serialize_pem(), Readers::Owner)?;
        write(
            &chain,
            &(certificate.pem() + &authority_pem),
            Readers::Owner,
        )?;
        write(&names_file, &wanted, Readers::Owner)?;
    }
    Ok((chain, key))
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
    if let Ok(host) = std::fs::read_to_string("/etc/hostname") {
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

/// Valid from yesterday, so that clocks may differ, for so many days.
fn valid_for(params: &mut CertificateParams, days: i64) {
    let now = jiff::Timestamp::now().as_second();
    let at = |seconds: i64| {
        rcgen::date_time_ymd(1970, 1, 1)
            + std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    };
    params.not_before = at(now - 86_400);
    params.not_after = at(now + days * 86_400);
}

fn write(path: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    files::write(path, text.as_bytes(), readers).with_context(|| format!("{}", path.display()))
}
