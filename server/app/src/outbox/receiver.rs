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
        let now = app.now();
        let signed = if let Some(secret) = &self.secret {
            webhook::sign(&SigningKey::Shared(secret), id, now, &body)?
        } else {
            let (key, id, body) = (app.keys.receipt.clone(), id.to_owned(), body.clone());
            // A token that holds the key takes its time.
            let sign = move || webhook::sign(&SigningKey::Platform(&key), &id, now, &body);
            tokio::task::spawn_blocking(sign).await??
        };
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
