//! What is counted for monitoring (docs/ops/monitoring.md). No count may tell, before T0,
//! how many bids or bidders there are, so nothing is counted by route, project or role,
//! and neither received bytes nor watchers nor events are counted.

use std::sync::atomic::AtomicU64;

use kaibiao_api::ReadyView;
use kaibiao_core::ids::Millis;
use kaibiao_core::state::Stage;
use kaibiao_crypto::certificate::ListStanding;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::jobs::tenure;
use crate::{App, health};

/// The counters, one set for the process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Class, Histogram, fn() -> Histogram>,
    refused: Family<Limit, Counter>,
    absences: Counter,
    away: Counter<f64, AtomicU64>,
    now: Now,
}

/// What is looked at when it is asked for.
#[derive(Default)]
struct Now {
    ready: Gauge,
    checks: Family<Check, Gauge>,
    troubled: Gauge,
    heartbeat_age: Seconds,
    heartbeat_took: Seconds,
    store_failures: Gauge,
    rows_opened: Gauge,
    storage_faults: Gauge,
    clock_drift: Seconds,
    list_left: Family<Authority, Seconds>,
    leases: Family<Lease, Gauge>,
    standby_demanded: Maybe<Gauge>,
    standbys: Maybe<Gauge>,
    standby_behind: Maybe<Seconds>,
    counts_common: Maybe<Gauge>,
    openings: Family<InStage, Gauge>,
    next_opening: Maybe<Seconds>,
}

type Seconds = Gauge<f64, AtomicU64>;

/// What is told only where there is something to tell.
type Maybe<M> = Family<[(&'static str, &'static str); 0], M>;

/// A certificate authority, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Authority {
    authority: String,
}

/// A reply's class: 2xx, 4xx, ...
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    limit: &'static str,
}

/// One of the checks of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Check {
    check: String,
}

/// Work that one node at a time does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lease {
    lease: &'static str,
}

/// A stage of a published project, which everybody may know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InStage {
    stage: &'static str,
}

/// What is told of the build.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// The stages in which people are in the room.
const OPENING: [Stage; 7] = [
    Stage::Checking,
    Stage::Unlocking,
    Stage::Releasing,
    Stage::Opened,
    Stage::Announced,
    Stage::Objections,
    Stage::Signing,
];

/// What one node does all the time, whatever is configured. Other leases are taken when
/// there is something to do.
const LEASES: [&str; 1] = [tenure::LOG];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kaibiao");
        let requests: Family<Class, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 8)));
        let version = env!("CARGO_PKG_VERSION");
        registry.register("build", "Which version runs", Info::new(Build { version }));
        registry.register(
            "request_seconds",
            "Time to the reply's head, by class of status",
            requests.clone(),
        );
        let refused = Family::default();
        registry.register(
            "limit_refusals",
            "What was refused because a limit was reached, by limit",
            refused.clone(),
        );
        let absences = Counter::default();
        registry.register(
            "absences",
            "Times in which nobody was served that this node put on record",
            absences.clone(),
        );
        let away = Counter::default();
        registry.register(
            "away_seconds",
            "How long these were, together",
            away.clone(),
        );
        let now = Now::default();
        now.register(&mut registry);
        Self {
            registry,
            requests,
            refused,
            absences,
            away,
            now,
        }
    }
}

impl Now {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "ready",
            "Whether this node can do its work, as /readyz says",
            self.ready.clone(),
        );
        registry.register(
            "check",
            "The single checks of /readyz: 1 is well",
            self.checks.clone(),
        );
        registry.register(
            "troubled_projects",
            "Projects that stand still because something of them is damaged or missing",
            self.troubled.clone(),
        );
        registry.register(
            "heartbeat_age_seconds",
            "Since the store was last written durably",
            self.heartbeat_age.clone(),
        );
        registry.register(
            "heartbeat_took_seconds",
            "How long the last heartbeat took to be durable",
            self.heartbeat_took.clone(),
        );
        registry.register(
            "store_failures",
            "Writes that failed since the start",
            self.store_failures.clone(),
        );
        registry.register(
            "store_rows_opened",
            "Heads of streams that were opened since the start, by which lists cost",
            self.rows_opened.clone(),
        );
        registry.register(
            "storage_faults",
            "Files and rows that could not be read or written since the start",
            self.storage_faults.clone(),
        );
        registry.register(
            "clock_drift_seconds",
            "Wall clock minus monotonic clock since they agreed",
            self.clock_drift.clone(),
        );
        registry.register(
            "revocation_list_left_seconds",
            "Until the first of an authority's revocation lists ends; 0 when it has none",
            self.list_left.clone(),
        );
        registry.register(
            "lease_held",
            "Whether this node does what one node at a time does",
            self.leases.clone(),
        );
        registry.register(
            "synchronous_standby_demanded",
            "Whether the database waits for a standby before it acknowledges",
            self.standby_demanded.clone(),
        );
        registry.register(
            "synchronous_standbys",
            "Standbys that follow and that the database may wait for",
            self.standbys.clone(),
        );
        registry.register(
            "standby_behind_seconds",
            "How far the last of all standbys is behind",
            self.standby_behind.clone(),
        );
        registry.register(
            "limits_common",
            "Whether limits are counted by all nodes together",
            self.counts_common.clone(),
        );
        registry.register(
            "openings",
            "Published projects from T0 to their end, by stage",
            self.openings.clone(),
        );
        registry.register(
            "next_opening_seconds",
            "Until the next T0; absent where none is to come",
            self.next_opening.clone(),
        );
    }
}

