//! How other systems are asked over HTTP: receivers of messages, witnesses of the public
//! log, authorities of time.

use std::time::Duration;

/// A client that follows no redirect and gives up after `patience`.
///
/// # Errors
/// When none can be built on this machine.
pub fn client(patience: Duration) -> reqwest::Result<reqwest::Client> {
    // reqwest uses the process's provider. An error only says that one is installed
    // already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
