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
use kaibiao_os::space;
use kaibiao_token::KeeperProblem;

use crate::{App, holdings, platform, settings};

/// A heartbeat older than this, in milliseconds, means that the store is not
/// writing.
const STALE: Millis = 10_000;

/// With less room than this, in bytes, uploads may fail soon.
const SPARE: u64 = 256 << 20;

/// By how much a node's own clock may differ from the database's, in milliseconds.
const APART: Millis = 2_000;

/// A write that takes longer than this, in milliseconds, is too slow.
const SLOW: u64 = 1_000;

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
    let mut checks = BTreeMap::from([
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
    if app.config.redis.url.is_some() {
        let together = app.bus.is_heard() && app.counts.are_common();
        checks.insert("nodes".to_owned(), together);
    }
    let token = app.keys.token();
    if let Some(token) = &token {
        checks.insert("signing".to_owned(), token.is_ok());
    }
    // What is wrong with an authority, little room, or other nodes that are not heard, is
    // no reason to send people elsewhere.
    Ok(ReadyView {
        ready: checks["store"]
            && checks["clock"]
            && checks["secrets"]
            && token.is_none_or(|it| it.is_ok()),
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

/// Records the settings, and which of them are others than at the last start. Unchanged
/// ones cause no event.
///
/// # Errors
/// When the store fails.
pub async fn note_configuration(app: &App) -> Result<(), Problem> {
    let command = Command::Configured(settings::of(app)?);
    platform::put(app, command).await.map(drop)
}

/// The same of the authorities' roots and lists.
///
/// # Errors
/// When the store fails.
pub async fn note_authorities(app: &App) -> Result<(), Problem> {
    let command = Command::Authorities(settings::authorities(app)?);
    platform::put(app, command).await.map(drop)
}

/// The signs of ill health that are recorded already.
#[derive(Default)]
pub struct Signs {
    database: Counted,
    blobs: Counted,
    slow: Counted,
    /// Writes that were too slow, so far, and the slowest of those not recorded yet.
    slow_writes: u64,
    slowest: u64,
    unsteady: bool,
    /// By how much this machine's own clock was off when that was recorded, as long as it is.
    apart: Option<Millis>,
    authorities: BTreeMap<String, AuthorityView>,
    /// How many of them nobody can act by.
    unusable: usize,
    stopped: bool,
    crowded: bool,
    /// What was wrong with the token that holds keys of the platform.
    token: Option<KeeperProblem>,
}

/// A trouble that is counted: recorded as it begins, no more than once a minute while
/// it lasts, and when there was none for a minute.
#[derive(Default)]
struct Counted {
    recorded: u64,
    lasts: bool,
    /// Rounds to wait before the next record.
    rest: u32,
}

impl Counted {
    /// How many there were since the last record, or 0 that they are over, where that
    /// is to be recorded now.
    fn due(&mut self, so_far: u64) -> Option<u64> {
        self.rest = self.rest.saturating_sub(1);
        let more = so_far.saturating_sub(self.recorded);
        (self.rest == 0 && (more > 0 || self.lasts)).then_some(more)
    }

    fn recorded(&mut self, so_far: u64) {
        self.lasts = so_far > self.recorded;
        self.recorded = so_far;
        self.rest = if self.lasts { REST } else { 0 };
    }
}

impl Signs {
    /// Looks, and records what is new. A store that cannot write cannot record its
    /// own trouble either; then it goes to the log, and the next look tries again.
    pub async fn look(&mut self, app: &App) {
        let failures = app.store.condition().failures;
        let reading = app.store.clock().read();
        if let Some(more) = self.database.due(failures)
            && note(app, Health::DatabaseErrors, measured(more), "").await
        {
            self.database.recorded(failures);
        }
        self.look_at_authorities(app).await;
        self.look_at_token(app);
        let (faults, words) = app.memory.work.faults.so_far();
        let faults = u64::try_from(faults).unwrap_or(u64::MAX);
        if let Some(more) = self.blobs.due(faults) {
            let words = if more > 0 { words.as_str() } else { "" };
            if note(app, Health::BlobErrors, measured(more), words).await {
                self.blobs.recorded(faults);
            }
        }
        self.look_at_speed(app).await;
        self.look_at_space(app).await;
        let stopped = app.memory.log.stopped.load(Ordering::Acquire);
        if stopped != self.stopped && note(app, Health::LogStopped, Millis::from(stopped), "").await
        {
            self.stopped = stopped;
        }
        let unsteady = !reading.is_steady();
        if unsteady && !self.unsteady {
            self.unsteady = note(app, Health::ClockStepped, reading.drift, "").await;
        } else if !unsteady && self.unsteady {
            self.unsteady = !note(app, Health::ClockStepped, 0, "believed again").await;
        }
        self.look_at_own_clock(app).await;
    }

    /// Records that this machine's own clock has left the database's, by which everything
    /// is timed, and that it is right again.
    async fn look_at_own_clock(&mut self, app: &App) {
        let by = app.store.clock().apart();
        let (apart, alike) = (by.abs() > APART, by.abs() <= APART / 2);
        let node = app.config.listen;
        if apart && self.apart.is_none() {
            let words = format!("of the node at {node}; the database's clock counts");
            let noted = note(app, Health::ClockStepped, by, &words).await;
            self.apart = noted.then_some(by);
        } else if alike && self.apart.is_some() {
            let words = format!("the node at {node} has the database's time again");
            if note(app, Health::ClockStepped, 0, &words).await {
                self.apart = None;
            }
        }
    }

    /// Tells the log of a token that does not sign, and that it does again.
    fn look_at_token(&mut self, app: &App) {
        let problem = app.keys.token().and_then(Result::err);
        if problem == self.token {
            return;
        }
        if let Some(problem) = &problem {
            let zh = problem.zh();
            tracing::error!(%problem, zh, "the token that holds keys of the platform does not sign");
        } else {
            tracing::info!("the token that holds keys of the platform signs again");
        }
        self.token = problem;
    }

    /// Records writes that were too slow, and that they are quick again.
    async fn look_at_speed(&mut self, app: &App) {
        let slowest = app.store.slowest_write();
        if slowest > SLOW {
            self.slow_writes += 1;
            self.slowest = self.slowest.max(slowest);
        }
        if self.slow.due(self.slow_writes).is_some()
            && note(app, Health::SlowAppends, measured(self.slowest), "").await
        {
            self.slow.recorded(self.slow_writes);
            self.slowest = 0;
        }
    }
}

fn measured(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
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

    /// Tells the log of every authority whose standing has changed, and records how
    /// many nobody can act by.
    async fn look_at_authorities(&mut self, app: &App) {
        let now = authorities(app);
        let unusable = now.iter().filter(|(_, view)| !is_well(view));
        let unusable: Vec<_> = unusable.map(|(id, _)| id.as_str()).collect();
        if unusable.len() != self.unusable {
            let count = i64::try_from(unusable.len()).unwrap_or(i64::MAX);
            let words = unusable.join(" ");
            if note(app, Health::AuthoritiesUnusable, count, &words).await {
                self.unusable = unusable.len();
            }
        }
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
        Health::ClockStepped
        | Health::DatabaseErrors
        | Health::BlobErrors
        | Health::SlowAppends
        | Health::AuthoritiesUnusable
        | Health::LogStopped => *measured == 0,
        Health::DiskFull => u64::try_from(*measured).is_ok_and(|left| left >= SPARE),
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
        assert!(noted(Health::DatabaseErrors, 0));
        assert!(!noted(Health::DatabaseErrors, 1));
        assert!(!is_over(&What::Stopped));
    }

    #[test]
    fn a_counted_trouble_is_recorded_as_it_begins_once_a_minute_and_when_it_is_over() {
        let mut counted = Counted::default();
        let mut recorded = Vec::new();
        // Errors in rounds 2 to 20, and none after that.
        for round in 0..60_u64 {
            let so_far = round.saturating_sub(1).min(19);
            if let Some(more) = counted.due(so_far) {
                counted.recorded(so_far);
                recorded.push((round, more));
            }
        }
        assert_eq!(recorded, [(2, 1), (14, 12), (26, 6), (38, 0)]);
    }
}