impl Metrics {
    /// Counts a reply.
    pub fn replied(&self, status: u16, seconds: f64) {
        let class = match status {
            0..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&Class { class })
            .observe(seconds);
    }

    /// Counts something that was refused because a limit was reached.
    pub fn refused(&self, limit: &'static str) {
        self.refused.get_or_create(&Limit { limit }).inc();
    }

    /// Counts an absence of so many milliseconds that is on record.
    pub fn was_away(&self, millis: Millis) {
        self.absences.inc();
        self.away.inc_by(seconds(millis.max(0)));
    }

    /// The exposition text, with the state of the service as of now.
    ///
    /// # Errors
    /// When it cannot be written as text. What the store cannot tell is left out.
    pub async fn text(&self, app: &App) -> Result<String, std::fmt::Error> {
        self.now.look(app);
        match health::ready(app).await {
            Ok(ready) => self.now.tell_checks(&ready),
            Err(problem) => {
                tracing::warn!(%problem, "the checks cannot be made for the collector");
                self.now.ready.set(0);
                self.now.checks.clear();
            }
        }
        self.now.look_at_standbys(app).await;
        self.now.look_at_openings(app).await;
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Now {
    fn look(&self, app: &App) {
        let reading = app.store.clock().read();
        let condition = app.store.condition();
        self.heartbeat_age
            .set(seconds(reading.now - condition.beat));
        self.heartbeat_took
            .set(seconds(whole(condition.took)) / 1000.0);
        self.store_failures.set(whole(condition.failures));
        self.rows_opened.set(whole(app.store.rows_opened()));
        let (faults, _) = app.memory.work.faults.so_far();
        self.storage_faults
            .set(i64::try_from(faults).unwrap_or(i64::MAX));
        self.clock_drift.set(seconds(reading.drift));
        self.list_left.clear();
        for ListStanding { ca, list } in app.memory.authorities.now().trust.lists() {
            let left = list.map_or(0, |list| list.next_update - reading.now);
            let authority = Authority { authority: ca };
            self.list_left.get_or_create(&authority).set(seconds(left));
        }
        for lease in LEASES {
            let held = self.leases.get_or_create(&Lease { lease });
            held.set(app.store.leases().has(lease).into());
        }
        if app.config.redis.url.is_some() {
            let common = self.counts_common.get_or_create(&[]);
            common.set(app.counts.are_common().into());
        }
    }

    fn tell_checks(&self, view: &ReadyView) {
        self.ready.set(view.ready.into());
        self.troubled
            .set(i64::try_from(view.troubled.len()).unwrap_or(i64::MAX));
        self.checks.clear();
        for (check, is_well) in &view.checks {
            let check = check.clone();
            self.checks
                .get_or_create(&Check { check })
                .set((*is_well).into());
        }
    }

    async fn look_at_standbys(&self, app: &App) {
        self.standby_demanded.clear();
        self.standbys.clear();
        self.standby_behind.clear();
        match app.store.standbys().await {
            Ok(None) => {}
            Ok(Some(found)) => {
                let demanded = self.standby_demanded.get_or_create(&[]);
                demanded.set(found.demanded.into());
                self.standbys.get_or_create(&[]).set(whole(found.following));
                self.standby_behind.get_or_create(&[]).set(found.behind);
            }
            Err(error) => tracing::warn!(%error, "the database does not tell of its standbys"),
        }
    }

    async fn look_at_openings(&self, app: &App) {
        self.openings.clear();
        self.next_opening.clear();
        let lines = match app.memory.summaries.current(app).await {
            Ok(lines) => lines,
            Err(problem) => {
                tracing::warn!(%problem, "openings cannot be counted for the collector");
                return;
            }
        };
        let now = app.now();
        let mut next: Option<Millis> = None;
        for stage in OPENING {
            let stage = stage.name();
            self.openings.get_or_create(&InStage { stage }).set(0);
        }
        for line in lines.values() {
            let summary = &line.listed.summary;
            if !summary.published || summary.ended.is_some() {
                continue;
            }
            if OPENING.contains(&summary.stage) {
                let stage = summary.stage.name();
                self.openings.get_or_create(&InStage { stage }).inc();
            }
            let to_come = summary.t0.filter(|t0| *t0 > now);
            next = [next, to_come].into_iter().flatten().min();
        }
        if let Some(next) = next {
            self.next_opening
                .get_or_create(&[])
                .set(seconds(next - now));
        }
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Milliseconds as a gauge tells them.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds beyond 2^53 are 285,000 years"
)]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}
