//! The service's health: what a probe is told now, and what the platform's own
//! stream records of configuration and ill health, as evidence for whoever has to
//! say later whose fault something was.

use std::collections::BTreeMap;

use kaibiao_api::problem::Problem;
use kaibiao_api::{ReadyView, Trouble, Troubled};
use kaibiao_core::ids::Millis;
use kaibiao_core::platform::{Command, Health};
use kaibiao_crypto::{Digest, canonical};
use serde_json::json;

use crate::{App, holdings, platform};

/// A heartbeat older than this, in milliseconds, means that the store is not
/// writing.
const STALE: Millis = 10_000;

/// Rounds between two records of the same lasting fault: about a minute.
const REST: u32 = 12;

/// Whether the service is ready, and each check that this depends on. Projects that
/// cannot go on are named; of what is wrong with each, which could tell that there are
/// bids, only that something is.
///
/// # Errors
/// When the store fails.
pub async fn ready(app: &App) -> Result<ReadyView, Problem> {
    let mut troubled = holdings::troubled(app).await?;
    let lacks = |trouble| troubled.iter().any(|it: &Troubled| it.trouble == trouble);
    let missing = app.keys.missing();
    if !missing.is_empty() {
        tracing::error!(?missing, "secrets are not where they were");
    }
    let secrets = missing.is_empty() && !lacks(Trouble::SecretsMissing);
    let ciphertexts = !lacks(Trouble::CiphertextsMissing);
    for project in &mut troubled {
        project.trouble = Trouble::Damaged;
    }
    troubled.dedup();
    let reading = app.store.clock().read();
    let checks = BTreeMap::from([
        (
            "store".to_owned(),
            reading.now - app.store.condition().beat < STALE,
        ),
        ("clock".to_owned(), reading.is_steady()),
        ("secrets".to_owned(), secrets),
        ("ciphertexts".to_owned(), ciphertexts),
        (
            "trust".to_owned(),
            !app.memory.authorities.now().cas.is_empty(),
        ),
    ]);
    Ok(ReadyView {
        ready: checks["store"] && checks["clock"] && checks["secrets"],
        checks,
        troubled,
    })
}

/// Records the digest of what others rely on: origin, keys, legal minima and
/// trusted authorities. An unchanged configuration causes no event.
pub async fn note_configuration(app: &App) -> Result<(), Problem> {
    let authorities = app.memory.authorities.now();
    let cas: Vec<_> = authorities
        .cas
        .iter()
        .map(|ca| json!({ "id": ca.id, "root": ca.root }))
        .collect();
    let public = json!({
        "cas": cas,
        "legal": app.legal(),
        "trust": app.trust_terms(),
    });
    let bytes = canonical::try_to_bytes(&public).map_err(Problem::internal)?;
    platform::put(app, Command::Configured(Digest::of(&bytes)))
        .await
        .map(drop)
}

/// The signs of ill health that are recorded already.
#[derive(Default)]
pub struct Signs {
    failures: u64,
    unsteady: bool,
    faults: usize,
    /// Rounds to wait before faults are recorded again.
    rest: u32,
}

impl Signs {
    /// Looks, and records what is new. A store that cannot write cannot record its
    /// own trouble either; then it goes to the log, and the next look tries again.
    pub async fn look(&mut self, app: &App) {
        let failures = app.store.condition().failures;
        let reading = app.store.clock().read();
        if failures > self.failures {
            let measured = i64::try_from(failures - self.failures).unwrap_or(i64::MAX);
            if note(app, Health::DatabaseErrors, measured, "").await {
                self.failures = failures;
            }
        }
        let (faults, words) = app.memory.work.faults.so_far();
        self.rest = self.rest.saturating_sub(1);
        if faults > self.faults && self.rest == 0 {
            let measured = i64::try_from(faults - self.faults).unwrap_or(i64::MAX);
            if note(app, Health::BlobErrors, measured, &words).await {
                self.faults = faults;
                self.rest = REST;
            }
        }
        let unsteady = !reading.is_steady();
        if unsteady && !self.unsteady {
            self.unsteady = note(app, Health::ClockStepped, reading.drift, "").await;
        } else if !unsteady && self.unsteady {
            self.unsteady = !note(app, Health::ClockStepped, 0, "believed again").await;
        }
    }
}

async fn note(app: &App, sign: Health, measured: Millis, words: &str) -> bool {
    tracing::warn!(?sign, measured, "ill health");
    let command = Command::HealthNoted {
        sign,
        measured,
        note: words.to_owned(),
    };
    match platform::put(app, command).await {
        Ok(_) => true,
        Err(problem) => {
            tracing::error!(%problem, "ill health could not be recorded");
            false
        }
    }
}
