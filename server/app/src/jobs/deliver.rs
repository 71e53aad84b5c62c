//! Delivers the outbox to the configured webhook and retries what fails. A
//! message that is given up can still be fetched.

use std::time::Duration;

use anyhow::Context as _;
use kaibiao_store::Outgoing;

use crate::Shared;
use crate::outbox::webhook::{self, SharedSecret, SigningKey};

/// How many messages are taken at once.
const BATCH: u32 = 32;
/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn run(app: Shared) {
    let Some(url) = app.config.webhook.url.clone() else {
        return;
    };
    let (client, secret) = match prepare(&app) {
        Ok(prepared) => prepared,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "webhooks are not delivered");
            return;
        }
    };
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let due = match app.store.outbox().due(app.now(), BATCH).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                continue;
            }
        };
        for message in due {
            let sent = deliver(&app, &client, &url, secret.as_ref(), &message).await;
            let outbox = app.store.outbox();
            let noted = match sent {
                Ok(()) => outbox.delivered(message.id, app.now()).await,
                Err(error) => {
                    let wait = webhook::wait_after(message.attempts + 1);
                    tracing::warn!(
                        id = message.id,
                        error = format!("{error:#}"),
                        ?wait,
                        "a webhook failed"
                    );
                    outbox
                        .failed(message.id, wait.map(|wait| app.now() + wait))
                        .await
                }
            };
            if let Err(error) = noted {
                tracing::error!(%error, "the outbox could not be written");
            }
        }
    }
}

fn prepare(app: &Shared) -> anyhow::Result<(reqwest::Client, Option<SharedSecret>)> {
    let secret = match &app.config.webhook.secret_file {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Some(SharedSecret::parse(text.trim()).with_context(|| path.display().to_string())?)
        }
    };
    // reqwest uses the process's provider. An error only says that one is
    // installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok((client, secret))
}

async fn deliver(
    app: &Shared,
    client: &reqwest::Client,
    url: &str,
    secret: Option<&SharedSecret>,
    message: &Outgoing,
) -> anyhow::Result<()> {
    let key = secret.map_or(SigningKey::Platform(&app.keys.receipt), SigningKey::Shared);
    let id = format!("msg_{}", message.id);
    let signed = webhook::sign(&key, &id, app.now(), &message.message.body)?;
    let reply = client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", signed.id)
        .header("webhook-timestamp", signed.timestamp)
        .header("webhook-signature", signed.signature)
        .body(message.message.body.clone())
        .send()
        .await?;
    anyhow::ensure!(
        reply.status().is_success(),
        "the receiver answered {}",
        reply.status()
    );
    Ok(())
}
