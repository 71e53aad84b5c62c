//! The service's health: what a probe is told now, and what the platform's own
//! stream records of configuration and ill health, as evidence for whoever has to
//! say later whose fault something was.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use kaibiao_api::problem::Problem;
use kaibiao_api::{AuthorityView, ReadyView, Trouble, Troubled};
use kaibiao_core::ids::Millis;
use kaibiao_core::platform::{Command, Health, What};
use kaibiao_crypto::certificate::ListState;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_os::space;
use serde_json::json;

use crate::{App, holdings, platform};

/// A heartbeat older than this, in milliseconds, means that the store is not
/// writing.
const STALE: Millis = 10_000;

/// With less room than this, in bytes, uploads may fail soon.
const SPARE: u64 = 256 << 20;

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
    let authorities = authorities(app);
    let checks = BTreeMap::from([
        (
            "store".to_owned(),
            reading.now - app.store.condition().beat < STALE,
        ),
        ("clock".to_owned(), reading.is_steady()),
        ("streams".to_owned(), app.noted.lost() == 0),
        ("secrets".to_owned(), secrets),
        (
            "space".to_owned(),
            space_left(app).await.is_none_or(|left| left >= SPARE),
        ),
        ("ciphertexts".to_owned(), ciphertexts),
        (
            "log".to_owned(),
            !app.memory.log.stopped.load(Ordering::Acquire),
        ),
        (
            "log_past".to_owned(),
            !app.memory.log.behind.load(Ordering::Acquire),
        ),
        (
            "timestamps".to_owned(),
            !app.memory.log.unstamped.load(Ordering::Acquire),
        ),
        (
            "trust".to_owned(),
            !authorities.is_empty() && authorities.values().all(is_well),
        ),
    ]);
    // What is wrong with an authority, or little room, is no reason to send people
    // elsewhere.
    Ok(ReadyView {
        ready: checks["store"] && checks["clock"] && checks["secrets"],
        checks,
        authorities,
        troubled,
    })
}

/// How each authority stands: its files, and the time left on its lists.
pub fn authorities(app: &App) -> BTreeMap<String, AuthorityView> {
    let (believed, now) = (app.memory.authorities.now(), app.now());
    let mut all: BTreeMap<String, AuthorityView> = BTreeMap::new();
    let is_faulty = |id: &str| believed.faults.iter().any(|fault| fault.ca == id);
    let known = believed.cas.iter().map(|ca| &ca.id);
    for id in known.chain(believed.faults.iter().map(|fault| &fault.ca)) {
        all.insert(
            id.clone(),
            AuthorityView {
                usable: !is_faulty(id),
                lists: None,
                until: None,
            },
        );
    }
    for standing in believed.trust.lists() {
        if let Some(view) = all.get_mut(&standing.ca) {
            view.lists = Some(standing.state(now));
            view.until = standing.list.map(|list| list.next_update);
        }
    }
    all
}

/// How many bytes may still be written where there is the least room; none where the
/// system does not tell.
async fn space_left(app: &App) -> Option<u64> {
    let folders = app.store.folders().to_vec();
    let asked = tokio::task::spawn_blocking(move || {
        let all = folders.iter().filter_map(|folder| space::left(folder).ok());
        all.min()
    });
    asked.await.ok()?
}

fn is_well(authority: &AuthorityView) -> bool {
    authority.usable
        && match authority.lists {
            None | Some(ListState::Good | ListState::Ending) => true,
            Some(ListState::Ended | ListState::Missing) => false,
        }
}

/// Records the digest of what others rely on: origin, keys, legal minima and
/// trusted authorities. An unchanged configuration causes no event.
pub async fn note_configuration(app: &App) -> Result<(), Problem> {
    let authorities = app.memory.authorities.now();
    let cas: Vec<_> = authorities
        .cas
        .iter()
        .map(|ca| json!({ "id": ca.id, "root": ca.root, "rules": ca.rules }))
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
    authorities: BTreeMap<String, AuthorityView>,
    faults: usize,
    crowded: bool,
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
        self.look_at_authorities(app);
        let (faults, words) = app.memory.work.faults.so_far();
        self.rest = self.rest.saturating_sub(1);
        if faults > self.faults && self.rest == 0 {
            let measured = i64::try_from(faults - self.faults).unwrap_or(i64::MAX);
            if note(app, Health::BlobErrors, measured, &words).await {
                self.faults = faults;
                self.rest = REST;
            }
        }
        self.look_at_space(app).await;
        let unsteady = !reading.is_steady();
        if unsteady && !self.unsteady {
            self.unsteady = note(app, Health::ClockStepped, reading.drift, "").await;
        } else if !unsteady && self.unsteady {
            self.unsteady = !note(app, Health::ClockStepped, 0, "believed again").await;
        }
    }
}

impl Signs {
    /// Records that there is little room, and that there is room again.
    async fn look_at_space(&mut self, app: &App) {
        let Some(left) = space_left(app).await else {
            return;
        };
        let crowded = left < SPARE;
        if crowded != self.crowded {
            let measured = i64::try_from(left).unwrap_or(i64::MAX);
            let words = if crowded { "" } else { "there is room again" };
            if note(app, Health::DiskFull, measured, words).await {
                self.crowded = crowded;
            }
        }
    }

    /// Tells the log of every authority whose standing has changed.
    fn look_at_authorities(&mut self, app: &App) {
        let now = authorities(app);
        for (id, view) in &now {
            let before = self.authorities.get(id);
            if before.map(|it| (it.usable, it.lists)) == Some((view.usable, view.lists)) {
                continue;
            }
            let hours_left = view.until.map(|until| (until - app.now()) / 3_600_000);
            if !view.usable {
                let believed = app.memory.authorities.now();
                for fault in believed.faults.iter().filter(|fault| fault.ca == *id) {
                    tracing::error!(authority = %id, reason = %fault.reason, "an authority's files cannot be used");
                }
                continue;
            }
            match view.lists {
                Some(ListState::Ending) => tracing::warn!(
                    authority = %id, hours_left,
                    "a revocation list ends soon: put the next one into the trust directory"
                ),
                Some(ListState::Ended) => tracing::error!(
                    authority = %id, hours_left,
                    "a revocation list has ended: nobody with this authority's certificates can sign anything"
                ),
                Some(ListState::Missing) => tracing::error!(
                    authority = %id,
                    "there is no revocation list: nobody with this authority's certificates can log in or act"
                ),
                None | Some(ListState::Good) if before.is_some() => {
                    tracing::info!(authority = %id, hours_left, "an authority is well again");
                }
                None | Some(ListState::Good) => {}
            }
        }
        self.authorities = now;
    }
}

/// Whether what was noted is that a trouble is over.
pub fn is_over(what: &What) -> bool {
    let What::HealthNoted { sign, measured } = what else {
        return false;
    };
    match sign {
        Health::ClockStepped => *measured == 0,
        Health::DiskFull => u64::try_from(*measured).is_ok_and(|left| left >= SPARE),
        Health::DatabaseErrors | Health::BlobErrors | Health::SlowAppends => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_believed_and_a_disk_with_room_are_well_again() {
        let noted = |sign, measured| is_over(&What::HealthNoted { sign, measured });
        assert!(noted(Health::ClockStepped, 0));
        assert!(!noted(Health::ClockStepped, -5));
        assert!(noted(Health::DiskFull, 256 << 20));
        assert!(!noted(Health::DiskFull, (256 << 20) - 1));
        assert!(!noted(Health::DatabaseErrors, 0));
        assert!(!is_over(&What::Stopped));
    }
}
