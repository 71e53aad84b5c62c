//! Delivers the outbox to the configured webhook and retries what fails. A
//! message that is given up can still be fetched.

use std::time::Duration;

use super::tenure;
use crate::Shared;
use crate::outbox::receiver::Receiver;
use crate::outbox::webhook;

/// How many messages are taken at once.
const BATCH: u32 = 32;
/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_secs(1);

pub async fn run(app: Shared) {
    let to = &app.config.webhook;
    let Some(url) = &to.url else {
        return;
    };
    let receiver = match Receiver::open(url, to.secret_file.as_deref()) {
        Ok(receiver) => receiver,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "webhooks are not delivered");
            return;
        }
    };
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(_held) = tenure::hold(&app, tenure::OUTBOX).await else {
            continue;
        };
        let due = match app.store.outbox().due(app.now(), BATCH).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                continue;
            }
        };
        for message in due {
            let id = format!("msg_{}", message.id);
            let sent = receiver.post(&app, &id, message.message.body).await;
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
