//! Another system that takes signed messages over HTTP.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::webhook::{self, SharedSecret, SigningKey};
use crate::{App, outgoing};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where messages go, and what they are signed with.
pub struct Receiver {
    client: reqwest::Client,
    url: String,
    secret: Option<SharedSecret>,
}

impl Receiver {
    /// # Errors
    /// The file of the shared secret cannot be read, or holds none.
    pub fn open(url: &str, secret_file: Option<&Path>) -> anyhow::Result<Self> {
        let secret = match secret_file {
            None => None,
            Some(path) => {
                let place = || path.display().to_string();
                let text = std::fs::read_to_string(path).with_context(place)?;
                Some(SharedSecret::parse(text.trim()).with_context(place)?)
            }
        };
        Ok(Self {
            client: outgoing::client(PATIENCE)?,
            url: url.to_owned(),
            secret,
        })
    }

    /// Sends a message once. Receivers tell repetitions by its id.
    ///
    /// # Errors
    /// It did not arrive, or the answer is not 2xx.
    pub async fn post(&self, app: &App, id: &str, body: Vec<u8>) -> anyhow::Result<()> {
        let shared = self.secret.as_ref().map(SigningKey::Shared);
        let key = shared.unwrap_or(SigningKey::Platform(&app.keys.receipt));
        let signed = webhook::sign(&key, id, app.now(), &body)?;
        let reply = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.timestamp)
            .header("webhook-signature", signed.signature)
            .body(body)
            .send()
            .await?;
        anyhow::ensure!(
            reply.status().is_success(),
            "the receiver answered {}",
            reply.status()
        );
        Ok(())
    }
}
