//! The use cases, the background jobs, and what both work with: configuration,
//! the platform's keys, the store, and what the process remembers.

#![warn(clippy::pedantic)]
// What fails here fails as a problem, a refusal or a failure out of a closed
// list, which carries its own texts; a function says more where there is more.
#![allow(clippy::missing_errors_doc)]
// The compiler already tells of a value that nobody uses.
#![allow(clippy::must_use_candidate)]
// OpenAPI, WebSocket and SQLite are words of the language, not of the code.
#![allow(clippy::doc_markdown)]
// State and stage, caller and called, are the field's words.
#![allow(clippy::similar_names)]
// A use case that checks one thing after the other reads best in one piece.
#![allow(clippy::too_many_lines)]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Millis;
use kaibiao_core::platform::Platform;
use kaibiao_core::terms::{Legal, Trust};
use kaibiao_crypto::Suite;
use kaibiao_store::{Clock, Options, RootSecret, Store, StreamId};

use crate::bus::Bus;
use crate::config::Config;
use crate::counts::Counts;
use crate::keys::PlatformKeys;
use crate::known::Noted;
use crate::memory::Memory;
use crate::metrics::Metrics;

pub mod acts;
pub mod agents;
pub mod alerts;
pub mod attachments;
pub mod attempts;
pub mod audit;
pub mod bids;
pub mod bundle;
pub mod bus;
pub mod caller;
pub mod calls;
pub mod complaints;
pub mod config;
pub mod counts;
pub mod deciding;
pub mod desk;
pub mod directory;
pub mod documents;
mod erasing;
pub mod events;
pub mod exports;
mod failure;
pub mod figures;
pub mod fsck;
pub mod health;
pub mod holdings;
pub mod jobs;
mod kept;
pub mod keys;
pub mod known;
pub mod listing;
pub mod lists;
pub mod log;
pub mod login;
pub mod logins;
pub mod memory;
pub mod metrics;
pub mod opening;
pub mod outbox;
mod outgoing;
pub mod platform;
pub mod projects;
pub mod proxies;
pub mod receipts;
pub mod rechecks;
pub mod record;
pub mod record_proof;
mod register;
pub mod replay;
mod settings;
pub mod sheets;
pub mod signatures;
mod signing;
pub mod sm2;
pub mod statements;
pub mod submission;
pub mod terms;
mod token;
mod walk;

/// The service: every use case is given this, and nothing is global.
pub struct App {
    pub config: Config,
    /// The platform's own keys.
    pub keys: PlatformKeys,
    /// What outlives the process.
    pub store: Store,
    /// What this process remembers and the store does not.
    pub memory: Memory,
    pub metrics: Metrics,
    /// How nodes tell each other what was done.
    pub bus: Bus,
    /// How nodes count callers together.
    pub counts: Counts,
    /// How far the secrets directory knows the store to be.
    pub noted: Noted,
    /// Since when the service is up.
    pub since: Millis,
}

/// The service as handlers and jobs hold it.
pub type Shared = Arc<App>;

impl App {
    /// Opens everything under the data directory, making it on the first run.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Shared> {
        let keys = PlatformKeys::open(&config)?;
        let memory = Memory::new(&config)?;
        let store = Store::open(
            &config.data,
            Options {
                clock,
                platform: Some(keys.identity()),
                sm2_keys: keys.sm2.names(),
                database: config.database(),
                blobs: config.blobs.place()?,
                longest_absence: Duration::from_secs(config.clock.longest_absence_seconds),
                ..Options::new(RootSecret::from_bytes(**keys.root()))
            },
        )
        .await?;
        let platform = store.load::<Platform>(&StreamId::platform()).await?;
        for (ca, until) in &platform.state.bridges {
            memory.authorities.bridge(ca, *until)?;
        }
        let noted = Noted::begin(keys.directory(), keys.known(), &keys.origin, &store)?;
        Ok(Arc::new(Self {
            noted,
            since: store.clock().now(),
            config,
            keys,
            store,
            memory,
            metrics: Metrics::default(),
            bus: Bus::default(),
            counts: Counts::default(),
        }))
    }

    /// The clock that events are timed by, UTC milliseconds.
    pub fn now(&self) -> Millis {
        self.store.clock().now()
    }

    /// Lets the secrets directory remember how far the store is.
    pub fn keep_up(&self) {
        let (secrets, origin) = (self.keys.directory(), &self.keys.origin);
        if let Err(error) = self.noted.keep_up(secrets, origin, &self.store) {
            tracing::error!(%error, "how far the store is could not be noted beside the secrets");
        }
    }

    /// The legal minima of this platform.
    pub fn legal(&self) -> Legal {
        let legal = &self.config.legal;
        Legal {
            notice: legal.notice_seconds,
            amendment: legal.amendment_seconds,
            window: legal.window_seconds,
        }
    }

    /// The suites in which a project can be published now: those whose statements the
    /// platform can sign.
    pub fn suites(&self) -> Vec<Suite> {
        let gm = !self.keys.sm2.chain_at(self.now()).is_empty();
        [Suite::Intl]
            .into_iter()
            .chain(gm.then_some(Suite::Gm))
            .collect()
    }

    /// What sealing terms tell clients to believe.
    pub fn trust_terms(&self) -> Trust {
        let log = &self.config.public_log;
        Trust {
            origin: self.keys.origin.clone(),
            statement_key: BASE64.encode(self.keys.log.public_key().as_bytes()),
            receipt_key: BASE64.encode(self.keys.receipt.public_key().as_bytes()),
            log_key: self.keys.log_key().ok().map(|key| key.to_string()),
            witnesses: log.witnesses.iter().map(|it| it.key.to_string()).collect(),
            quorum: log.quorum,
            tsas: Vec::new(),
            sm2_chain: self.keys.sm2.chain_at(self.now()),
        }
    }

    /// Runs work that computes for long (a view of a large project, a room's folding)
    /// on a thread for such work; only so much of it at once, the rest waits.
    pub async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let room = Arc::clone(&self.memory.work.heavy).acquire_owned().await;
        let room = room.map_err(Problem::internal)?;
        blocking(move || {
            let _room = room;
            work()
        })
        .await
    }
}

/// Runs work that blocks (files, long computation) on a thread for such
/// work, where it holds up no request.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::internal)?
}
