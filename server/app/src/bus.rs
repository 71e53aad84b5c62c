//! How nodes tell each other at once what the database would tell them a little later,
//! and what is in nobody's database: by Redis, where there is one
//! (docs/adr/0026-several-nodes-over-one-database.md).
//!
//! A message is lost by nature, and comes from nobody who can be believed: each carries
//! a code that only the platform's nodes can make, and even so it only has a node look
//! at the database, forget what it remembers, or know whom another node has seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use kaibiao_core::ids::{Millis, Organisation, ProjectId};
use kaibiao_crypto::Digest;
use kaibiao_store::{Changed, StreamId};
use redis::AsyncCommands as _;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::{App, Shared};

/// Messages that wait to be sent; more are not worth having.
const WAITING: usize = 4_096;
/// The wait before a lost connection is made again.
const AGAIN: Duration = Duration::from_millis(500);

/// What one node tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Told {
    /// A stream has so many events.
    Grown { stream: String, version: u64 },
    /// A session has ended, by the name that the store lists it by.
    Ended { session: Digest },
    /// An official has looked at a project.
    Seen {
        project: ProjectId,
        organisation: Organisation,
        program: bool,
        at: Millis,
    },
    /// An organisation's agent was heard.
    Heard {
        organisation: Organisation,
        at: Millis,
    },
    /// Somebody's contact was changed.
    Contacts,
}

/// What is to be sent, and whether it can be.
pub struct Bus {
    outgoing: mpsc::Sender<Told>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Told>>,
    heard: AtomicBool,
}

impl Default for Bus {
    fn default() -> Self {
        let (outgoing, waiting) = mpsc::channel(WAITING);
        Self {
            outgoing,
            waiting: waiting.into(),
            heard: AtomicBool::new(false),
        }
    }
}

impl Bus {
    /// Whether other nodes are heard now; without Redis they never are.
    pub fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Acquire)
    }
}

impl App {
    /// Tells the other nodes, if there are any.
    pub fn tell(&self, told: Told) {
        if self.config.redis.url.is_some() {
            // What finds no room is found by looking.
            let _ = self.bus.outgoing.try_send(told);
        }
    }
}

/// Sends what this node has to tell, until it is aborted.
pub async fn send(app: Shared) {
    let Some(client) = client(&app) else {
        return;
    };
    let channel = channel(&app);
    let mut waiting = app.bus.waiting.lock().await;
    let mut changes = app.store.subscribe();
    loop {
        let mut connection = match client.get_multiplexed_async_connection().await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be told; they look for themselves");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        loop {
            let told = tokio::select! {
                told = waiting.recv() => told,
                changed = changes.recv() => match changed {
                    Ok(Changed { stream, version, here: true }) => Some(Told::Grown {
                        stream: stream.to_string(),
                        version,
                    }),
                    Ok(_) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => None,
                },
            };
            let Some(told) = told else {
                return;
            };
            let Some(message) = sealed(&app, &told) else {
                continue;
            };
            let sent: redis::RedisResult<()> = connection.publish(&channel, message).await;
            if let Err(error) = sent {
                tracing::warn!(%error, "other nodes were not told; they look for themselves");
                break;
            }
        }
    }
}

/// Hears what other nodes tell, until it is aborted.
pub async fn hear(app: Shared) {
    let Some(client) = client(&app) else {
        return;
    };
    loop {
        if let Err(error) = listen(&app, &client).await {
            tracing::warn!(%error, "other nodes are not heard");
        }
        app.bus.heard.store(false, Ordering::Release);
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(app: &Shared, client: &redis::Client) -> redis::RedisResult<()> {
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.subscribe(channel(app)).await?;
    app.bus.heard.store(true, Ordering::Release);
    let mut messages = pubsub.into_on_message();
    while let Some(message) = messages.next().await {
        let message: Vec<u8> = message.get_payload()?;
        if let Some(told) = opened(app, &message) {
            take(app, told);
        } else {
            tracing::debug!("a message that no node of this platform sent");
        }
    }
    Ok(())
}

fn take(app: &App, told: Told) {
    let memory = &app.memory;
    match told {
        Told::Grown { stream, version } => {
            if let Some(stream) = StreamId::new(&stream) {
                app.store.hear(stream, version);
            }
        }
        Told::Ended { session } => memory.sessions.end(&session),
        Told::Seen {
            project,
            organisation,
            program,
            at,
        } => memory.presence.put(project, &organisation, program, at),
        Told::Heard { organisation, at } => memory.heard.note(&organisation, at),
        Told::Contacts => memory.contacts.forget_all(),
    }
}

pub(crate) fn client(app: &App) -> Option<redis::Client> {
    let url = app.config.redis.url.as_deref()?;
    redis::Client::open(url)
        // What is wrong may quote the address, and a password with it.
        .inspect_err(|_| tracing::error!("redis.url is no address of a Redis"))
        .ok()
}

/// Platforms that share a Redis do not hear each other.
pub(crate) fn channel(app: &App) -> String {
    let name = app.store.fingerprint(b"bus channel").to_string();
    format!("kaibiao:{}", &name[..16])
}

/// A message with its code.
fn sealed(app: &App, told: &Told) -> Option<Vec<u8>> {
    let body = serde_json::to_vec(told).ok()?;
    let mut message = app.store.fingerprint(&said(&body)).as_bytes().to_vec();
    message.extend_from_slice(&body);
    Some(message)
}

fn opened(app: &App, message: &[u8]) -> Option<Told> {
    let (found, body) = message.split_at_checked(32)?;
    if !app.store.has_fingerprint(&said(body), found) {
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn said(body: &[u8]) -> Vec<u8> {
    [b"bus ", body].concat()
}
