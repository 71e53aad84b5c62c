//! HTTPS: the configured certificate, or one of the local authority. Either is looked
//! at again every hour, so that a renewed one is served without a restart.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use kaibiao_app::config::Config;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::task::JoinHandle;

use super::local;

/// How often the certificate is looked at again.
const EVERY: Duration = Duration::from_hours(1);

/// The certificate that is served now.
#[derive(Debug)]
struct Served(RwLock<Arc<CertifiedKey>>);

/// How rustls is to serve, and the task that keeps its certificate fresh.
pub fn server(config: &Config) -> anyhow::Result<(ServerConfig, JoinHandle<()>)> {
    let served = Arc::new(Served(RwLock::new(Arc::new(read(config)?))));
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(served.clone());
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((server, tokio::spawn(keep_fresh(config.clone(), served))))
}

async fn keep_fresh(config: Config, served: Arc<Served>) {
    loop {
        tokio::time::sleep(EVERY).await;
        match read(&config) {
            Ok(fresh) => {
                *served.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
            }
            Err(error) => tracing::error!(
                error = format!("{error:#}"),
                "the TLS certificate cannot be read again; the former one is served"
            ),
        }
    }
}

fn read(config: &Config) -> anyhow::Result<CertifiedKey> {
    let (certificate, key) = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ => local::certificate(config, jiff::Timestamp::now().as_second())?,
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| certificate.display().to_string())?;
    let key = PrivateKeyDer::from_pem_file(&key).with_context(|| key.display().to_string())?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .context("the TLS certificate and key do not go together")
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&served))
    }
}
